import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { COMMANDS } from '../src/goal/command.ts';

const HERE = new URL('.', import.meta.url);
const LESSONS = Array.from({ length: 15 }, (_, at) => `L${at + 1}`);

async function read(files: string[]): Promise<string> {
  return (await Promise.all(files.map((file) => readFile(new URL(file, HERE), 'utf8')))).join('\n');
}

test('every command is said in a story that omk plays to its end', async () => {
  const names = (await readdir(new URL('run', HERE))).filter((name) => name.endsWith('.test.ts'));
  const stories = await read(names.map((name) => `run/${name}`));
  const unsaid = COMMANDS.filter(({ name }) => !new RegExp(`['"\`]/omk ${name}\\b`).test(stories));
  expect(unsaid.map(({ name }) => name)).toEqual([]);
});

test('every lesson has a test of its name', async () => {
  const lessons = await read(['lessons.test.ts', 'run/lessons.test.ts']);
  expect(LESSONS.filter((lesson) => !new RegExp(`(?:test|describe)\\('${lesson} `).test(lessons))).toEqual([]);
});
