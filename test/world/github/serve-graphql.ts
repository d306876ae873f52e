import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { assertNever } from '../../../src/errors.ts';
import { type Answer, Refusal } from './answer.ts';
import { readCaller } from './credentials.ts';
import { actorNode, type Asking } from './graphql-accounts.ts';
import { fault } from './graphql-connection.ts';
import { findNode, mutations } from './graphql-mutations.ts';
import { issueNode, pullNode, threadNode } from './graphql-pull.ts';
import { repositoryNode } from './graphql-repository.ts';
import type { RawRequest } from './serve-git.ts';
import type { Exchange, Site } from './site.ts';
import { findRepository, type Node } from './state.ts';

let loaded: GraphQLSchema | undefined;

/** GitHub's own schema, built once per process. */
function githubSchema(): GraphQLSchema {
  const file = new URL('../../../node_modules/@octokit/graphql-schema/schema.graphql', import.meta.url);
  return (loaded ??= buildSchema(readFileSync(file, 'utf8'), { assumeValid: true, noLocation: true }));
}

type Question = { query?: string; variables?: Record<string, unknown>; operationName?: string };

/** Answers GraphQL with GitHub's real schema: a query it would not take is answered with its errors and remembered. */
export async function answerGraphql(site: Site, request: RawRequest, exchange: Exchange): Promise<Answer> {
  try {
    const caller = readCaller(site.state, site.app, String(request.headers['authorization'] ?? ''));
    exchange.caller = caller.kind;
    if (caller.kind !== 'installation') throw new Refusal(401, 'This endpoint requires you to be authenticated.');
    return {
      status: 200,
      body: await run(site, { state: site.state, token: caller.token }, exchange.body ?? {}),
    };
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

async function run(site: Site, asking: Asking, { query = '', variables, operationName }: Question) {
  const schema = githubSchema();
  const document = parseOr(query);
  const faults = 'errors' in document ? document.errors : validate(schema, document);
  if ('errors' in document || faults.length > 0) {
    site.refused.push(...faults.map((one) => `GraphQL: ${one.message}`));
    return { errors: faults.map(errorShape) };
  }
  const { data, errors } = await execute({
    schema,
    document,
    rootValue: rootOf(asking),
    variableValues: variables ?? {},
    operationName: operationName ?? null,
    fieldResolver: resolverFor(site),
  });
  return { data: data ?? null, ...(errors && { errors: errors.map(errorShape) }) };
}

function parseOr(query: string): DocumentNode | { errors: readonly GraphQLError[] } {
  try {
    return parse(query);
  } catch (error) {
    return { errors: [error as GraphQLError] };
  }
}

function errorShape({ message, path, locations, extensions }: GraphQLError) {
  return {
    ...(extensions['type'] !== undefined && { type: extensions['type'] }),
    ...(path && { path }),
    locations,
    message,
  };
}

/** Calls what is a function with its arguments. A field that no node here has is our gap, and is remembered. */
function resolverFor(site: Site): GraphQLFieldResolver<Record<string, unknown>, unknown> {
  return (source, args, _context, { parentType, fieldName }) => {
    if (!(fieldName in source)) {
      site.refused.push(`GraphQL: ${parentType.name}.${fieldName} is not modelled`);
      throw new Error(`The fake GitHub does not model ${parentType.name}.${fieldName}`);
    }
    const value = source[fieldName];
    return typeof value === 'function' ? (value as (args: unknown) => unknown)(args) : value;
  };
}

const pointsPerHour = 5000;

function rootOf(asking: Asking) {
  const { state, token } = asking;
  const resetAt = new Date(state.clock.now().getTime() + 3_600_000).toISOString();
  return {
    repository: ({ owner, name }: { owner: string; name: string }) => {
      const repository = findRepository(state, owner, name);
      if (repository && token.repositories.includes(repository)) return repositoryNode(asking, repository);
      throw fault('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
    },
    node: ({ id }: { id: string }) => nodeOf(asking, findNode(asking, id)),
    nodes: ({ ids }: { ids: string[] }) =>
      ids.map((id) => (state.nodes.has(id) ? nodeOf(asking, findNode(asking, id)) : null)),
    viewer: () => ({
      ...actorNode(asking, token.installation.app.bot),
      __typename: 'User',
      login: token.installation.app.bot.login,
    }),
    rateLimit: { cost: 1, limit: pointsPerHour, remaining: pointsPerHour - 1, used: 1, nodeCount: 1, resetAt },
    ...mutations(asking),
  };
}

function nodeOf(asking: Asking, node: Node): Record<string, unknown> {
  switch (node.typename) {
    case 'Repository':
      return repositoryNode(asking, node.entity);
    case 'Issue':
      return issueNode(asking, node.entity);
    case 'PullRequest':
      return pullNode(asking, node.entity);
    case 'PullRequestReviewThread':
      return threadNode(asking, node.entity);
    default:
      return assertNever(node);
  }
}
