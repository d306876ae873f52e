import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Usage } from '../../src/goal/budget.ts';

/** What the model says in one answer. */
export type Answer = { think?: string; say?: string; tools?: { name: string; args: Record<string, unknown> }[] };

/**
 * How a call fails: an HTTP status, an answer that never comes (`hang`), or one that breaks off (`drop`).
 * Kimi goes on from what it got of a dropped answer, so the call after it is the next turn; after any other failure it is the same one.
 */
export type Failure = { fail: 401 | 403 | 429 | 500 | 'quota' | 'context' | 'hang' | 'drop' };

/** One model call: the answer, or what makes it of the request. */
export type Turn = Answer | Failure | ((request: ModelRequest) => Answer | Failure | Promise<Answer | Failure>);

/** What the model does with a task whose prompt satisfies `when`: the n-th call of that task gets the n-th turn. Good for `times` tasks, or any number. */
export type Script = { name: string; when: (prompt: string) => boolean; turns: Turn[]; times?: number };

export type ModelRequest = {
  model: string;
  /** The text of the task: the last user message that is not a reminder of the agent's own making. */
  prompt: string;
  /** How many answers the task has had. */
  turn: number;
  /** The names of the tools offered. */
  tools: string[];
  messages: ChatMessage[];
  authorization: string | undefined;
  /** The script that answers; undefined if there is none. */
  script: string | undefined;
  /** What the answer said it cost; undefined until it is given, and of a failure. */
  usage: Usage | undefined;
};

export type ChatMessage = { role: string; content: string; toolCalls: { name: string; args: string }[] };

export type ScriptedModel = {
  /** The base URL, with `/v1`. */
  url: string;
  will(script: Script): void;
  requests: ModelRequest[];
  /** The beginnings of prompts that no script knew, or that asked for more turns than there were. */
  unscripted: string[];
  close(): Promise<void>;
};

type Body = {
  model: string;
  stream?: boolean;
  messages: { role: string; content?: unknown; tool_calls?: { function: { name: string; arguments: string } }[] }[];
  tools?: { function: { name: string } }[];
  prompt_cache_key?: string;
};

/** A model that does what it is told: OpenAI's chat completions on 127.0.0.1, streamed or whole. With `key` it answers 401 to any other key. */
export async function startScriptedModel({ key }: { key?: string } = {}): Promise<ScriptedModel> {
  const scripts: Script[] = [];
  const requests: ModelRequest[] = [];
  const unscripted: string[] = [];
  const cast = new Map<string, Script>();
  const uses = new Map<Script, number>();
  const cache = new Map<string, string>();

  const castScript = (task: string, prompt: string): Script | undefined => {
    const known = cast.get(task);
    if (known) return known;
    const script = scripts.find((each) => (uses.get(each) ?? 0) < (each.times ?? Infinity) && each.when(prompt));
    if (script) {
      cast.set(task, script);
      uses.set(script, (uses.get(script) ?? 0) + 1);
    }
    return script;
  };

  const complete = async (body: Body, authorization: string | undefined, response: ServerResponse): Promise<void> => {
    const messages = body.messages.map(readMessage);
    const at = messages.findLastIndex(isTask);
    const prompt = messages[at]?.content ?? '';
    const conversation = body.prompt_cache_key ?? '';
    const script = castScript(`${conversation} ${at} ${prompt}`, prompt);
    const request: ModelRequest = {
      model: body.model,
      prompt,
      turn: messages.slice(at + 1).filter((message) => message.role === 'assistant').length,
      tools: body.tools?.map((tool) => tool.function.name) ?? [],
      messages,
      authorization,
      script: script?.name,
      usage: undefined,
    };
    requests.push(request);
    const turn = script?.turns[request.turn];
    if (turn === undefined) {
      unscripted.push(prompt.slice(0, 200));
      const what = script ? `script "${script.name}" has no turn ${request.turn + 1} for` : 'no script for';
      return sendError(response, 500, `${what}: ${prompt.slice(0, 200)}`);
    }
    const answer = typeof turn === 'function' ? await turn(request) : turn;
    if ('fail' in answer) return failAs(answer.fail, response, body.model);
    request.usage = measure(body, answer, cache);
    if (body.stream) stream(response, { body, answer, usage: request.usage, id: requests.length });
    else send(response, 200, whole({ body, answer, usage: request.usage, id: requests.length }));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers;
    const received = await text(request);
    const path = new URL(request.url ?? '', 'http://model').pathname;
    if (key !== undefined && authorization !== `Bearer ${key}`)
      return sendError(response, 401, 'Invalid Authentication');
    if (request.method === 'GET' && path === '/v1/models')
      return send(response, 200, { object: 'list', data: [{ id: 'scripted', object: 'model' }] });
    if (request.method !== 'POST' || path !== '/v1/chat/completions')
      return sendError(response, 404, `nothing at ${path}`);
    await complete(JSON.parse(received) as Body, authorization, response);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => sendError(response, 500, `the script broke: ${String(error)}`));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    will: (script) => {
      scripts.push(script);
    },
    requests,
    unscripted,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readMessage(message: Body['messages'][number]): ChatMessage {
  const calls = message.tool_calls?.map((call) => ({ name: call.function.name, args: call.function.arguments }));
  return { role: message.role, content: textOf(message.content), toolCalls: calls ?? [] };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('\n');
}

/** Kimi adds user messages of its own, which begin with a tag: reminders, notifications, hook results. */
function isTask(message: ChatMessage): boolean {
  return (
    message.role === 'user' &&
    !/^\s*<(system-reminder|system|notification|hook_result|background-task)\b/.test(message.content)
  );
}

/** About four characters a token; what a conversation sent before, from its beginning on, is in the cache. */
function measure(body: Body, answer: Answer, cache: Map<string, string>): Usage {
  const sent = JSON.stringify(body.tools ?? []) + JSON.stringify(body.messages);
  const conversation = body.prompt_cache_key ?? '';
  const shared = sharedLength(cache.get(conversation) ?? '', sent);
  cache.set(conversation, sent);
  const said = (answer.think ?? '') + (answer.say ?? '') + JSON.stringify(answer.tools ?? '');
  return {
    inputTokens: Math.ceil(sent.length / 4),
    cachedTokens: Math.floor(shared / 4),
    outputTokens: Math.ceil(said.length / 4),
  };
}

function sharedLength(before: string, now: string): number {
  const most = Math.min(before.length, now.length);
  let length = 0;
  while (length < most && before[length] === now[length]) length++;
  return length;
}

function failAs(kind: Failure['fail'], response: ServerResponse, model: string): void {
  switch (kind) {
    case 401:
      return sendError(response, 401, 'Invalid Authentication', 'invalid_authentication_error');
    case 403:
      return sendError(response, 403, 'Forbidden', 'permission_denied_error');
    case 429:
      return sendError(response, 429, 'Too many requests, please slow down', 'rate_limit_reached_error', {
        'retry-after': '0',
      });
    case 500:
      return sendError(response, 500, 'The server had an error', 'server_error');
    case 'quota':
      return sendError(
        response,
        429,
        'You exceeded your current quota, please check your account balance',
        'exceeded_current_quota_error',
      );
    case 'context':
      return sendError(
        response,
        400,
        'Input token length too long: exceeded model token limit: 131072 (requested: 200000)',
        'invalid_request_error',
      );
    case 'hang':
      return;
    case 'drop':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        event({
          model,
          choices: [
            { index: 0, delta: { role: 'assistant', content: 'This sentence will never be ' }, finish_reason: null },
          ],
        }),
      );
      setImmediate(() => response.destroy());
  }
}

type Completion = { body: Body; answer: Answer; usage: Usage; id: number };

function stream(response: ServerResponse, completion: Completion): void {
  const { answer } = completion;
  const chunk = (delta: object, finish: string | null = null): void => {
    response.write(event({ ...head(completion), choices: [{ index: 0, delta, finish_reason: finish }] }));
  };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  chunk({ role: 'assistant', content: '' });
  if (answer.think !== undefined) chunk({ reasoning_content: answer.think });
  for (const word of answer.say?.match(/\s*\S+\s*/g) ?? []) chunk({ content: word });
  for (const [index, call] of toolCalls(completion).entries()) chunk({ tool_calls: [{ index, ...call }] });
  chunk({}, finishReason(answer));
  response.write(event({ ...head(completion), choices: [], usage: renderUsage(completion.usage) }));
  response.end('data: [DONE]\n\n');
}

function whole(completion: Completion): object {
  const calls = toolCalls(completion);
  const message = {
    role: 'assistant',
    content: completion.answer.say ?? '',
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    ...head(completion),
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: finishReason(completion.answer) }],
    usage: renderUsage(completion.usage),
  };
}

function head({ body, id }: Completion): object {
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model: body.model,
  };
}

function toolCalls({ answer, id }: Completion): object[] {
  return (answer.tools ?? []).map((tool, index) => ({
    id: `call_${id}_${index}`,
    type: 'function',
    function: { name: tool.name, arguments: JSON.stringify(tool.args) },
  }));
}

function finishReason(answer: Answer): string {
  return answer.tools?.length ? 'tool_calls' : 'stop';
}

function renderUsage({ inputTokens, cachedTokens, outputTokens }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    cached_tokens: cachedTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function send(response: ServerResponse, status: number, value: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  type = 'scripted_model_error',
  headers = {},
): void {
  send(response, status, { error: { message, type, code: type } }, headers);
}
