import { createHmac, randomUUID } from 'node:crypto';
import { repositoryShape } from './repository-shapes.ts';
import { installationShape, userShape } from './shapes.ts';
import {
  type Actor,
  type App,
  type Happening,
  type Installation,
  type Json,
  type State,
  installationFor,
  nodeId,
} from './state.ts';

/** One attempt to deliver a webhook. A redelivery has the same `guid` and another `id`. */
export type Delivery = {
  id: number;
  guid: string;
  event: string;
  action: string | undefined;
  payload: Json;
  redelivery: boolean;
  deliveredAt: Date;
  durationMs: number;
  /** The app's answer, or 0 while it is under way. */
  statusCode: number;
  /** `OK`, or why not, as the deliveries API says it. */
  status: string;
  answer: string;
  headers: Record<string, string>;
  installationId: number | null;
  repositoryId: number | null;
};

/** Sees every new payload. */
type Inspect = (event: string, action: string | undefined, payload: Json) => void;

type Target = { url: string; secret: string };

/** GitHub waits this long for an answer. */
const answerLimitMs = 10_000;

/**
 * The webhooks of the app under test: signed, sent one after the other, recorded. Tests may change how often each
 * one is sent (`copies`), and hold them to let them go in another order.
 */
export class Deliveries {
  readonly list: Delivery[] = [];
  /** How often a delivery is sent: 0 loses it (recorded as failed), 2 sends it twice. */
  copies: (delivery: Delivery) => number = () => 1;
  #target: Target | undefined;
  #held: Delivery[] | undefined;
  #line: Promise<void> = Promise.resolve();
  #closed = new AbortController();
  readonly #state: State;
  readonly #app: App;

  readonly #inspect: Inspect;

  constructor(state: State, app: App, inspect: Inspect) {
    this.#state = state;
    this.#app = app;
    this.#inspect = inspect;
  }

  /** How many have been recorded so far. */
  get count(): number {
    return this.list.length;
  }

  /** Where webhooks go from now on. Before the first call nothing is sent or recorded. */
  deliverTo(url: string, secret: string): void {
    this.#target = { url, secret };
  }

  /** Keeps deliveries back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends what was held back, in the order that `arrange` gives. */
  release(arrange: (held: Delivery[]) => Delivery[] = (held) => held): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const delivery of arrange(held)) this.#enqueue(delivery);
  }

  /** Resolves when every delivery that is not held back has been answered. */
  async settled(): Promise<void> {
    let line: Promise<void> | undefined;
    while (line !== this.#line) await (line = this.#line);
  }

  /** Tells the app of a happening, if it is installed there and subscribes to it. */
  send(happening: Happening): void {
    const { event, action, repository, actor } = happening;
    const installation = repository && installationFor(this.#state, this.#app, repository);
    const told = happening.onlyFor === undefined ? this.#app.events.includes(event) : happening.onlyFor === this.#app;
    if (!this.#target || !told || (repository && !installation)) return;
    const payload = {
      ...(action !== undefined && { action }),
      ...(repository && { repository: repositoryShape(this.#state, repository) }),
      ...(repository?.owner.type === 'Organization' && { organization: this.#organization(repository.owner.login) }),
      sender: userShape(this.#state, actor.account),
      ...(installation && {
        installation: { id: installation.id, node_id: nodeId('MDIzOkludGVncmF0aW9u', installation.id) },
      }),
      ...happening.payload,
    };
    this.#post({
      event,
      action,
      payload,
      installationId: installation?.id ?? null,
      repositoryId: repository?.id ?? null,
    });
  }

  /** Tells the app of its own installation: GitHub always does. */
  sendInstallation(
    installation: Installation,
    action: string,
    about: { event: string; actor: Actor; extra: Json },
  ): void {
    if (!this.#target) return;
    const payload = {
      action,
      installation: installationShape(this.#state, installation),
      sender: userShape(this.#state, about.actor.account),
      ...about.extra,
    };
    this.#post({ event: about.event, action, payload, installationId: installation.id, repositoryId: null });
  }

  /** Sends a recorded delivery again. False if there is none with this id. */
  redeliver(id: number): boolean {
    const former = this.list.find((one) => one.id === id);
    if (!former) return false;
    this.#enqueue(this.#record({ ...former, redelivery: true }));
    return true;
  }

  /** Ends what is under way. */
  close(): void {
    this.#closed.abort();
    this.#target = undefined;
  }

  #organization(login: string): Json {
    const { id, node_id, avatar_url, url } = userShape(
      this.#state,
      this.#state.accounts.get(login.toLowerCase()) ?? this.#app.owner,
    );
    const part = (name: string): string => `${String(url)}/${name}`;
    return {
      login,
      id,
      node_id,
      url,
      repos_url: part('repos'),
      events_url: part('events'),
      hooks_url: part('hooks'),
      issues_url: part('issues'),
      members_url: `${part('members')}{/member}`,
      public_members_url: `${part('public_members')}{/member}`,
      avatar_url,
      description: '',
    };
  }

  #post(fields: Pick<Delivery, 'event' | 'action' | 'payload' | 'installationId' | 'repositoryId'>): void {
    this.#inspect(fields.event, fields.action, fields.payload);
    const delivery = this.#record({ ...fields, guid: randomUUID(), redelivery: false });
    const copies = this.copies(delivery);
    if (copies === 0) Object.assign(delivery, { status: 'Service Timeout', statusCode: 504 });
    if (this.#held) for (let copy = 0; copy < copies; copy++) this.#held.push(delivery);
    else for (let copy = 0; copy < copies; copy++) this.#enqueue(delivery);
  }

  #record(
    fields: Omit<Delivery, 'id' | 'deliveredAt' | 'durationMs' | 'statusCode' | 'status' | 'answer' | 'headers'>,
  ): Delivery {
    const delivery: Delivery = {
      ...fields,
      id: this.#state.nextId(),
      deliveredAt: this.#state.clock.now(),
      durationMs: 0,
      statusCode: 0,
      status: 'pending',
      answer: '',
      headers: {},
    };
    this.list.push(delivery);
    return delivery;
  }

  #enqueue(delivery: Delivery): void {
    this.#line = this.#line.then(() => this.#attempt(delivery));
  }

  async #attempt(delivery: Delivery): Promise<void> {
    if (!this.#target) return;
    const { url, secret } = this.#target;
    const body = JSON.stringify(delivery.payload);
    delivery.headers = this.#headersFor(delivery, body, secret);
    const started = performance.now();
    const signal = AbortSignal.any([AbortSignal.timeout(answerLimitMs), this.#closed.signal]);
    try {
      const response = await fetch(url, { method: 'POST', body, headers: delivery.headers, signal });
      delivery.answer = await response.text();
      delivery.statusCode = response.status;
      delivery.status = response.ok ? 'OK' : `Invalid HTTP Response: ${response.status}`;
    } catch (error) {
      const late = (error as Error).name === 'TimeoutError';
      Object.assign(delivery, {
        statusCode: late ? 504 : 502,
        status: late ? 'timed out' : 'failed to connect to host',
      });
    }
    delivery.durationMs = Math.round(performance.now() - started);
  }

  #headersFor(delivery: Delivery, body: string, secret: string): Record<string, string> {
    return {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/fake',
      'x-github-event': delivery.event,
      'x-github-delivery': delivery.guid,
      'x-github-hook-id': String(this.#app.id + 1),
      'x-github-hook-installation-target-id': String(this.#app.id),
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    };
  }
}
