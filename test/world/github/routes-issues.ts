import { type Answer, invalid, notFound, Refusal } from './answer.ts';
import { grants } from './credentials.ts';
import {
  addComment,
  addLabel,
  deleteComment,
  editComment,
  ensureLabel,
  findComment,
  findLabel,
  openIssue,
  react,
  removeLabel,
  updateIssue,
} from './issues.ts';
import type { Issue, Pull, Reaction } from './issue-state.ts';
import { paged, type RepositoryCall, type Route, text } from './router.ts';
import { commentShape, issueShape, labelShape, reactionShape } from './shapes.ts';

const read = ['issues:read', 'pull_requests:read'];
const write = ['issues:write', 'pull_requests:write'];

const repo = '/repos/{owner}/{repo}';
const oneIssue = `${repo}/issues/{issue_number}`;
const oneComment = `${repo}/issues/comments/{comment_id}`;

/** Issues with their comments, labels and reactions. A pull request is an issue here too. */
export const issueRoutes: Route[] = [
  { method: 'GET', template: `${repo}/issues`, as: 'repository', needs: read, handle: listIssues },
  { method: 'POST', template: `${repo}/issues`, as: 'repository', needs: ['issues:write'], handle: createIssue },
  { method: 'GET', template: oneIssue, as: 'repository', needs: read, handle: getIssue },
  { method: 'PATCH', template: oneIssue, as: 'repository', needs: write, handle: patchIssue },
  { method: 'GET', template: `${oneIssue}/comments`, as: 'repository', needs: read, handle: listComments },
  { method: 'POST', template: `${oneIssue}/comments`, as: 'repository', needs: write, handle: createComment },
  { method: 'GET', template: oneComment, as: 'repository', needs: read, handle: getComment },
  { method: 'PATCH', template: oneComment, as: 'repository', needs: write, handle: patchComment },
  { method: 'DELETE', template: oneComment, as: 'repository', needs: write, handle: removeComment },
  { method: 'GET', template: `${oneIssue}/labels`, as: 'repository', needs: read, handle: listLabels },
  { method: 'POST', template: `${oneIssue}/labels`, as: 'repository', needs: write, handle: addLabels },
  { method: 'DELETE', template: `${oneIssue}/labels/{name}`, as: 'repository', needs: write, handle: dropLabel },
  { method: 'GET', template: `${repo}/labels`, as: 'repository', needs: read, handle: listRepositoryLabels },
  { method: 'GET', template: `${repo}/labels/{name}`, as: 'repository', needs: read, handle: getLabel },
  { method: 'POST', template: `${repo}/labels`, as: 'repository', needs: write, handle: createLabel },
  { method: 'GET', template: `${oneIssue}/reactions`, as: 'repository', needs: read, handle: listReactions },
  { method: 'POST', template: `${oneIssue}/reactions`, as: 'repository', needs: write, handle: createReaction },
  {
    method: 'DELETE',
    template: `${oneIssue}/reactions/{reaction_id}`,
    as: 'repository',
    needs: write,
    handle: deleteReaction,
  },
  { method: 'GET', template: `${oneComment}/reactions`, as: 'repository', needs: read, handle: listReactions },
  { method: 'POST', template: `${oneComment}/reactions`, as: 'repository', needs: write, handle: createReaction },
  {
    method: 'DELETE',
    template: `${oneComment}/reactions/{reaction_id}`,
    as: 'repository',
    needs: write,
    handle: deleteReaction,
  },
];

const bodyLimit = 65_536;

/** The issue of the path. For an issue proper the right to pull requests is not enough. */
function issueOf({ repository, params, token }: RepositoryCall): Issue | Pull {
  const number = Number(params['issue_number']);
  if (repository.gone.has(number)) throw new Refusal(410, 'This issue was deleted');
  const issue = repository.issues.find((one) => one.number === number);
  if (!issue) throw notFound();
  return mayTouch(issue, token.permissions);
}

function mayTouch<T extends Issue | Pull>(issue: T, permissions: Record<string, 'read' | 'write'>): T {
  if (issue.kind === 'issue' && !grants(permissions, 'issues:read'))
    throw new Refusal(403, 'Resource not accessible by integration');
  return issue;
}

function commentOf({ repository, params, token }: RepositoryCall) {
  const found = findComment(repository, Number(params['comment_id']));
  if (!found) throw notFound();
  mayTouch(found.issue, token.permissions);
  return found;
}

function listIssues(call: RepositoryCall): Answer {
  const { state, repository, query } = call;
  const wanted = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const since = new Date(query.get('since') ?? 0);
  const issues = repository.issues
    .filter((one) => wanted === 'all' || one.state === wanted)
    .filter((one) => labels.every((name) => one.labels.some((label) => label.name === name)))
    .filter((one) => one.updatedAt >= since)
    .toReversed();
  return paged(
    call,
    issues.map((one) => issueShape(state, one)),
  );
}

function createIssue({ state, repository, body, actor }: RepositoryCall): Answer {
  const title = text(body, 'title') ?? '';
  if (title === '') throw invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
  return {
    status: 201,
    body: issueShape(state, openIssue(state, repository, { title, body: text(body, 'body') ?? null }, actor)),
  };
}

function getIssue(call: RepositoryCall): Answer {
  return { status: 200, body: issueShape(call.state, issueOf(call)) };
}

function patchIssue(call: RepositoryCall): Answer {
  const { state, body, actor } = call;
  const issue = issueOf(call);
  const title = text(body, 'title');
  const newState = text(body, 'state') as 'open' | 'closed' | undefined;
  updateIssue(
    state,
    issue,
    {
      ...(title !== undefined && { title }),
      ...('body' in body && { body: text(body, 'body') ?? null }),
      ...(newState && { state: newState }),
      stateReason: text(body, 'state_reason') ?? null,
    },
    actor,
  );
  return { status: 200, body: issueShape(state, issue) };
}

function listComments(call: RepositoryCall): Answer {
  const issue = issueOf(call);
  const since = new Date(call.query.get('since') ?? 0);
  const comments = issue.comments.filter((one) => one.updatedAt >= since);
  return paged(
    call,
    comments.map((one) => commentShape(call.state, issue, one)),
  );
}

function checkedText(call: RepositoryCall): string {
  const body = text(call.body, 'body') ?? '';
  if (body.trim() === '') throw invalid({ resource: 'IssueComment', code: 'missing_field', field: 'body' });
  if (body.length > bodyLimit) {
    throw invalid({
      resource: 'IssueComment',
      code: 'unprocessable',
      field: 'data',
      message: `Body is too long (maximum is ${bodyLimit} characters)`,
    });
  }
  return body;
}

function createComment(call: RepositoryCall): Answer {
  const issue = issueOf(call);
  if (issue.locked) throw new Refusal(403, 'Unable to create comment because issue is locked.');
  const comment = addComment(call.state, issue, checkedText(call), call.actor);
  return { status: 201, body: commentShape(call.state, issue, comment) };
}

function getComment(call: RepositoryCall): Answer {
  const { issue, comment } = commentOf(call);
  return { status: 200, body: commentShape(call.state, issue, comment) };
}

function patchComment(call: RepositoryCall): Answer {
  const found = commentOf(call);
  editComment(call.state, found, checkedText(call), call.actor);
  return { status: 200, body: commentShape(call.state, found.issue, found.comment) };
}

function removeComment(call: RepositoryCall): Answer {
  deleteComment(call.state, commentOf(call), call.actor);
  return { status: 204 };
}

function listLabels(call: RepositoryCall): Answer {
  const issue = issueOf(call);
  return paged(
    call,
    issue.labels.map((label) => labelShape(call.state, call.repository, label)),
  );
}

function addLabels(call: RepositoryCall): Answer {
  const { state, repository, body, actor } = call;
  const issue = issueOf(call);
  const names = (body['labels'] ?? []) as (string | { name: string })[];
  for (const name of names) addLabel(state, issue, typeof name === 'string' ? name : name.name, actor);
  return { status: 200, body: issue.labels.map((label) => labelShape(state, repository, label)) };
}

function dropLabel(call: RepositoryCall): Answer {
  const issue = issueOf(call);
  if (!removeLabel(call.state, issue, call.params['name'] ?? '', call.actor))
    throw new Refusal(404, 'Label does not exist');
  return { status: 200, body: issue.labels.map((label) => labelShape(call.state, call.repository, label)) };
}

function listRepositoryLabels(call: RepositoryCall): Answer {
  return paged(
    call,
    call.repository.labels.map((label) => labelShape(call.state, call.repository, label)),
  );
}

function getLabel({ state, repository, params }: RepositoryCall): Answer {
  const label = findLabel(repository, params['name'] ?? '');
  if (!label) throw notFound();
  return { status: 200, body: labelShape(state, repository, label) };
}

function createLabel({ state, repository, body }: RepositoryCall): Answer {
  const name = text(body, 'name') ?? '';
  if (findLabel(repository, name)) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
  const color = text(body, 'color') ?? 'ededed';
  if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid({ resource: 'Label', code: 'invalid', field: 'color' });
  const label = ensureLabel(state, repository, { name, color, description: text(body, 'description') ?? null });
  return { status: 201, body: labelShape(state, repository, label) };
}

/** What is reacted to: the comment of the path, or else the issue. */
function reactedOf(call: RepositoryCall): { reactions: Reaction[] } {
  return call.params['comment_id'] === undefined ? issueOf(call) : commentOf(call).comment;
}

function listReactions(call: RepositoryCall): Answer {
  const content = call.query.get('content');
  const reactions = reactedOf(call).reactions.filter((one) => content === null || one.content === content);
  return paged(
    call,
    reactions.map((one) => reactionShape(call.state, one)),
  );
}

function createReaction(call: RepositoryCall): Answer {
  const { reaction, created } = react(
    call.state,
    reactedOf(call).reactions,
    text(call.body, 'content') ?? '',
    call.actor,
  );
  return { status: created ? 201 : 200, body: reactionShape(call.state, reaction) };
}

function deleteReaction(call: RepositoryCall): Answer {
  const reacted = reactedOf(call);
  const reaction = reacted.reactions.find((one) => one.id === Number(call.params['reaction_id']));
  if (!reaction) throw notFound();
  reacted.reactions = reacted.reactions.filter((one) => one !== reaction);
  return { status: 204 };
}
