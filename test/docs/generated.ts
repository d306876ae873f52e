import { policyJsonSchema } from '../../src/goal/policy-file.ts';

/** The files under docs that are made from the code, by path. `npm run docs` writes them; a test says when one is out of date. */
export const GENERATED: Record<string, () => string> = {
  'docs/omk.schema.json': () => `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`,
};
