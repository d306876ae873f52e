import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { buildSchema, type GraphQLSchema } from 'graphql';

let built: GraphQLSchema | undefined;

/** GitHub's public GraphQL schema. */
export function gitHubSchema(): GraphQLSchema {
  const path = createRequire(import.meta.url).resolve('@octokit/graphql-schema/schema.graphql');
  return (built ??= buildSchema(readFileSync(path, 'utf8'), { assumeValid: true }));
}
