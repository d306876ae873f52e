import type { Comment, Issue, Label, Pull, Reaction } from './issue-state.ts';
import { fullPullShape } from './pull-shapes.ts';
import { commentShape, issueShape, labelShape } from './shapes.ts';
import { type Actor, type Json, type Repository, type State, nodeId } from './state.ts';

type Fields = { title: string; body: string | null };

/** What an issue and a pull request start with. */
export function newConversation(state: State, repository: Repository, { title, body }: Fields, actor: Actor) {
  const now = state.clock.now();
  const id = state.nextId();
  return {
    id,
    number: repository.issues.length + 1,
    repository,
    title,
    body,
    author: actor.account,
    app: actor.app,
    state: 'open' as const,
    stateReason: null,
    locked: false,
    labels: [],
    assignees: [],
    comments: [],
    reactions: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
  };
}

export function openIssue(state: State, repository: Repository, fields: Fields, actor: Actor): Issue {
  const common = newConversation(state, repository, fields, actor);
  const issue: Issue = { ...common, kind: 'issue', nodeId: nodeId('I', common.id) };
  repository.issues.push(issue);
  state.nodes.set(issue.nodeId, { typename: 'Issue', entity: issue });
  emitIssue(state, issue, 'opened', actor);
  return issue;
}

/** Tells of an issue; for a pull request the event is `pull_request`. */
export function emitIssue(state: State, issue: Issue | Pull, action: string, actor: Actor, extra: Json = {}): void {
  const payload =
    issue.kind === 'pull'
      ? { number: issue.number, pull_request: fullPullShape(state, issue), ...extra }
      : { issue: issueShape(state, issue), ...extra };
  const event = issue.kind === 'pull' ? 'pull_request' : 'issues';
  state.emit({ event, action, repository: issue.repository, actor, payload });
}

export type IssueChanges = {
  title?: string;
  body?: string | null;
  state?: 'open' | 'closed';
  stateReason?: string | null;
  /** The pull request whose merge it comes from. */
  closer?: Pull;
};

/** Edits title and body, closes or reopens: one event for each kind of change. */
export function updateIssue(state: State, issue: Issue | Pull, changes: IssueChanges, actor: Actor): void {
  const before: Json = {};
  if (changes.title !== undefined && changes.title !== issue.title) before['title'] = { from: issue.title };
  if (changes.body !== undefined && changes.body !== issue.body) before['body'] = { from: issue.body ?? '' };
  issue.title = changes.title ?? issue.title;
  if (changes.body !== undefined) issue.body = changes.body;
  issue.updatedAt = state.clock.now();
  if (Object.keys(before).length > 0) emitIssue(state, issue, 'edited', actor, { changes: before });
  if (changes.state === undefined || changes.state === issue.state) return;
  issue.state = changes.state;
  const closed = changes.state === 'closed';
  issue.stateReason = issue.kind === 'pull' ? null : (changes.stateReason ?? (closed ? 'completed' : 'reopened'));
  issue.closedAt = closed ? state.clock.now() : null;
  issue.closedBy = closed ? actor.account : null;
  if (issue.kind === 'issue') issue.closer = changes.closer;
  emitIssue(state, issue, closed ? 'closed' : 'reopened', actor);
}

/** Ends the conversation for who may not write. */
export function lockIssue(state: State, issue: Issue | Pull, actor: Actor): void {
  issue.locked = true;
  emitIssue(state, issue, 'locked', actor);
}

/** Lets everybody speak again. */
export function unlockIssue(state: State, issue: Issue | Pull, actor: Actor): void {
  issue.locked = false;
  emitIssue(state, issue, 'unlocked', actor);
}

/** Takes the issue away; who asks for it is told that it is gone. */
export function deleteIssue(state: State, issue: Issue, actor: Actor): void {
  const { issues, gone } = issue.repository;
  issues.splice(issues.indexOf(issue), 1);
  gone.add(issue.number);
  emitIssue(state, issue, 'deleted', actor);
}

export function addComment(state: State, issue: Issue | Pull, body: string, actor: Actor): Comment {
  const now = state.clock.now();
  const id = state.nextId();
  const comment: Comment = {
    id,
    nodeId: nodeId('IC', id),
    author: actor.account,
    app: actor.app,
    body,
    createdAt: now,
    updatedAt: now,
    reactions: [],
  };
  issue.comments.push(comment);
  issue.updatedAt = now;
  emitComment(state, issue, comment, 'created', actor);
  return comment;
}

type Where = { issue: Issue | Pull; comment: Comment };

export function editComment(state: State, { issue, comment }: Where, body: string, actor: Actor): void {
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = state.clock.now();
  emitComment(state, issue, comment, 'edited', actor, { changes: { body: { from } } });
}

export function deleteComment(state: State, { issue, comment }: Where, actor: Actor): void {
  issue.comments = issue.comments.filter((one) => one !== comment);
  emitComment(state, issue, comment, 'deleted', actor);
}

function emitComment(
  state: State,
  issue: Issue | Pull,
  comment: Comment,
  action: string,
  actor: Actor,
  extra: Json = {},
): void {
  const payload = { issue: issueShape(state, issue), comment: commentShape(state, issue, comment), ...extra };
  state.emit({ event: 'issue_comment', action, repository: issue.repository, actor, payload });
}

/** The comment with this id, and the issue it stands on. */
export function findComment(repository: Repository, id: number): Where | undefined {
  for (const issue of repository.issues) {
    const comment = issue.comments.find((one) => one.id === id);
    if (comment) return { issue, comment };
  }
  return undefined;
}

export function findLabel(repository: Repository, name: string): Label | undefined {
  return repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());
}

export type LabelFields = { name: string; color?: string; description?: string | null };

/** The repository's label of that name, made if there is none. */
export function ensureLabel(state: State, repository: Repository, { name, color, description }: LabelFields): Label {
  const existing = findLabel(repository, name);
  if (existing) return existing;
  const id = state.nextId();
  const label: Label = {
    id,
    nodeId: nodeId('LA', id),
    name,
    color: color ?? 'ededed',
    description: description ?? null,
  };
  repository.labels.push(label);
  return label;
}

/** Puts a label on; one event, none if it was there. */
export function addLabel(state: State, issue: Issue | Pull, name: string, actor: Actor): void {
  const label = ensureLabel(state, issue.repository, { name });
  if (issue.labels.includes(label)) return;
  issue.labels.push(label);
  emitIssue(state, issue, 'labeled', actor, { label: labelShape(state, issue.repository, label) });
}

/** Takes a label off; false if it was not on. */
export function removeLabel(state: State, issue: Issue | Pull, name: string, actor: Actor): boolean {
  const label = findLabel(issue.repository, name);
  if (!label || !issue.labels.includes(label)) return false;
  issue.labels = issue.labels.filter((one) => one !== label);
  emitIssue(state, issue, 'unlabeled', actor, { label: labelShape(state, issue.repository, label) });
  return true;
}

/** Adds a reaction, or finds the same one by the same account: GitHub keeps one of each. */
export function react(
  state: State,
  reactions: Reaction[],
  content: string,
  actor: Actor,
): { reaction: Reaction; created: boolean } {
  const existing = reactions.find((one) => one.content === content && one.user === actor.account);
  if (existing) return { reaction: existing, created: false };
  const id = state.nextId();
  const reaction: Reaction = {
    id,
    nodeId: nodeId('REA', id),
    user: actor.account,
    content,
    createdAt: state.clock.now(),
  };
  reactions.push(reaction);
  return { reaction, created: true };
}
