import { writeFile } from 'node:fs/promises';
import { GENERATED } from './generated.ts';

for (const [path, render] of Object.entries(GENERATED)) await writeFile(path, render());
