import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where programs that tests start keep what Node compiled of them, for all tests of a run. */
export const COMPILED = join(tmpdir(), `omk-compiled-${process.getuid?.() ?? 0}`);
