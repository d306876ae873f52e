import { posix } from 'node:path';
import { SCRIPTS } from '../read/language.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { ASSERTION } from './assertions.ts';

const MOCK = /\b(?:jest|vi)\.(?:mock|doMock)\(\s*['"]([^'"]+)['"]\s*,/;
const mocks = linesLike(MOCK);
const PATCH =
  /\bpatch(?:\.object)?\(\s*(?:['"]([\w.]+)['"]|(\w+),\s*['"](\w+)['"])\s*,\s*(?:return_value|new|side_effect|lambda)\b/;
const patches = linesLike(PATCH);

/** The very module that the test is named after is replaced whole by what the test says. */
const ownSubject: Rule = {
  id: 'test/tautology',
  severity: 'medium',
  remedy: 'Replace what the code under test calls, not the code itself.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS, ['test']))
      for (const line of mocks(source)) {
        const path = MOCK.exec(line.text)?.[1];
        if (path === undefined || !path.startsWith('.') || bareName(path) !== bareName(source.path)) continue;
        if (/requireActual|importActual|importOriginal/.test(source.text)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `The test replaces what it tests: \`${shorten(path)}\``,
        } satisfies Hit;
      }
    for (const source of sourcesOf(reading, ['python'], ['test']))
      for (const line of patches(source)) {
        const [, dotted, module, attribute] = PATCH.exec(line.text) ?? [];
        const [owner, name] = dotted === undefined ? [module, attribute] : dotted.split('.').slice(-2);
        const below = [1, 2, 3, 4].map((step) => source.lineAt(line.number + step)?.code ?? '').join('\n');
        if (
          name !== undefined &&
          new RegExp(String.raw`\bassert\b.*(?<![\w.])(?:${owner ?? ''}\.)?${name}\(`).test(below)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `The test asserts what it put in place itself: \`${name}\``,
          } satisfies Hit;
      }
  },
};

function bareName(path: string): string {
  return posix
    .basename(path)
    .replace(/\..*$/, '')
    .replace(/[-_]?(?:test|spec)$/i, '');
}

const REPLACED =
  /^\s*([\w$]+)\.([\w$]+)\s*=\s*(?:lambda\b|\([^()]*\)\s*=>|async\b|function\b|(?:Async|Magic)?Mock\(|mock\.\w*Mock\(|(?:jest|vi)\.fn\()/;
const replaced = linesLike(REPLACED);

/** A method of the very thing under test is put in place by the test, which then asserts what it answers. */
const ownAnswer: Rule = {
  id: 'test/tautology',
  severity: 'low',
  remedy: 'Replace what the code under test calls, not the code itself.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test']))
      for (const line of replaced(source)) {
        const [, owner = '', method = ''] = REPLACED.exec(line.code) ?? [];
        const fn = source
          .blocks()
          .around(line.number)
          .find(({ kind }) => kind === 'function' || kind === 'callback');
        const call = new RegExp(String.raw`(?<![\w.])${owner}\.${method}\(`.replaceAll('$', '\\$'));
        const asked = source.lines
          .slice(line.number, fn?.end ?? line.number)
          .some(({ code }) => ASSERTION.test(code) && call.test(code));
        if (asked)
          yield {
            file: source.path,
            line: line.number,
            message: `The test asserts what it put in place itself: \`${owner}.${method}\``,
          } satisfies Hit;
      }
  },
};

/** Tests of what they replaced themselves. */
export const mockedRules: readonly Rule[] = [ownSubject, ownAnswer];
