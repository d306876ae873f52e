import { policyJsonSchema } from '../../src/goal/policy-file.ts';
import { fenceBlock } from '../../src/goal/text.ts';
import { everything } from '../goal/said.ts';

/** The files under docs that are made from the code, by path. `npm run docs` writes them; a test says when one is out of date. */
export const GENERATED: Record<string, () => string> = {
  'docs/omk.schema.json': () => `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`,
  'docs/messages.md': renderMessages,
};

const INTRODUCTION = `# What omk says

Every text that omk puts on GitHub, by name, with \`some words\` where a person, a model or a repository may have written. Made from
the code by \`npm run docs\`. The tests read each of them as GitHub does and with hostile words in it: no mention, link, reference,
image or HTML of somebody else comes alive, and every command stands in code, where nothing hears it.
`;

function renderMessages(): string {
  const texts = Object.entries(everything('some words')).map(
    ([name, text]) => `## ${name}\n\n${fenceBlock(text, 'markdown')}\n`,
  );
  return [INTRODUCTION, ...texts].join('\n');
}
