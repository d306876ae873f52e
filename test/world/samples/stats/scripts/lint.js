// Fails when a source file has trailing white space or a tab.
import { readdirSync, readFileSync } from 'node:fs';

const files = ['src', 'test'].flatMap((dir) => readdirSync(dir).map((name) => `${dir}/${name}`));
const faulty = files.filter((file) => /[ \t]\n|\t/.test(readFileSync(file, 'utf8')));
for (const file of faulty) console.error(`${file}: trailing white space or a tab`);
process.exitCode = faulty.length > 0 ? 1 : 0;
