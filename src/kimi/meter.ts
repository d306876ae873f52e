import { z } from 'zod';
import type { Usage } from '../goal/budget.ts';

const LINE_LIMIT = 1024 * 1024;
const BODY_LIMIT = 16 * 1024 * 1024;

const tokens = z.number().int().min(0);
const usageSchema = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
  cached_tokens: tokens.nullish(),
});
const answerSchema = z.object({ usage: usageSchema });

/** Reads a chat completion as it passes by, a stream of events or one JSON value. `usage` is the last one that it named, if any; `events` counts what was streamed. */
export type Meter = { take(chunk: Buffer): void; usage(): Usage | undefined; events(): number };

/** A meter for an answer of this content type. The usage is OpenAI's; Moonshot says `cached_tokens` beside its details. */
export function meterAnswer(contentType: string | undefined): Meter {
  return contentType?.includes('text/event-stream') ? meterStream() : meterBody();
}

function meterStream(): Meter {
  let usage: Usage | undefined;
  let line: Buffer[] = [];
  let length = 0;
  let events = 0;
  const take = (chunk: Buffer): void => {
    for (let rest = chunk; rest.length > 0;) {
      const end = rest.indexOf(10);
      const part = end < 0 ? rest : rest.subarray(0, end);
      length += part.length;
      if (length <= LINE_LIMIT) line.push(part);
      if (end < 0) return;
      if (length <= LINE_LIMIT) usage = readEvent(Buffer.concat(line).toString('utf8')) ?? usage;
      if (length > 1) events += 1;
      line = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
  };
  return { take, usage: () => usage, events: () => events };
}

function readEvent(line: string): Usage | undefined {
  return line.startsWith('data:') && line.includes('"usage"') ? parseUsage(line.slice('data:'.length)) : undefined;
}

function meterBody(): Meter {
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
  };
  const usage = () => (length <= BODY_LIMIT ? parseUsage(Buffer.concat(chunks).toString('utf8')) : undefined);
  return { take, usage, events: () => 0 };
}

function parseUsage(json: string): Usage | undefined {
  try {
    const usage = answerSchema.safeParse(JSON.parse(json)).data?.usage;
    if (!usage) return undefined;
    const cached = usage.prompt_tokens_details?.cached_tokens ?? usage.cached_tokens ?? 0;
    return {
      inputTokens: usage.prompt_tokens,
      cachedTokens: Math.min(cached, usage.prompt_tokens),
      outputTokens: usage.completion_tokens,
    };
  } catch {
    return undefined;
  }
}
