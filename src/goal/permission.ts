import { commandInfo, type Command } from './command.ts';

/** What a person may do in the repository; `unknown` when GitHub did not say, which permits nothing. */
export type Permission = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none' | 'unknown';

/** Whether the permission lets its holder change code, and so steer omk by reviews and labels. */
export function mayWrite(permission: Permission): boolean {
  return permission === 'admin' || permission === 'maintain' || permission === 'write';
}

/** Whether someone with this permission may give the command. Fails closed on what is not known. */
export function mayUse(command: Command['kind'], permission: Permission): boolean {
  if (mayWrite(permission)) return true;
  return commandInfo(command).needs === 'read' && (permission === 'triage' || permission === 'read');
}

/** Who sent a webhook, as GitHub's payloads have it; `app` is that of a bot whose app is known. */
export type Sender = { id: number; login: string; type: string; app?: number | undefined };

/** Whether the sender is a person: an account of type `User` with a numeric id, never a name that ends like a bot's. */
export function isPerson(sender: Partial<Sender> | null | undefined): sender is Sender {
  if (!sender || sender.type !== 'User') return false;
  return Number.isSafeInteger(sender.id) && typeof sender.login === 'string' && !/\[bot\]\s*$/i.test(sender.login);
}

/** Whether it is the bot of an app that the operator has listed by its id. No name makes a bot one of those, and omk never hears itself. */
export function isListedBot(
  sender: Partial<Sender> | null | undefined,
  { OMK_BOTS, APP_ID }: { OMK_BOTS: readonly number[]; APP_ID: number },
): sender is Sender {
  if (sender?.type !== 'Bot' || sender.app === undefined || sender.app === APP_ID) return false;
  return Number.isSafeInteger(sender.id) && OMK_BOTS.includes(sender.app);
}
