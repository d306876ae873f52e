import type { Json } from './state.ts';

/** What a route answers. A `Buffer` body goes out as it is, anything else as JSON. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

const docs = 'https://docs.github.com/rest';

/** An answer that ends a handler early, with GitHub's body. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly answer: Answer;
  constructor(status: number, message: string, extra: Json = {}) {
    super(message);
    this.answer = { status, body: { message, ...extra, documentation_url: docs, status: String(status) } };
  }
}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

export function forbidden(): Refusal {
  return new Refusal(403, 'Resource not accessible by integration');
}

/** 422 "Validation Failed" with the errors GitHub lists. */
export function invalid(...errors: Json[]): Refusal {
  return new Refusal(422, 'Validation Failed', { errors });
}
