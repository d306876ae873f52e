import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { SecretLintSourceCode } from '@secretlint/types';
import type { SourceFile } from '../read/reading.ts';
import { isFake } from './secret-values.ts';

type AddedLine = { source: SourceFile; text: string; number: number };

/** Added lines that hold a secret by secretlint's recommended rules, and of what kind it is. */
export async function bySecretlint(sources: readonly SourceFile[]): Promise<(AddedLine & { kind: string })[]> {
  const lines = sources.flatMap((source) =>
    source.change.added.filter(({ text }) => hasLongWord(text)).map(({ text, number }) => ({ source, text, number })),
  );
  const content = lines.map(({ text }) => text).join('\n');
  const strikes = content === '' ? [] : await strikesIn(content);
  let [at, end] = [0, lines[0]?.text.length ?? 0];
  return strikes.flatMap(({ kind, range: [from, to] }) => {
    for (; from > end; end += (lines[at]?.text.length ?? 0) + 1) at += 1;
    const line = lines[at];
    return line && !isFake(content.slice(from, to).replace(/^[a-z]+_/i, '')) ? [{ ...line, kind }] : [];
  });
}

/** No secret of a provider is shorter, and few lines hold a word as long. */
const SECRET_CHARS = 16;
const IN_SECRETS = Uint8Array.from({ length: 128 }, (_, char) => (/[\w+/=-]/.test(String.fromCharCode(char)) ? 1 : 0));

function hasLongWord(text: string): boolean {
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    length = IN_SECRETS[text.charCodeAt(at)] === 1 ? length + 1 : 0;
    if (length >= SECRET_CHARS) return true;
  }
  return false;
}

const PREFIX = '@secretlint/secretlint-rule-';

/** Judged by our own rules, which know placeholders and bare headers; and comments that would switch the others off are not heeded. */
const UNHEEDED = new Set(['basicauth', 'privatekey', 'database-connection-string', 'filter-comments']);

type Strike = { kind: string; range: readonly [number, number] };

/** Asks the rules themselves: secretlint's core keeps records of every call for good. In the order of the text. */
async function strikesIn(content: string): Promise<Strike[]> {
  const strikes: Strike[] = [];
  const source = { content, filePath: 'added-lines.txt', ext: '.txt', contentType: 'text', hasBOM: false };
  for (const rule of rules) {
    const kind = rule.meta.id.replace(PREFIX, '');
    if (UNHEEDED.has(kind)) continue;
    const scanner = rule.create(
      {
        sharedOptions: {},
        createTranslator: () => (messageId) => ({ message: '', messageId: String(messageId), data: undefined }),
        report: ({ range }) => strikes.push({ kind, range }),
        ignore: () => undefined,
      },
      {},
    );
    await scanner.file?.(source as SecretLintSourceCode);
  }
  return strikes.sort((a, b) => a.range[0] - b.range[0]);
}
