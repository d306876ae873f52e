import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSchema, type GraphQLSchema } from 'graphql';

/** Read by path: Jest does not resolve files that are no modules. */
const PATH = fileURLToPath(new URL('../../node_modules/@octokit/graphql-schema/schema.graphql', import.meta.url));

let built: GraphQLSchema | undefined;

/** GitHub's public GraphQL schema. */
export function gitHubSchema(): GraphQLSchema {
  return (built ??= buildSchema(readFileSync(PATH, 'utf8'), { assumeValid: true }));
}
