import { z } from 'zod';
import type { ToolCall } from '../goal/approval.ts';
import { type Acp, type AcpHandlers, AcpError, AUTHENTICATION_REQUIRED, methodNotFound } from './acp.ts';
import { isSessionName } from './record.ts';
import { askedSchema, reportedSchema, ToolCalls } from './tool-calls.ts';

/** What a person may like to read while Kimi works: one line of at most 200 characters. */
export type KimiProgress = { kind: 'tool'; tool: string; text: string } | { kind: 'says'; text: string };

const LINE_LENGTH = 200;
/** More of one task nobody watches, and it would fill a log. */
const MOST_LINES = 5_000;

/** Opens the session `earlier` again, or a new one if there is none or it is gone. Resolves with its name; rejects with an `AcpError`. */
export async function openSession(
  acp: Acp,
  {
    cwd,
    earlier,
    onProgress,
  }: { cwd: string; earlier: string | undefined; onProgress: (progress: KimiProgress) => void },
): Promise<string> {
  // No capability is offered: Kimi reads, writes and runs by itself, inside its room.
  const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
  await acp.request('initialize', {
    protocolVersion: 1,
    clientCapabilities,
    clientInfo: { name: 'omk', version: '1' },
  });
  if (earlier !== undefined && isSessionName(earlier)) {
    try {
      await acp.request('session/resume', { sessionId: earlier, cwd, mcpServers: [] });
      return earlier;
    } catch (error) {
      if (!(error instanceof AcpError) || error.code === AUTHENTICATION_REQUIRED) throw error;
      onProgress({
        kind: 'says',
        text: oneLine(`The earlier session cannot be resumed (${error.message}), a new one begins.`),
      });
    }
  }
  const opened = z
    .object({ sessionId: z.string().refine(isSessionName) })
    .safeParse(await acp.request('session/new', { cwd, mcpServers: [] }));
  if (!opened.success) throw new AcpError(0, 'it named no session');
  return opened.data.sessionId;
}

/** Gives the session one prompt and resolves when the turn is over, however it ended. Rejects with an `AcpError`. */
export async function prompt(acp: Acp, session: string, text: string): Promise<void> {
  await acp.request('session/prompt', { sessionId: session, prompt: [{ type: 'text', text: asData(text) }] });
}

/** Kimi obeys a prompt that begins with a slash as a command, such as `/goal`, which has no end. A prompt is never one. */
function asData(text: string): string {
  return text.trimStart().startsWith('/') ? `The text of the task:\n${text}` : text;
}

const permissionSchema = z.object({
  options: z.array(z.object({ optionId: z.string(), kind: z.string() })),
  toolCall: askedSchema,
});
const updateSchema = z.object({
  update: z.discriminatedUnion('sessionUpdate', [
    z.object({ sessionUpdate: z.literal('agent_message_chunk'), content: z.object({ text: z.string() }) }),
    reportedSchema.extend({ sessionUpdate: z.literal('tool_call'), title: z.string() }),
    reportedSchema.extend({
      sessionUpdate: z.literal('tool_call_update'),
      title: z.string().optional(),
    }),
  ]),
});

/** Answers what Kimi asks and turns what it reports into progress. What `approve` does not allow is refused, and so is a question that makes no sense. */
export function sessionHandlers(options: {
  approve: (call: ToolCall) => boolean;
  onProgress: (progress: KimiProgress) => void;
}): Pick<AcpHandlers, 'onRequest' | 'onNotification'> & { flush(): void } {
  const tools = new Map<string, string>();
  const calls = new ToolCalls();
  let said = '';
  let lines = 0;
  const tell = (progress: KimiProgress): void => {
    lines += 1;
    if (lines <= MOST_LINES) options.onProgress(progress);
  };
  const flush = (): void => {
    const text = oneLine(said);
    said = '';
    if (text !== '') tell({ kind: 'says', text });
  };
  const onNotification = (method: string, params: unknown): void => {
    const update = method === 'session/update' ? updateSchema.safeParse(params).data?.update : undefined;
    if (update === undefined) return;
    if (update.sessionUpdate === 'agent_message_chunk') {
      said = (said + update.content.text).slice(0, 2 * LINE_LENGTH);
      return;
    }
    const { toolCallId: id, title } = update;
    calls.report(update);
    if (update.sessionUpdate === 'tool_call') {
      flush();
      tools.set(id, update.title);
    } else if (update.status === 'in_progress' && title !== undefined && tools.has(id)) {
      const tool = tools.get(id) ?? '';
      tools.delete(id);
      tell({ kind: 'tool', tool, text: oneLine(title) });
    }
  };
  const onRequest = (method: string, params: unknown): unknown => {
    if (method !== 'session/request_permission') throw methodNotFound(method);
    const asked = permissionSchema.safeParse(params).data;
    const optionOf = (kind: string) => asked?.options.find((option) => option.kind === kind);
    const allow = optionOf('allow_once');
    const allowed = asked !== undefined && allow !== undefined && options.approve(calls.take(asked.toolCall));
    const option = allowed ? allow : optionOf('reject_once');
    return { outcome: option ? { outcome: 'selected', optionId: option.optionId } : { outcome: 'cancelled' } };
  };
  return { onRequest, onNotification, flush };
}

/** One line of at most 200 characters, for people. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH - 1)}…` : line;
}
