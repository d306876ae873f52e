import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appKey } from './github/credentials.ts';
import { Faults } from './github/faults.ts';
import { comparePayload } from './github/payload-examples.ts';
import { serve } from './github/server.ts';
import type { Exchange, Push, Site } from './github/site.ts';
import {
  type App,
  type Clock,
  createApp,
  createState,
  type Grants,
  type Protection,
  type Repository,
  type Rule,
} from './github/state.ts';
import { Story } from './github/story.ts';
import { Deliveries } from './github/webhooks.ts';

export type { CheckPlan, Conclusion, StatusState } from './github/check-state.ts';
export type { NewRepository } from './github/create-repository.ts';
export type { Fault, FaultMatch } from './github/faults.ts';
export type { Comment, Issue, Pull, Review } from './github/issue-state.ts';
export type { Exchange, Push } from './github/site.ts';
export type { Clock, Protection, Repository, Role, Rule } from './github/state.ts';
export type { Delivery } from './github/webhooks.ts';

export type FakeGitHubOptions = {
  /** The world's time; the machine's unless told. */
  clock?: Clock;
  /** What the app under test may do and hears of; like omk's manifest unless told. */
  permissions?: Grants;
  events?: string[];
  slug?: string;
  /** How long installation tokens live: one hour, as on GitHub. */
  tokenLifeMs?: number;
  /** Whether requests and answers are checked against GitHub's published schema. They are, unless told. */
  validates?: boolean;
};

const defaultPermissions: Grants = {
  actions: 'read',
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'read',
};

const defaultEvents = [
  'check_run',
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'pull_request_review_thread',
  'push',
  'status',
];

const hourMs = 3_600_000;

const anyClock: Clock = { now: () => new Date() };

/** Starts a GitHub of our own on the loopback interface. The caller closes it. */
export async function startFakeGitHub(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const state = createState(options.clock ?? anyClock);
  const app = createApp(state, {
    slug: options.slug ?? 'omk',
    permissions: options.permissions ?? defaultPermissions,
    events: options.events ?? defaultEvents,
  });
  const validates = options.validates ?? true;
  const drift: string[] = [];
  const deliveries = new Deliveries(state, app, (event, action, payload) => {
    const faults = validates ? comparePayload(event, action, payload) : [];
    drift.push(...faults.map((fault) => `webhook ${event}.${action ?? ''}: ${fault}`));
  });
  const site: Site = {
    state,
    app,
    deliveries,
    faults: new Faults(),
    before: undefined,
    requests: [],
    pushes: [],
    refused: [],
    drift,
    tokenLifeMs: options.tokenLifeMs ?? hourMs,
    validates,
  };
  state.emit = (happening) => deliveries.send(happening);
  const folder = await mkdtemp(join(tmpdir(), 'fake-github-'));
  return new FakeGitHub(site, folder, await serve(site));
}

/** A GitHub that remembers: act through the verbs of `Story`, look at its data, and at what the app asked of it. */
export class FakeGitHub extends Story {
  readonly #folder: string;
  readonly #server: Server;

  constructor(site: Site, folder: string, server: Server) {
    super(site, folder);
    this.#folder = folder;
    this.#server = server;
  }

  /** `http://127.0.0.1:<port>`. */
  get url(): string {
    return this.state.url;
  }

  /** What the app under test needs in its environment to talk to this GitHub as itself. */
  get environment(): { APP_ID: string; PRIVATE_KEY: string; GHE_HOST: string; GHE_PROTOCOL: string } {
    return {
      APP_ID: String(this.app.id),
      PRIVATE_KEY: appKey().privateKey,
      GHE_HOST: new URL(this.url).host,
      GHE_PROTOCOL: 'http',
    };
  }

  /** The app under test. */
  get app(): App {
    return this.site.app;
  }

  /** Its webhooks: recorded, and open to being lost, doubled, held and shuffled. */
  get deliveries(): Deliveries {
    return this.site.deliveries;
  }

  /** Sends webhooks to this address from now on, signed with the secret. */
  deliverTo(url: string, secret: string): void {
    this.deliveries.deliverTo(url, secret);
  }

  /** What shall go wrong. */
  get faults(): Faults {
    return this.site.faults;
  }

  /** Lets people act just before each request is answered, or no longer. */
  beforeEach(act: Site['before']): void {
    this.site.before = act;
  }

  /** Every request so far, oldest first. */
  get requests(): Exchange[] {
    return this.site.requests;
  }

  /** How often each route was asked. */
  countRequests(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { route } of this.requests) counts[route] = (counts[route] ?? 0) + 1;
    return counts;
  }

  /** Every ref that `git push` moved, oldest first. */
  get pushes(): Push[] {
    return this.site.pushes;
  }

  /** Requests that GitHub would not take or that are not modelled here. Empty when all is well. */
  get refused(): string[] {
    return this.site.refused;
  }

  /** Where this fake differs from GitHub's published shapes. Empty when all is well. */
  get drift(): string[] {
    return this.site.drift;
  }

  /** Protects a branch the classic way; what is not named is not asked for. */
  protect(branch: string, protection: Partial<Protection>, repository: Repository = this.repository): void {
    repository.protections.set(branch, { ...unprotected, ...protection });
  }

  /** Adds a ruleset. `include` is what it holds for: branch patterns like `refs/heads/release/*`, the default branch unless told. */
  addRuleset(rules: Rule[], include: string[] = ['~DEFAULT_BRANCH'], repository: Repository = this.repository): void {
    const id = this.state.nextId();
    repository.rulesets.push({ id, name: `ruleset ${id}`, include, exclude: [], rules });
  }

  /** Gives a branch a merge queue. */
  enableQueue(branch: string, repository: Repository = this.repository): void {
    repository.queues.set(branch, []);
  }

  /** Ends everything and leaves the git repositories. */
  async stop(): Promise<void> {
    this.deliveries.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Ends everything and removes the git repositories. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const unprotected: Protection = {
  requiredChecks: [],
  strict: false,
  requiredReviews: 0,
  requireConversationResolution: false,
  linearHistory: false,
  signatures: false,
  lockBranch: false,
};
