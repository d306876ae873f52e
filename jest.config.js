/** Jest strips types itself on Node 24: no transformer package. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/world/samples/'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
