import { LineCounter, isMap, isScalar, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { nearest } from './options.ts';
import { policySchema, type Policy } from './policy.ts';

/** Where a repository keeps its settings. */
export const POLICY_PATH = '.github/omk.yml';

export type PolicyRead = { kind: 'policy'; policy: Policy } | { kind: 'faults'; faults: string[] };

/** The settings in a YAML text, defaults filled in; undefined text means all defaults. Every fault names its line and what is allowed. */
export function readPolicy(text: string | undefined): PolicyRead {
  if (text !== undefined && text.length > MOST_TEXT)
    return {
      kind: 'faults',
      faults: [`line 1, column 1: the file has ${text.length} characters; at most ${MOST_TEXT} are read.`],
    };
  const lines = new LineCounter();
  const document = parseDocument(text ?? '', { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message, pos }) => {
      const words = (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
      return `${place(lines.linePos(pos[0]))}: ${words}`;
    });
    return { kind: 'faults', faults };
  }
  const value = readValue(document);
  if (value instanceof Error) {
    const at = place(lines.linePos(aliasAt(document)));
    return { kind: 'faults', faults: [`${at}: ${value.message.split('\n')[0] ?? ''}`] };
  }
  const parsed = policySchema.safeParse(value ?? {});
  if (parsed.success) return { kind: 'policy', policy: parsed.data };
  return { kind: 'faults', faults: parsed.error.issues.flatMap((issue) => describeIssue(issue, { document, lines })) };
}

const MOST_TEXT = 50_000;
/** So many names are told of those that are allowed. */
const MOST_KNOWN = 25;

/** Where the first alias stands that means nothing, or else the first of all. */
function aliasAt(document: Document): number {
  const aliases: { offset: number; isDead: boolean }[] = [];
  visit(document, {
    Alias: (_, node) =>
      void aliases.push({ offset: node.range?.[0] ?? 0, isDead: node.resolve(document) === undefined }),
  });
  return (aliases.find(({ isDead }) => isDead) ?? aliases[0])?.offset ?? 0;
}

/** Aliases of nothing, or too many of them, are found out only now. */
function readValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The settings as a JSON Schema, for editors that know `# yaml-language-server: $schema=…`. */
export function policyJsonSchema(): JsonSchema {
  return { title: `omk's settings in ${POLICY_PATH}`, ...z.toJSONSchema(policySchema, { io: 'input' }) } as JsonSchema;
}

type JsonSchema = {
  description?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: string[];
  propertyNames?: { enum?: string[] };
  additionalProperties?: JsonSchema | boolean;
  [key: string]: unknown;
};

type Source = { document: Document; lines: LineCounter };
type Path = readonly PropertyKey[];

function describeIssue(issue: z.core.$ZodIssue, source: Source): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, source));
  const at = place(locate(issue.path, source));
  const key = issue.path.join('.') || 'the file';
  const allowed = schemaAt(issue.path)?.description;
  const words =
    ['custom', 'invalid_value'].includes(issue.code) || !allowed ? issue.message : `${issue.message}. It is ${allowed}`;
  return [`${at}: \`${key}\`: ${words}${meant(issue, source.document)}`];
}

function unknownKey(path: Path, key: string, source: Source): string {
  const schema = schemaAt(path);
  const shape = formsOf(schema).find(({ properties }) => properties);
  const known = schema?.propertyNames?.enum ?? Object.keys(shape?.properties ?? {});
  const close = nearest(key, known) ?? known.find((name) => name.endsWith(`/${key}`));
  const alike = known.filter((name) => name.startsWith(`${key.split('/')[0]}/`));
  const shown = (alike.length > 0 ? alike : known).slice(0, MOST_KNOWN).map((name) => `\`${name}\``);
  const hint = close
    ? `Did you mean \`${close}\`?`
    : `Allowed here: ${shown.join(', ')}${known.length > shown.length ? ' and others' : ''}.`;
  return `${place(locateKey(path, key, source))}: there is no key \`${[...path, key].join('.')}\`. ${hint}`;
}

/** The word that a wrong value was probably meant to be. */
function meant(issue: z.core.$ZodIssue, document: Document): string {
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : wordsAt(issue);
  const value = document.getIn(issue.path);
  const close = typeof value === 'string' ? nearest(value, words) : undefined;
  return close ? `. Did you mean \`${close}\`?` : '';
}

/** The words of a value that may be a word or something else. */
function wordsAt({ code, path }: z.core.$ZodIssue): string[] {
  return code === 'invalid_union' ? formsOf(schemaAt(path)).flatMap((form) => form.enum ?? []) : [];
}

/** The forms that a value may have, where there are several. */
function formsOf(schema: JsonSchema | undefined): JsonSchema[] {
  return schema ? [schema, ...(schema.anyOf ?? [])] : [];
}

/** What the schema says of the value at this path. */
function schemaAt(path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((schema, part) => {
    if (typeof part === 'number') return schema?.items;
    const more = schema?.additionalProperties;
    const properties = formsOf(schema).find((form) => form.properties)?.properties;
    return properties?.[String(part)] ?? (typeof more === 'object' ? more : undefined);
  }, policyJsonSchema());
}

function place({ line, col }: { line: number; col: number }): string {
  return `line ${line}, column ${col}`;
}

/** The place of the nearest node on the way to `path` that is in the text. */
function locate(path: Path, { document, lines }: Source): { line: number; col: number } {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]);
  }
  return { line: 1, col: 1 };
}

function locateKey(path: Path, key: string, source: Source): { line: number; col: number } {
  const map = path.length === 0 ? source.document.contents : source.document.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  const range = isScalar(pair?.key) ? pair.key.range : undefined;
  return range ? source.lines.linePos(range[0]) : locate(path, source);
}
