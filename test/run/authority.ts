/** GitHub's answers to who somebody is and what they may do, and what of omk's may follow. */
export const ASSOCIATIONS = [
  'OWNER',
  'MEMBER',
  'COLLABORATOR',
  'CONTRIBUTOR',
  'FIRST_TIME_CONTRIBUTOR',
  'FIRST_TIMER',
  'MANNEQUIN',
  'NONE',
] as const;

export const ANSWERS = ['admin', 'maintain', 'write', 'triage', 'read', 'none', 404, 500, 'timeout'] as const;

export const EVENTS = [
  'issue_comment.created',
  'issue_comment.edited',
  'issue_comment.deleted',
  'issues.labeled',
  'issues.edited',
  'issues.opened',
] as const;

type Answer = (typeof ANSWERS)[number];
type Event = (typeof EVENTS)[number];

/** Whether a goal may start: a new command or label, from somebody whose permission GitHub says is to write. Nothing else counts. */
export function mayStart(event: Event, answer: Answer): boolean {
  return (
    (event === 'issue_comment.created' || event === 'issues.labeled') &&
    (answer === 'admin' || answer === 'maintain' || answer === 'write')
  );
}
