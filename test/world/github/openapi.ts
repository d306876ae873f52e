import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import type { Json } from './state.ts';

type Schema = Json;
type Parameter = { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema };
type Content = { content?: Record<string, { schema?: Schema }> };
type Operation = { parameters?: Schema[]; requestBody?: Content; responses: Record<string, Schema> };

/**
 * Answers whose published schema does not fit what GitHub really sends, with the reason. They are not checked.
 */
const unusable: Record<string, string> = {
  'GET /app/installations': 'it wants an account to be a user and an enterprise at once (allOf for anyOf)',
};

/** GitHub's own description of its REST API, compiled operation by operation when first needed. */
export type RestSchema = {
  /** What is wrong with a request; empty when nothing is. Names that GitHub does not document count as wrong. */
  checkRequest(method: string, template: string, parts: { params: Json; query: URLSearchParams; body: Json }): string[];
  /** What is wrong with an answer of ours. */
  checkAnswer(method: string, template: string, status: number, body: unknown): string[];
};

let loaded: RestSchema | undefined;

/** The schema, read once per process. */
export function restSchema(): RestSchema {
  return (loaded ??= loadSchema());
}

function loadSchema(): RestSchema {
  const file = new URL('../../../node_modules/@octokit/openapi/generated/api.github.com.json', import.meta.url);
  const { paths, components } = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, Operation>>;
    components: Record<string, Record<string, Schema>>;
  };
  const ajv = new Ajv({
    strict: false,
    validateSchema: false,
    validateFormats: true,
    logger: false,
    coerceTypes: false,
    inlineRefs: false,
    code: { optimize: false },
  });
  addFormats.default(ajv);
  const added = new Set<string>();
  /** A copy for ajv, which is told of the components that it names; of a thousand most are never asked for. */
  const prepare = (schema: Schema): Schema => {
    const text = JSON.stringify(schema).replaceAll('"$ref":"#/components/schemas/', '"$ref":"');
    const copy = JSON.parse(text) as Schema;
    fixNullable(copy);
    for (const [, name = ''] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
      if (added.has(name)) continue;
      added.add(name);
      ajv.addSchema(prepare(components['schemas']?.[name] ?? {}), name);
    }
    return copy;
  };
  const compiled = new Map<string, ValidateFunction | undefined>();

  const operation = (method: string, template: string): Operation => {
    const found = paths[template]?.[method.toLowerCase()];
    if (!found) throw new Error(`GitHub does not document ${method} ${template}`);
    return found;
  };
  const compile = (key: string, schema: () => Schema | undefined): ValidateFunction | undefined => {
    if (!compiled.has(key)) {
      const found = schema();
      compiled.set(key, found && ajv.compile(prepare(found)));
    }
    return compiled.get(key);
  };
  const resolve = (value: Schema): Schema => {
    const reference = value['$ref'];
    if (typeof reference !== 'string') return value;
    const [kind = '', name = ''] = reference.split('/').slice(2);
    return components[kind]?.[name] ?? {};
  };

  return {
    checkRequest(method, template, { params, query, body }) {
      const { parameters = [], requestBody } = operation(method, template);
      const known = parameters.map((one) => resolve(one) as Parameter);
      const given: Json = { ...params, ...Object.fromEntries(query) };
      const faults = known.flatMap((one) => checkParameter(one, given, compile, `${method} ${template}`));
      const names = new Set(known.map((one) => one.name));
      faults.push(
        ...[...query.keys()].filter((name) => !names.has(name)).map((name) => `query ${name} is not documented`),
      );
      const schema = requestBody?.content?.['application/json']?.schema;
      const validate = compile(`${method} ${template} body`, () => schema);
      if (validate && !validate(body)) faults.push(...say(validate.errors, 'body'));
      return [...faults, ...undocumented(schema && resolve(schema), body)];
    },
    checkAnswer(method, template, status, body) {
      if (`${method} ${template}` in unusable) return [];
      const answer = operation(method, template).responses[String(status)];
      if (!answer) return [`status ${status} is not documented`];
      const schema = (resolve(answer) as Content).content?.['application/json']?.schema;
      const validate = compile(`${method} ${template} ${status}`, () => schema);
      return validate && !validate(body) ? say(validate.errors, 'answer') : [];
    },
  };
}

type Compile = (key: string, schema: () => Schema | undefined) => ValidateFunction | undefined;

function checkParameter(parameter: Parameter, given: Json, compile: Compile, where: string): string[] {
  const value = given[parameter.name];
  if (parameter.in === 'header') return [];
  if (value === undefined) return parameter.required ? [`${parameter.in} ${parameter.name} is missing`] : [];
  const validate = compile(`${where} ${parameter.name}`, () => parameter.schema);
  const numeric = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  const fits =
    validate === undefined ||
    validate(value) ||
    validate(numeric) ||
    validate(value === 'true' || value === 'false' ? value === 'true' : value);
  return fits ? [] : [`${parameter.in} ${parameter.name} may not be ${JSON.stringify(value)}`];
}

/** Fields of a body that its schema does not name: GitHub would ignore them, so they are mistakes. */
function undocumented(schema: Schema | undefined, body: Json): string[] {
  if (schema && (schema['additionalProperties'] || schema['oneOf'] || schema['anyOf'])) return [];
  const known = Object.keys(schema?.['properties'] ?? {});
  return Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((key) => `body/${key} is not documented`);
}

function say(errors: ErrorObject[] | null | undefined, what: string): string[] {
  return (errors ?? [])
    .slice(0, 5)
    .map((error) => `${what}${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`);
}

/**
 * OpenAPI 3.0 writes `nullable` beside anything; ajv wants a type beside it, and null in the enum. GitHub also
 * lets conclusions grow in practice before the document does (`stale`, `startup_failure`).
 */
function fixNullable(value: unknown): void {
  if (Array.isArray(value)) return value.forEach(fixNullable);
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Json;
  for (const child of Object.values(schema)) fixNullable(child);
  const options = schema['enum'];
  if (Array.isArray(options) && options.includes('timed_out') && options.includes('skipped'))
    options.push('stale', 'startup_failure');
  if (schema['nullable'] !== true) return;
  if (Array.isArray(options) && !options.includes(null)) options.push(null);
  if (schema['type'] !== undefined) return;
  const copy = { ...schema };
  delete copy['nullable'];
  for (const key of Object.keys(schema)) delete schema[key];
  schema['anyOf'] = [{ type: 'null' }, copy];
}
