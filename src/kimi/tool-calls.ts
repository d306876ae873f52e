import { z } from 'zod';
import type { ToolCall } from '../goal/approval.ts';

const textsSchema = z
  .array(z.looseObject({ content: z.looseObject({ text: z.string() }).optional() }))
  .transform((entries) => entries.map(({ content }) => content?.text ?? '').join(''));

/** What a permission request of ACP says of its call. `content` is for people: Kimi 2.1 cuts a command after 50 characters. */
export const askedSchema = z.object({ toolCallId: z.string(), title: z.string(), content: textsSchema.catch('') });
/** What an update says of a call. Until Kimi asks, `content` is the JSON text of the arguments, as far as the model has said them. */
export const reportedSchema = z.object({
  toolCallId: z.string(),
  status: z.string().optional(),
  content: textsSchema.catch(''),
});

const SHOWN_LENGTH = 50;

/** The exact arguments of the calls that Kimi asks about. The calls of a helper agent are not reported, so what Kimi shows must be whole. */
export class ToolCalls {
  readonly #arguments = new Map<string, string>();

  report({ toolCallId, status, content }: z.infer<typeof reportedSchema>): void {
    // Of a call that is over, the content is what came out of it.
    if (status === 'completed' || status === 'failed') this.#arguments.delete(toolCallId);
    else this.#arguments.set(toolCallId, content);
  }

  /** The call that is asked about. Its arguments are known once: ids are the model's, and it may give one twice. */
  take({ toolCallId, title: tool, content: shown }: z.infer<typeof askedSchema>): ToolCall {
    const args = parse(this.#arguments.get(toolCallId)) ?? readShown(tool, shown);
    this.#arguments.delete(toolCallId);
    return { tool, args: args && agrees(args, shown) ? args : undefined };
  }
}

type Arguments = Record<string, unknown>;

function parse(json: string | undefined): Arguments | undefined {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json ?? ''));
  } catch {
    return undefined;
  }
}

/** Kimi 2.1 shows the whole path of a file, and a whole command if it is short. */
function readShown(tool: string, shown: string): Arguments | undefined {
  const [, verb = '', what = ''] = /^Requesting approval to (Running:|Writing|Editing) (.*)$/s.exec(shown) ?? [];
  if (verb === 'Running:') return tool === 'Bash' && what.length <= SHOWN_LENGTH ? { command: what } : undefined;
  return (verb === 'Writing' && tool === 'Write') || (verb === 'Editing' && tool === 'Edit')
    ? { path: what }
    : undefined;
}

/** Arguments of another call under the same id do not begin like what is shown. */
function agrees({ command, path }: Arguments, shown: string): boolean {
  const begin = command ?? path;
  return typeof begin !== 'string' || shown.includes(begin.slice(0, SHOWN_LENGTH));
}
