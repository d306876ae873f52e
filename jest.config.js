import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';

/** Jest strips types itself on Node 24: no transformer package. `LONG=1` runs the long stories alone. */
const long = process.env['LONG'] === '1';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 1024 ** 3;

/** Repositories and databases are made by the hundred: in memory they cost half. The folder goes with this process. */
function workInMemory() {
  const folder = mkdtempSync(`${MEMORY}/omk-test-`);
  // PostgreSQL does not run as root, and goes through it to a folder of its own.
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

function freeBytes() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

if (process.env['TMPDIR'] === undefined && freeBytes() >= ENOUGH_BYTES) workInMemory();

export default {
  testEnvironment: '<rootDir>/test/environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testMatch: [long ? '<rootDir>/test/**/*.long.test.ts' : '<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/world/samples/',
    ...(long ? [] : ['\\.long\\.test\\.ts$']),
  ],
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/sequencer.js',
  maxWorkers: 3,
  // Every process that a test starts copies the page tables of its worker: in a fat worker git takes twice the time.
  workerIdleMemoryLimit: '220MB',
};
