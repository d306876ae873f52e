import { expect, test } from '@jest/globals';
import { type KimiFailure, turnFailure } from '../../src/kimi/failure.ts';

const ends: [reason: string, code: string, statusCode: number | undefined, message: string, KimiFailure][] = [
  ['failed', 'loop.max_steps_exceeded', undefined, 'Turn exceeded maxSteps=3.', 'max-steps'],
  ['failed', 'provider.auth_error', 401, '401 Invalid Authentication', 'auth'],
  ['failed', 'provider.api_error', 403, '403 Forbidden', 'auth'],
  ['failed', 'provider.rate_limit', 429, '429 slow down', 'rate-limit'],
  [
    'failed',
    'provider.api_error',
    429,
    '429 You exceeded your current quota, please check your account balance',
    'quota',
  ],
  ['failed', 'provider.api_error', 429, '429 engine is busy', 'rate-limit'],
  ['failed', 'provider.api_error', 402, '402 Payment Required', 'quota'],
  ['failed', 'provider.api_error', 400, '400 Input token length too long: exceeded model token limit', 'context'],
  ['failed', 'provider.api_error', 400, "400 This model's maximum context length is 131072 tokens", 'context'],
  ['failed', 'context.overflow', 400, '400 whatever', 'context'],
  ['failed', 'provider.api_error', 413, '413 omk: a request may have at most 33554432 bytes', 'context'],
  ['failed', 'provider.api_error', 400, '400 bad request', 'provider'],
  ['failed', 'provider.api_error', 500, '500 boom', 'provider'],
  ['failed', 'provider.overloaded', 503, '503 overloaded', 'provider'],
  ['failed', 'provider.api_error', 502, '502 omk: the model cannot be reached: ECONNREFUSED', 'connection'],
  ['failed', 'provider.connection_error', undefined, 'Connection error.', 'connection'],
  ['failed', 'provider.filtered', undefined, 'filtered', 'provider'],
  ['failed', 'model.not_configured', undefined, 'No model', 'provider'],
  ['failed', '', undefined, '', 'provider'],
  ['cancelled', '', undefined, '', 'cancelled'],
  ['a word of a later version', '', undefined, '', 'provider'],
];
test.each(ends)('a turn that %s with %j, status %j, "%s" failed by %s', (reason, code, statusCode, message, cause) => {
  expect(turnFailure({ reason, code, message, statusCode })).toBe(cause);
});
