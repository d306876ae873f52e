import type { Readable, Writable } from 'node:stream';
import { readLines } from './lines.ts';

const LINE_LIMIT = 16 * 1024 * 1024;
/** What an agent may say in one task. Reading it is omk's own time, which others need too. */
const TALK_LIMIT = 256 * 1024 * 1024;

/** What the agent may ask of us. `onRequest` returns the result or throws an `AcpError`; `onMessage` is called for every message, before it is handled. */
export type AcpHandlers = {
  onRequest(method: string, params: unknown): unknown;
  onNotification(method: string, params: unknown): void;
  onMessage: () => void;
};

export type Acp = {
  /** Resolves with the result; rejects with an `AcpError` if the agent refuses or the connection ends first. */
  request(method: string, params: unknown): Promise<unknown>;
  notify(method: string, params: unknown): void;
  /** Resolves when the agent will say nothing more, with what was wrong with its last words, if anything. Rejects if a handler of ours throws. */
  ended: Promise<string | undefined>;
};

/** A refusal. The codes are those of JSON-RPC 2.0 and of the Agent Client Protocol; -32000 asks for authentication. */
export class AcpError extends Error {
  override name = 'AcpError';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The code of an `AcpError` that stands for a connection which ended before the answer. */
export const CONNECTION_ENDED = -1;
export const AUTHENTICATION_REQUIRED = -32000;
const METHOD_NOT_FOUND = -32601;

type Message = {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: { code?: unknown; message?: unknown };
};
type Pending = { resolve(result: unknown): void; reject(error: AcpError): void };

/**
 * Speaks the Agent Client Protocol (agentclientprotocol.com, version 1): JSON-RPC 2.0, one message a line, both ways.
 * A line that is no message ends the connection if it is the first one, and is passed over later.
 */
export function openAcp(agent: { stdin: Writable; stdout: Readable }, handlers: AcpHandlers): Acp {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  const send = (message: object): void => {
    if (agent.stdin.writable) agent.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const settle = (message: Message): void => {
    const waiting = pending.get(Number(message.id));
    pending.delete(Number(message.id));
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new AcpError(Number(message.error?.code), String(message.error?.message)));
  };
  const answer = (id: unknown, method: string, params: unknown): void => {
    try {
      send({ id, result: handlers.onRequest(method, params) });
    } catch (error) {
      if (!(error instanceof AcpError)) throw error;
      send({ id, error: { code: error.code, message: error.message } });
    }
  };
  const receive = (message: Message): void => {
    handlers.onMessage();
    if (typeof message.method !== 'string') settle(message);
    else if (message.id === undefined) handlers.onNotification(message.method, message.params);
    else answer(message.id, message.method, message.params);
  };
  let isOpen = true;
  const listen = async (): Promise<string | undefined> => {
    let understood = false;
    let heard = 0;
    try {
      for await (const line of readLines(agent.stdout, LINE_LIMIT)) {
        if (line === undefined) return `it wrote a line of more than ${LINE_LIMIT} characters`;
        heard += line.length;
        if (heard > TALK_LIMIT) return `it wrote more than ${TALK_LIMIT} characters`;
        const message = parseMessage(line);
        if (message) receive(message);
        else if (!understood) return `it does not speak ACP, it said: ${line.slice(0, 200)}`;
        understood = true;
      }
      return undefined;
    } finally {
      isOpen = false;
      for (const waiting of pending.values()) waiting.reject(new AcpError(CONNECTION_ENDED, 'the connection ended'));
    }
  };
  const ended = listen();
  ended.catch(() => {});
  const request = (method: string, params: unknown): Promise<unknown> => {
    if (!isOpen) return Promise.reject(new AcpError(CONNECTION_ENDED, 'the connection ended'));
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      send({ id, method, params });
    });
  };
  return { request, notify: (method, params) => send({ method, params }), ended };
}

/** The refusal of a method that we do not offer. */
export function methodNotFound(method: string): AcpError {
  return new AcpError(METHOD_NOT_FOUND, `omk does not offer ${method}`);
}

function parseMessage(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'jsonrpc' in value ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
