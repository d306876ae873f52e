import { userShape } from './shapes.ts';
import type { Account, State, Token } from './state.ts';

/** Who asks a query, and of what. */
export type Asking = { state: State; token: Token };

/** An actor. GraphQL leaves `[bot]` off a bot's login, unlike REST. */
export function actorNode({ state }: Asking, account: Account): Record<string, unknown> {
  const { html_url, avatar_url } = userShape(state, account);
  return {
    __typename: account.type,
    id: account.nodeId,
    databaseId: account.id,
    login: account.login.replace(/\[bot\]$/, ''),
    url: html_url,
    avatarUrl: avatar_url,
  };
}
