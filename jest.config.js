/** Jest strips types itself on Node 24: no transformer package. `LONG=1` runs the long stories alone. */
const long = process.env['LONG'] === '1';

export default {
  testEnvironment: 'node',
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
  maxWorkers: 2,
  // Every process that a test starts copies the page tables of its worker: a fat worker makes git slow.
  workerIdleMemoryLimit: '400MB',
};
