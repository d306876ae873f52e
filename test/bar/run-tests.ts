import { execa } from 'execa';
import { join } from 'node:path';

export type Ran = { file: string; name: string; status: string };

type Surroundings = { root?: string; env?: Record<string, string>; only?: string | undefined };

/** Runs test files in processes of their own, and gives how each test went. `root` is where the sources are, this repository unless told; `env` comes on top; `only` is what the name of a test must hold. */
export async function runTests(
  files: readonly string[],
  { root = join(import.meta.dirname, '../..'), env = {}, only }: Surroundings = {},
): Promise<Ran[]> {
  const [long, short] = [files.filter(isLong), files.filter((file) => !isLong(file))];
  return [
    ...(await runJest(short, { root, env, only })),
    ...(await runJest(long, { root, env: { ...env, LONG: '1' }, only })),
  ];
}

function isLong(file: string): boolean {
  return file.endsWith('.long.test.ts');
}

async function runJest(
  files: readonly string[],
  { root, env, only }: Surroundings & { root: string; env: Record<string, string> },
): Promise<Ran[]> {
  if (files.length === 0) return [];
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const flags = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--json',
    '--silent',
    '--runInBand',
    '--forceExit',
    ...(only === undefined ? [] : ['--testNamePattern', only]),
  ];
  const { stdout } = await execa(process.execPath, [...flags, '--runTestsByPath', ...files], {
    cwd: root,
    env,
    reject: false,
  });
  if (stdout === '') return files.map((file) => ({ file, name: '', status: 'failed' }));
  const { testResults } = JSON.parse(stdout) as {
    testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  return testResults.flatMap(({ name: file, status, assertionResults }) =>
    assertionResults.length > 0
      ? assertionResults.map((one) => ({ file, name: one.fullName, status: one.status }))
      : [{ file, name: '', status }],
  );
}
