import type { RefusalReason } from '../goal/settle/attempt.ts';
import { statusOf } from './client.ts';

/** GitHub's words for it on 405, 409, 403 and 422; the first row that matches counts. */
const ROWS: [RegExp, RefusalReason][] = [
  [/head branch was modified|head sha didn'?t match|expected head/i, 'head-moved'],
  [/base branch was modified/i, 'base-modified'],
  [/\bstack(s|ed)?\b|merge-async|asynchronous/i, 'stacked'],
  [
    /required status check|required check|status checks? .*(expected|pending|failing)|required workflow|required deployment|code scanning/i,
    'checks-expected',
  ],
  [/review|approv|code ?owner|conversation/i, 'review'],
  [
    /not authorized|not allowed|not accessible|permission|merge queue|signature|signed|linear|merge commits|protected branch|rule violations|archived/i,
    'config',
  ],
];

type Refusal = Error & { status: number; response?: { data?: unknown } };

/** True for an answer of GitHub that says no: nothing was merged. */
export function isRefusal(error: unknown): error is Refusal {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}

/** What a refused merge says. A 409 without known words is a moved head, as GitHub documents it. */
export function readRefusal(error: Refusal): { status: number; reason: RefusalReason; message: string } {
  const { status } = error;
  const text = saidBy(error);
  const said = ROWS.find(([pattern]) => pattern.test(text))?.[1] ?? (status === 409 ? 'head-moved' : 'unknown');
  // A 409 passes, whatever it says: GitHub gave "not authorized to push" for a moment with it (rust-lang/bors).
  const reason = status === 409 && said === 'config' ? 'unknown' : said;
  return { status, reason, message: text.slice(0, 500) };
}

function saidBy(error: Refusal): string {
  const data = error.response?.data;
  const said = typeof data === 'object' && data !== null && 'message' in data ? data.message : undefined;
  return typeof said === 'string' ? said : error.message;
}
