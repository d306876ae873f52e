import { execa } from 'execa';
import { join } from 'node:path';

export type Ran = { file: string; name: string; status: string };

/** Runs test files in a process of their own, and gives how each test went. `root` is where the sources are, this repository unless told; `env` comes on top. */
export async function runTests(
  files: readonly string[],
  { root = join(import.meta.dirname, '../..'), env = {} }: { root?: string; env?: Record<string, string> } = {},
): Promise<Ran[]> {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const flags = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--json',
    '--silent',
    '--runInBand',
  ];
  const { stdout } = await execa(process.execPath, [...flags, '--runTestsByPath', ...files], {
    cwd: root,
    env,
    reject: false,
  });
  const { testResults } = JSON.parse(stdout) as {
    testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  return testResults.flatMap(({ name: file, status, assertionResults }) =>
    assertionResults.length > 0
      ? assertionResults.map((one) => ({ file, name: one.fullName, status: one.status }))
      : [{ file, name: '', status }],
  );
}
