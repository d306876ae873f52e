import type { Faults } from './faults.ts';
import type { App, Repository, State } from './state.ts';
import type { Deliveries } from './webhooks.ts';

/** One request as it came. `route` is the template in GitHub's documentation; `status` is 0 when no answer was sent. */
export type Exchange = {
  method: string;
  path: string;
  route: string;
  status: number;
  body: unknown;
  caller: 'nobody' | 'app' | 'installation';
};

/** One ref moved by `git push`, and with which token. */
export type Push = { repository: Repository; ref: string; before: string; after: string; token: string };

/** All that answering a request needs. */
export type Site = {
  state: State;
  app: App;
  deliveries: Deliveries;
  faults: Faults;
  /** Happens on GitHub before a request is answered, which is the last one of `requests`. */
  before: ((exchange: Exchange) => void | Promise<void>) | undefined;
  requests: Exchange[];
  pushes: Push[];
  /** Requests that the real GitHub would not take or that are not modelled here. */
  refused: string[];
  /** Where our own answers and webhooks differ from GitHub's published shapes. */
  drift: string[];
  tokenLifeMs: number;
  validates: boolean;
};
