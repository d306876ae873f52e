import type { SourceFile } from '../read/reading.ts';
import { statementAt } from '../read/statements.ts';
import { lonelyWords } from '../read/words.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

/** What Python knows without being told. */
const GIVEN: ReadonlySet<string> = new Set(
  'abs aiter all and anext any apply ascii assert async await basestring bin bool break breakpoint buffer bytearray bytes callable case chr class classmethod cls cmp coerce compile complex continue copyright credits def del delattr dict dir divmod elif else enumerate eval except exec execfile exit file filter finally float for format from frozenset getattr global globals hasattr hash help hex import input int intern isinstance issubclass iter lambda len license list locals long map match max memoryview min next nonlocal not object oct open ord pass pow print property quit raise range raw_input reduce reload repr return reversed round self set setattr slice sorted staticmethod str sum super try tuple type unichr unicode vars while with xrange yield zip'.split(
    ' ',
  ),
);

/** A name that is read: no attribute, key, keyword argument or prefix of a text. */
const READS = /(?<![\w.@'"])([a-z_]\w{2,})(?!\w|\s*(?::(?!:)|=(?!=)|["']))/g;
/** Statements whose names are made there: imports, headers, declarations of scope, patterns. */
const MAKES =
  /^\s*(?:from|import|(?:async\s+)?def|class|global|nonlocal|del|case|match|type|with|async\s+with|except|@)\b/;
/** Where names come from that no reader of the file can see. */
const OPEN = /\bimport \*|\bglobals\(\)|\blocals\(\)|\bexec\(|\b__builtins__\b|\bgettext\b.*\binstall\b/;

/** A name of Python that stands once in its file, and there is read: nothing gives it a value that the file shows. */
const undeclared: Rule = {
  id: 'code/misspelt-name',
  severity: 'low',
  remedy: 'Declare or import it, or write the name that was meant.',
  languages: ['python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python'], ['product', 'test'])) {
      if (source.partial || source.added.length === 0 || OPEN.test(source.text)) continue;
      const lonely = new Set(lonelyWords(source).map(([word]) => word));
      for (const line of source.added) {
        if (line.startsIn !== 'code' || MAKES.test(line.code) || isMade(line.number, source)) continue;
        for (const [, name = ''] of readable(line.code).matchAll(READS))
          if (lonely.has(name) && !GIVEN.has(name))
            yield {
              file: source.path,
              line: line.number,
              message: `Nothing in this file gives \`${name}\` a value`,
            } satisfies Hit;
      }
    }
  },
};

/** The line without the names that it makes itself: targets of assignments and loops, parameters of lambdas. */
function readable(code: string): string {
  return code
    .replace(/\bfor\b[^:\n]*?\bin\b/g, ' ')
    .replace(/\blambda\b[^:]*:/g, ' ')
    .replace(/\bas\s+\w+|\w+\s*:=/g, ' ')
    .replace(/^\s*[\w\s,()*[\]]+(?<![=!<>])=(?!=)/, ' ');
}

/** It goes on with an import, a header or the targets of a loop. */
function isMade(number: number, source: SourceFile): boolean {
  const { start, code } = statementAt(number, source);
  return start !== number && (MAKES.test(code) || /^\s*(?:async\s+)?for\b/.test(code) || /\blambda\b/.test(code));
}

/** Names that nothing declares. */
export const undeclaredRules: readonly Rule[] = [undeclared];
