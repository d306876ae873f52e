import type { TurnEnd } from './record.ts';

/** Why a task did not complete. The last six are about the program, the others about the model. */
export type KimiFailure =
  | 'auth'
  | 'rate-limit'
  | 'quota'
  | 'context'
  | 'provider'
  | 'connection'
  | 'max-steps'
  | 'timeout'
  | 'silent'
  | 'cancelled'
  | 'exited'
  | 'not-started';

/**
 * The cause of a turn that Kimi 2.1 recorded as failed. Its own word `retryable` is not asked: it says false of a 500 on the last attempt.
 * A quota that is used up comes as a 429 with the code of any other refusal.
 */
export function turnFailure(end: TurnEnd): KimiFailure {
  if (end.reason === 'cancelled') return 'cancelled';
  switch (end.code) {
    case 'loop.max_steps_exceeded':
      return 'max-steps';
    case 'provider.auth_error':
      return 'auth';
    case 'provider.rate_limit':
      return 'rate-limit';
    case 'provider.connection_error':
      return 'connection';
    case 'context.overflow':
      return 'context';
    default:
      return refusal(end);
  }
}

function refusal(end: TurnEnd): KimiFailure {
  switch (end.statusCode) {
    case 401:
    case 403:
      return 'auth';
    case 402:
      return 'quota';
    case 413:
      return 'context';
    case 429:
      return isAboutQuota(end.message) ? 'quota' : 'rate-limit';
    case 400:
      return isAboutContext(end.message) ? 'context' : 'provider';
    case 502:
    case 504:
      return 'connection';
    default:
      return 'provider';
  }
}

function isAboutQuota(message: string): boolean {
  return /quota|balance|billing|insufficient/i.test(message);
}

function isAboutContext(message: string): boolean {
  return /context|token (length|limit)|too long|too many tokens/i.test(message);
}
