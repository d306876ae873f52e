import { grants } from './credentials.ts';
import type { Asking } from './graphql-accounts.ts';
import { fault } from './graphql-connection.ts';
import { pullNode, queueEntryNode, reviewCommentNode, threadNode } from './graphql-pull.ts';
import type { MergeMethod, Pull, ReviewThread } from './issue-state.ts';
import { dequeue, disableAutoMerge, enableAutoMerge, enqueue, updateBranch } from './merge-pull.ts';
import { setDraft } from './pulls.ts';
import { replyTo, setResolved } from './reviews.ts';
import { actorOf } from './router.ts';
import type { Node } from './state.ts';

type Input = Record<string, string | null | undefined>;

/** The node with this global id, if the token covers its repository. */
export function findNode({ state, token }: Asking, id: string): Node {
  const node = state.nodes.get(id);
  const repository = node && repositoryOf(node);
  if (!node || !repository || !token.repositories.includes(repository)) {
    throw fault('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  }
  return node;
}

function repositoryOf(node: Node) {
  if (node.typename === 'Repository') return node.entity;
  return node.typename === 'PullRequestReviewThread' ? node.entity.pull.repository : node.entity.repository;
}

function pullOf(asking: Asking, id: string | null | undefined): Pull {
  const node = findNode(asking, id ?? '');
  if (node.typename !== 'PullRequest')
    throw fault('NOT_FOUND', `Could not resolve to PullRequest node with the global id of '${id ?? ''}'.`);
  return node.entity;
}

function threadOf(asking: Asking, id: string | null | undefined): ReviewThread {
  const node = findNode(asking, id ?? '');
  if (node.typename !== 'PullRequestReviewThread')
    throw fault('NOT_FOUND', `Could not resolve to a node with the global id of '${id ?? ''}'`);
  return node.entity;
}

function need({ token }: Asking, ...permissions: string[]): void {
  if (permissions.every((one) => grants(token.permissions, one))) return;
  throw fault('FORBIDDEN', 'Resource not accessible by integration');
}

function refuseIf(message: string | undefined): void {
  if (message !== undefined) throw fault('UNPROCESSABLE', message);
}

/** The mutations of pull requests, by their names in the schema. */
export function mutations(asking: Asking) {
  const { state, token } = asking;
  const actor = actorOf(token);
  const answer = (input: Input, fields: Record<string, unknown>) => ({
    clientMutationId: input['clientMutationId'] ?? null,
    actor: null,
    ...fields,
  });
  const onPull =
    (act: (pull: Pull, input: Input) => unknown) =>
    async ({ input }: { input: Input }) => {
      need(asking, 'pull_requests:write');
      const pull = pullOf(asking, input['pullRequestId'] ?? input['id']);
      await act(pull, input);
      return answer(input, { pullRequest: pullNode(asking, pull) });
    };
  return {
    convertPullRequestToDraft: onPull((pull) => setDraft(state, pull, true, actor)),
    markPullRequestReadyForReview: onPull((pull) => setDraft(state, pull, false, actor)),
    disablePullRequestAutoMerge: onPull((pull) => disableAutoMerge(state, pull, actor)),
    enablePullRequestAutoMerge: onPull(async (pull, input) => {
      need(asking, 'contents:write');
      const method = (input['mergeMethod'] ?? 'MERGE').toLowerCase() as MergeMethod;
      const expected = input['expectedHeadOid'] ?? undefined;
      if (expected !== undefined && expected !== pull.head.sha)
        refuseIf('Head branch was modified. Review and try the merge again.');
      const wish = { method, title: input['commitHeadline'] ?? undefined, message: input['commitBody'] ?? undefined };
      refuseIf(await enableAutoMerge(state, pull, wish, actor));
    }),
    updatePullRequestBranch: onPull(async (pull, input) => {
      const method = input['updateMethod'] === 'REBASE' ? 'REBASE' : 'MERGE';
      refuseIf(await updateBranch(state, pull, { expectedHead: input['expectedHeadOid'] ?? undefined, method }, actor));
    }),
    enqueuePullRequest: async ({ input }: { input: Input }) => {
      need(asking, 'pull_requests:write', 'contents:write');
      const entry = await enqueue(
        state,
        pullOf(asking, input['pullRequestId']),
        input['expectedHeadOid'] ?? undefined,
        actor,
      );
      if (typeof entry === 'string') throw fault('UNPROCESSABLE', entry);
      return answer(input, { mergeQueueEntry: queueEntryNode(asking, entry) });
    },
    dequeuePullRequest: ({ input }: { input: Input }) => {
      need(asking, 'pull_requests:write');
      const entry = dequeue(state, pullOf(asking, input['id']), 'MANUAL', actor);
      if (!entry) throw fault('UNPROCESSABLE', 'Pull request is not in the queue');
      return answer(input, { mergeQueueEntry: queueEntryNode(asking, entry) });
    },
    resolveReviewThread: ({ input }: { input: Input }) => {
      need(asking, 'pull_requests:write');
      const thread = threadOf(asking, input['threadId']);
      setResolved(state, thread, true, actor);
      return answer(input, { thread: threadNode(asking, thread) });
    },
    addPullRequestReviewThreadReply: ({ input }: { input: Input }) => {
      need(asking, 'pull_requests:write');
      const thread = threadOf(asking, input['pullRequestReviewThreadId']);
      const comment = replyTo(state, thread, input['body'] ?? '', actor);
      return answer(input, { comment: reviewCommentNode(asking, thread, comment) });
    },
  };
}
