import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../src/goal/command.ts';
import { isPerson, mayUse, mayWrite, type Permission } from '../../src/goal/permission.ts';

const READ_ONLY = new Set(['status', 'proof', 'replay', 'why', 'help']);
const PERMISSIONS: [permission: Permission, writes: boolean, reads: boolean][] = [
  ['admin', true, true],
  ['maintain', true, true],
  ['write', true, true],
  ['triage', false, true],
  ['read', false, true],
  ['none', false, false],
  ['unknown', false, false],
];

describe.each(PERMISSIONS)('%s', (permission, writes, reads) => {
  test.each(COMMANDS.map((info) => info.name))('decides on %s', (command) => {
    expect(mayUse(command, permission)).toBe(READ_ONLY.has(command) ? reads : writes);
  });

  test(`${writes ? 'may' : 'may not'} steer by a review`, () => {
    expect(mayWrite(permission)).toBe(writes);
  });
});

test('an unheard-of permission permits nothing: fail closed', () => {
  expect(mayUse('help', 'owner' as Permission)).toBe(false);
  expect(mayUse('run', 'WRITE' as Permission)).toBe(false);
});

const SENDERS: [sender: Parameters<typeof isPerson>[0], person: boolean][] = [
  [{ id: 1, login: 'ada', type: 'User' }, true],
  [{ id: 1, login: 'evil[bot]', type: 'User' }, false],
  [{ id: 1, login: 'evil[BOT] ', type: 'User' }, false],
  [{ id: 1, login: 'evil[bot]', type: 'Bot' }, false],
  [{ id: 1, login: 'copilot', type: 'Bot' }, false],
  [{ id: 1, login: 'org', type: 'Organization' }, false],
  [{ id: 1, login: 'ghost', type: 'Mannequin' }, false],
  [{ id: 1, login: 'ada', type: 'user' }, false],
  [{ id: 1, login: 'ada' }, false],
  [{ login: 'ada', type: 'User' }, false],
  [{ id: Number.NaN, login: 'ada', type: 'User' }, false],
  [null, false],
  [undefined, false],
];

test.each(SENDERS)('whether %j is a person: %j', (sender, person) => {
  expect(isPerson(sender)).toBe(person);
});
