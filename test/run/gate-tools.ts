import { createRedactor } from '../../src/goal/redact.ts';
import type { Tools } from '../../src/run/tools.ts';

/** What setup steps and gates need of the tools: a data folder, the whole sandbox, and nobody who listens. */
export function gateTools(dataDir: string): Tools {
  return {
    config: { OMK_DATA_DIR: dataDir },
    sandbox: { kind: 'bwrap' },
    tell: () => {},
    signal: new AbortController().signal,
    cleaner: () => createRedactor([]).stream(),
  } as unknown as Tools;
}
