import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { policySchema, type Policy } from './policy.ts';

/** Where a repository keeps its settings. */
export const POLICY_PATH = '.github/omk.yml';

export type PolicyRead = { kind: 'policy'; policy: Policy } | { kind: 'faults'; faults: string[] };

/** The settings in a YAML text, defaults filled in; undefined text means all defaults. Every fault names its line. */
export function readPolicy(text: string | undefined): PolicyRead {
  const lines = new LineCounter();
  const document = parseDocument(text ?? '', { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return { kind: 'faults', faults: document.errors.map((error) => error.message.split('\n')[0] ?? error.message) };
  }
  const parsed = policySchema.safeParse(document.toJS({ maxAliasCount: 50 }) ?? {});
  if (parsed.success) return { kind: 'policy', policy: parsed.data };
  return { kind: 'faults', faults: parsed.error.issues.map((issue) => describeIssue(issue, document, lines)) };
}

function describeIssue(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string {
  const key = issue.path.join('.') || 'the file';
  const { line, col } = locate(issue.path, document, lines);
  return `line ${line}, column ${col}: \`${key}\`: ${issue.message}`;
}

/** The place of the nearest node on the way to `path` that is in the text. */
function locate(path: readonly PropertyKey[], document: Document, lines: LineCounter): { line: number; col: number } {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]);
  }
  return { line: 1, col: 1 };
}
