import { readFileSync } from 'node:fs';
import type { Json } from './state.ts';

type Kind = 'object' | 'array' | 'text' | 'number' | 'boolean' | 'null';

/** What a value looks like in every one of GitHub's examples: its kinds, and the shape of what all objects there have. */
type Shape = { kinds: Set<Kind>; always: Map<string, Shape> };

type Examples = { name: string; examples: Json[] }[];

let loaded: Examples | undefined;
const shapes = new Map<string, Shape | undefined>();

/**
 * Where a webhook's payload differs from all of GitHub's published examples of the same event and action: a key that
 * each of them has and this one has not, or a value of a kind that none of them has.
 */
export function comparePayload(event: string, action: string | undefined, payload: Json): string[] {
  const key = `${event}.${action ?? ''}`;
  if (!shapes.has(key)) shapes.set(key, shapeOf(examplesOf(event, action)));
  const shape = shapes.get(key);
  return shape ? differences(shape, payload, 'payload') : [];
}

function examplesOf(event: string, action: string | undefined): Json[] {
  const file = new URL('../../../node_modules/@octokit/webhooks-examples/api.github.com/index.json', import.meta.url);
  loaded ??= JSON.parse(readFileSync(file, 'utf8')) as Examples;
  const examples = loaded.find((one) => one.name === event)?.examples ?? [];
  return examples.filter((example) => example['action'] === action);
}

/** Keys that are data and no shape: which permissions an app has, whether the author of a commit has an account. */
const data = new Set(['permissions', 'username']);

function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'string' ? 'text' : (typeof value as 'object' | 'number' | 'boolean');
}

function shapeOf(values: unknown[]): Shape | undefined {
  if (values.length === 0) return undefined;
  const kinds = new Set(values.map(kindOf));
  const objects = values.filter((value): value is Json => kindOf(value) === 'object');
  const always = new Map<string, Shape>();
  for (const key of Object.keys(objects[0] ?? {})) {
    if (data.has(key)) continue;
    const shape = objects.every((one) => key in one) ? shapeOf(objects.map((one) => one[key])) : undefined;
    if (shape) always.set(key, shape);
  }
  return { kinds, always };
}

function differences({ kinds, always }: Shape, value: unknown, path: string): string[] {
  const kind = kindOf(value);
  // Examples are few: what is null in all of them has a value elsewhere, and the other way round.
  if (kind === 'null' || (kinds.size === 1 && kinds.has('null'))) return [];
  if (!kinds.has(kind)) return [`${path} is of kind ${kind}, not ${[...kinds].join(' or ')}`];
  if (kind !== 'object') return [];
  const object = value as Json;
  return [...always].flatMap(([key, shape]) =>
    key in object ? differences(shape, object[key], `${path}.${key}`) : [`${path}.${key} is missing`],
  );
}
