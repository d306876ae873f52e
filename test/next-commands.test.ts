import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandInfo } from '../src/goal/command.ts';
import { parseCommand } from '../src/goal/parse-command.ts';

const SRC = new URL('../src', import.meta.url).pathname;

/** Every next command that stands in the source, with `x` for what is filled in and for what a person fills in. */
async function nextCommands(): Promise<string[]> {
  const files = (await readdir(SRC, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(SRC, file), 'utf8')));
  const found = texts.flatMap((text) => [...text.matchAll(/(?:next:|return|,)\s*[`'](\/omk [^`']*)[`']/g)]);
  return found.map(([, command = '']) =>
    command
      .replaceAll(/\$\{[^}]*hash[^}]*\}/g, '0123456789ab')
      .replaceAll('${more}', '--usd 5')
      .replaceAll(/\$\{[^}]*\}|<[^>]*>/g, 'x'),
  );
}

test('every command that omk names as the next one is one, takes what it is given, and works on the issue where it stands', async () => {
  const commands = await nextCommands();
  expect(commands.length).toBeGreaterThan(15);
  const wrong = commands.filter((text) => {
    const parsed = parseCommand(text);
    if (parsed.kind !== 'command' || commandInfo(parsed.command.kind).where === 'pull') return true;
    // Words after `run` would be the goal.
    return parsed.command.kind === 'run' && parsed.command.text !== undefined;
  });
  expect(wrong).toEqual([]);
});
