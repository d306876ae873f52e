import type { Merge } from '../goal/policy.ts';
import type { SandboxLevel } from './sandbox.ts';

/** What decides whether a goal may run without a sandbox. `switchedOff`: the server's own settings say `OMK_SANDBOX=off`. */
export type Stakes = { isPrivate: boolean; merge: Merge; switchedOff: boolean };

/**
 * Why a goal is not run on this machine: there is no sandbox, nobody who runs the server has said that this is meant so, and
 * strangers can be heard or omk merges by itself. Undefined if it is run. No repository's settings can lift this.
 */
export function refuseUnheld(level: SandboxLevel, { isPrivate, merge, switchedOff }: Stakes): string | undefined {
  if (level.kind !== 'none' || switchedOff) return undefined;
  const why = [
    isPrivate ? '' : 'the repository is public',
    merge === 'gated' ? 'the merge policy is `gated`' : '',
  ].filter(Boolean);
  return why.length === 0 ? undefined : `omk has no sandbox on its server (${level.why}), and ${why.join(' and ')}.`;
}
