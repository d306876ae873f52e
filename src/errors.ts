/** Ends a `switch` over a union: the compiler proves it unreachable. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}

/** Somebody asked for what cannot be done. It is answered on the issue, with `hint` as the next thing to do and `output` as a program gave it. */
export class UserError extends Error {
  override name = 'UserError';
  readonly hint: string;
  readonly output: string | undefined;
  constructor(message: string, hint: string, output?: string) {
    super(message);
    this.hint = hint;
    this.output = output;
  }
}

/** The same step may succeed later, after `retryAfterMs` milliseconds at the earliest. After so many `tries` it is no passing thing; without them it always is. */
export class TransientError extends Error {
  override name = 'TransientError';
  readonly retryAfterMs: number;
  readonly tries: number;
  constructor(
    message: string,
    retryAfterMs: number,
    { tries = Infinity, ...options }: ErrorOptions & { tries?: number } = {},
  ) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
    this.tries = tries;
  }
}

export type ToolErrorDetails = {
  tool: 'git' | 'kimi' | 'gate' | 'sandbox';
  /** The arguments with secrets removed. */
  args: readonly string[];
  /** Undefined if a signal ended the process or it never started. */
  exitCode: number | undefined;
  /** At most the last 2,048 bytes of standard error. */
  stderrTail: string;
};

/** A program that omk drives did not do its work. The message is one sentence ordered by cause. */
export class ToolError extends Error {
  override name = 'ToolError';
  readonly details: ToolErrorDetails;
  constructor(message: string, details: ToolErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.details = details;
  }
}
