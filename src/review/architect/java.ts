import { lineNear } from '../read/diff.ts';
import { posix } from 'node:path';
import type { Reading, SourceFile } from '../read/reading.ts';
import type { Hit, Rule } from '../rules.ts';
import { isAnnounced } from './api.ts';

/** A method or constructor that others may call, up to the bracket of its parameters. */
const OFFERED =
  /^\s{0,8}(?:@\w+\s+)*(?:public|protected)\s+(?:(?:static|final|abstract|synchronized|default|native)\s+)*(?:<[^>]*(?:<[^>]*>)?[^>]*>\s+)?(?:[\w<>[\], .?&@]+?\s+)?(\w+)\s*\(/;
const DECLARED =
  /^\s*(?!(?:return|new|throw|else|assert)\b)(?:@\w+\s+)*(?:[\w<>[\], .?&@]+[\w>\]]\s+)(\w+)\s*\(|^\s*([A-Z]\w*)\s*\([^()]*\)\s*(?:throws [\w, .]+)?\{/;

/** A method or a constructor that users of a library could call is gone, although its name may be spoken elsewhere in the file. */
const goneMethod: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it, deprecated if need be, or say in the change log that it goes.',
  removes: true,
  languages: ['java'],
  *find(reading) {
    if (isAnnounced(reading)) return;
    const java = reading.files.filter(({ language }) => language.name === 'java');
    const kept = new Set(java.flatMap(({ change }) => change.added.flatMap(({ text }) => declaredIn(text))));
    for (const source of java) {
      if (
        !/(^|\/)src\/main\/java\//.test(source.path) ||
        /(^|\/)(?:internal|impl|private|examples?)\//.test(source.path) ||
        source.change.status !== 'modified'
      )
        continue;
      if (!/\bpublic\s+(?:\w+\s+)*(?:class|interface|enum|record|@interface)\b/.test(source.text)) continue;
      const declared = new Set(source.lines.flatMap(({ code }) => declaredIn(code)));
      const takes = new Set(
        source.lines.flatMap(({ number }) => signatureAt(source.lines.slice(number - 1, number + 5))),
      );
      for (const hunk of source.change.hunks) {
        const before = hunk.lines.filter(({ kind }) => kind !== 'added');
        const gone = hunk.lines.find(({ kind, text }, at) => {
          const name = kind === 'removed' ? OFFERED.exec(text)?.[1] : undefined;
          if (name === undefined || kept.has(name)) return false;
          if (!declared.has(name)) return !/^\s*@/.test(text);
          const from = before.indexOf(hunk.lines[at] ?? before[0] ?? { kind, text, oldLine: 0, newLine: 0 });
          const [signature] = signatureAt(before.slice(from, from + 6).map(({ text: code }) => ({ code })));
          return signature !== undefined && !takes.has(signature);
        });
        if (gone)
          yield {
            file: source.path,
            line: lineNear(hunk, gone),
            message: `\`${OFFERED.exec(gone.text)?.[1] ?? ''}\` can be called from outside and is gone`,
            text: gone.text,
          } satisfies Hit;
      }
    }
  },
};

function declaredIn(code: string): string[] {
  const [, method, constructor] = DECLARED.exec(code) ?? [];
  return [method ?? constructor ?? OFFERED.exec(code)?.[1] ?? []].flat();
}

/** `name(Type,Type)` of the method that begins on the first of these lines, whatever its parameters are called. */
function signatureAt(lines: readonly { code: string }[]): string[] {
  const [first] = lines;
  const name = first === undefined ? undefined : OFFERED.exec(first.code)?.[1];
  if (first === undefined || name === undefined) return [];
  const text = lines.map(({ code }) => code.trim()).join(' ');
  const inside = /^\(([^()]*)\)/.exec(text.slice((OFFERED.exec(text)?.[0].length ?? 1) - 1))?.[1];
  if (inside === undefined) return [];
  const types = inside
    .replace(/<[^<>]*>/g, '')
    .split(',')
    .map((one) =>
      one
        .trim()
        .replace(/@\w+\s+|\bfinal\s+/g, '')
        .replace(/\s+\w+$/, ''),
    );
  return [`${name}(${types.join()})`];
}

const PACKAGE_FILES = 60;

/** A package that needs another, which needs it already. The compiler takes them together: it is told and does not block. */
const packageCircle: Rule = {
  id: 'architect/import-circle',
  severity: 'low',
  remedy: 'Move what both need into a package of its own, or turn one dependency around by an interface.',
  languages: ['java'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      if (source.language.name !== 'java' || source.role !== 'product' || source.partial) continue;
      const own = packageOf(source.text);
      for (const line of source.added) {
        const target = /^\s*import\s+(?:static\s+)?([a-z][\w.]*)\.[A-Z]\w*/.exec(line.code)?.[1];
        if (
          own === undefined ||
          target === undefined ||
          `${target}.`.startsWith(`${own}.`) ||
          `${own}.`.startsWith(`${target}.`) ||
          source.oldText?.includes(`import ${target}.`) === true
        )
          continue;
        const back = await importerOf(own, target, source, reading);
        if (back === undefined || (await importerOf(target, own, source, reading)) !== undefined) continue;
        hits.push({
          file: source.path,
          line: line.number,
          message: `\`${own}\` now needs \`${target}\`, which needs it in ${back}`,
          text: `${own} ${target}`,
        });
      }
    }
    return hits;
  },
};

function packageOf(text: string): string | undefined {
  return /^\s*package\s+([\w.]+)\s*;/m.exec(text)?.[1];
}

/** A file of one package, beside the changed one, that imports from another. */
async function importerOf(
  wanted: string,
  from: string,
  source: SourceFile,
  reading: Reading,
): Promise<string | undefined> {
  const folder = `/${from.replaceAll('.', '/')}`;
  const paths = [...reading.paths].filter(
    (path) =>
      path !== source.path &&
      path.endsWith('.java') &&
      `/${posix.dirname(path)}`.endsWith(folder) &&
      !/(^|\/)(?:test|tests)\//.test(path),
  );
  for (const path of paths.slice(0, PACKAGE_FILES)) {
    const text = (await reading.peek(path))?.text ?? '';
    if (new RegExp(`^\\s*import\\s+(?:static\\s+)?${wanted.replaceAll('.', '\\.')}\\.[A-Z]`, 'm').test(text))
      return path;
  }
  return undefined;
}

const SEARCHED = 300;
/** Brought in for what they do when they are there, not for their names. */
const SILENT =
  /driver|connector|starter|slf4j|logback|log4j|jdbc|postgres|mysql|h2|sqlite|lombok|processor|annotation|plugin|engine|bom$|-parent$|junit|mockito|assertj|testng|hamcrest|devtools|actuator|flyway|liquibase|jaxb|webjars|native|runtime|tomcat|jetty|netty|kotlin-stdlib|jansi/i;

/** A library that a build asks for and no file imports. */
const unusedLibrary: Rule = {
  id: 'architect/unused-dependency',
  severity: 'medium',
  remedy: 'Leave the dependency out until something imports it.',
  languages: 'all',
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      const added = /(^|\/)pom\.xml$/.test(source.path)
        ? inPom(source)
        : /\.gradle(?:\.kts)?$/.test(source.path)
          ? inGradle(source)
          : [];
      for (const { group, artifact, line } of added) {
        const files = filesUnder(posix.dirname(source.path), reading);
        if (SILENT.test(`${group}:${artifact}`) || (await isImported(group, artifact, { files, reading }))) continue;
        hits.push({ file: source.path, line, message: `Nothing imports \`${group}:${artifact}\``, text: artifact });
      }
    }
    return hits;
  },
};

type Library = { group: string; artifact: string; line: number };

function inPom(source: SourceFile): Library[] {
  return [...source.text.matchAll(/<dependency>([^]*?)<\/dependency>/g)].flatMap((match) => {
    const [body = ''] = match;
    const tag = (name: string) => new RegExp(`<${name}>\\s*([^<\\s]+)`).exec(body)?.[1];
    const before = source.text.slice(0, match.index);
    const [first, last] = [before.split('\n').length, before.split('\n').length + body.split('\n').length - 1];
    const managed = before.lastIndexOf('<dependencyManagement>') > before.lastIndexOf('</dependencyManagement>');
    const plugged = before.lastIndexOf('<plugin>') > before.lastIndexOf('</plugin>');
    const [group, artifact] = [tag('groupId'), tag('artifactId')];
    const isNew =
      source.isAdded(first) && source.isAdded(last) && !source.isMoved(first + 1) && !source.isMoved(first + 2);
    if (
      group === undefined ||
      artifact === undefined ||
      !isNew ||
      managed ||
      plugged ||
      group.includes('$') ||
      /^(?:test|runtime|provided|import)$/.test(tag('scope') ?? '')
    )
      return [];
    const line =
      [...Array(last - first + 1).keys()]
        .map((at) => first + at)
        .find((at) => source.lineAt(at)?.raw.includes('<artifactId>')) ?? first;
    return source.oldText?.includes(`<artifactId>${artifact}<`) === true ? [] : [{ group, artifact, line }];
  });
}

function inGradle(source: SourceFile): Library[] {
  return source.added.flatMap(({ text, number }) => {
    const [, group, artifact] =
      /^\s*(?:implementation|api|compile)\s*\(?\s*["']([\w.-]+):([\w.-]+)(?::[^"']*)?["']/.exec(text) ?? [];
    return group === undefined || artifact === undefined || source.oldText?.includes(`${group}:${artifact}`) === true
      ? []
      : [{ group, artifact, line: number }];
  });
}

/** Libraries whose packages have other names than they. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  guava: 'com.google.common',
  jsr305: 'javax.annotation',
  'lz4-java': 'net.jpountz',
  'zstd-jni': 'com.github.luben',
};

/** What a build compiles: the sources beside it and below. */
function filesUnder(folder: string, { paths }: Reading): string[] {
  return [...paths].filter(
    (path) => /\.(?:java|kt|groovy|scala)$/.test(path) && (folder === '.' || path.startsWith(`${folder}/`)),
  );
}

/** Some import speaks of the group or of the words of the artifact. True also when not every file could be searched. */
async function isImported(
  group: string,
  artifact: string,
  { files: paths, reading }: { files: readonly string[]; reading: Reading },
): Promise<boolean> {
  if (paths.length === 0 || paths.length > SEARCHED) return true;
  const words = artifact
    .split(/[-_.]/)
    .filter(
      (word) =>
        !/^(?:core|commons?|java|client|utils?|spring|boot|apache|jackson|library|impl|starter|api|\d.*|jdk.*)$/.test(
          word,
        ),
    );
  const wanted = [
    group.split('.').slice(0, 3).join('.'),
    PACKAGE_OF[artifact] ?? [],
    words.map((word) => (word.length > 3 ? `.${word}` : `.${word}.`)),
    words.filter((word) => word.length > 3).map((word) => word.replace(/\d+$/, '')),
  ]
    .flat()
    .map((word) => word.toLowerCase());
  for (const path of paths) {
    const text = (await reading.peek(path))?.text;
    if (text === undefined) return true;
    const imports = (text.match(/^\s*import\s+[^;\n]+/gm) ?? []).join('\n').toLowerCase();
    if (wanted.some((word) => imports.includes(word))) return true;
  }
  return false;
}

/** How the packages of Java hang together, and what they offer. */
export const javaParts: readonly Rule[] = [goneMethod, packageCircle, unusedLibrary];
