import { ACTIONS, MINUTE, SECOND, type SimulatedGitHub } from './simulated.ts';

/**
 * What a merge of this head lacks at this moment, judged from GitHub's inside and from the specification alone, without a line
 * of the settle rule. Empty when nothing is lacking.
 */
export function lacks(github: SimulatedGitHub, sha: string): string[] {
  const { head, now, required } = github;
  if (head.sha !== sha) return ['it is not the head'];
  const jobs = github.visible();
  const running = jobs.filter((job) => job.to > now);
  const over = jobs.filter((job) => job.to <= now);
  const bad = over.filter((job) => !['SUCCESS', 'NEUTRAL', 'SKIPPED', 'STALE'].includes(job.says));
  const unfinished = head.suites.filter((suite) => {
    const own = head.jobs.filter((job) => job.suite === suite);
    const empty = own.length === 0;
    // Not there yet, or of an app that never reports and had its ten minutes. Actions really starts, however late.
    if (suite.from > now || (empty && suite.app !== ACTIONS.app && now - suite.from >= 10 * MINUTE)) return false;
    return empty || own.some((job) => job.to > now && !isReplaced(job.name, job.from));
  });
  function isReplaced(name: string, from: number): boolean {
    return jobs.some((job) => job.name === name && job.from > from);
  }
  const green = over.filter((job) => ['SUCCESS', 'NEUTRAL', 'SKIPPED'].includes(job.says));
  const statuses = head.statuses.filter(({ from }) => from <= now);
  const ends = statuses.map(({ from, to }) => (to <= now ? to : from));
  const lastChange = Math.max(...over.map((job) => job.to), ...ends, 0);
  const rows: [boolean, string][] = [
    [github.state === 'open', 'it is not open'],
    [head.by === 'omk', 'somebody else pushed it'],
    [required.every((name) => green.some((job) => job.name === name)), 'a required check is not green'],
    [running.length === 0, 'a check is running'],
    [bad.length === 0, 'a check failed'],
    [unfinished.length === 0, 'a suite goes on'],
    [now - head.pushedAt >= 120 * SECOND, 'checks may still start'],
    [now - lastChange >= 30 * SECOND, 'it has not been quiet'],
    [!github.label, 'a label holds it'],
    [!github.objection, 'changes were requested'],
    [!github.frozen, 'merging is frozen'],
    [!github.conflict, 'it conflicts'],
    [!github.draft, 'it is a draft'],
    [github.approvals === 0, 'an approval is missing'],
    [!github.hidesRules, 'the rules of the base are not known'],
    [github.reads >= 2, 'nobody looked at it on this base before'],
    [statuses.every(({ to, says }) => to <= now && says === 'SUCCESS'), 'a commit status is not green'],
  ];
  return rows.filter(([holds]) => !holds).map(([, text]) => text);
}
