import { readFile, writeFile } from 'node:fs/promises';
import { GENERATED } from './generated.ts';

for (const [path, render] of Object.entries(GENERATED)) {
  const before = await readFile(path, 'utf8').catch(() => '');
  await writeFile(path, render(before));
}
