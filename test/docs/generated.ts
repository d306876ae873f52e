import { markdownTable } from 'markdown-table';
import { policyJsonSchema } from '../../src/goal/policy-file.ts';
import { fenceBlock } from '../../src/goal/text.ts';
import { PASSES, type PassName } from '../../src/goal/wall.ts';
import { listRules } from '../../src/review/catalog.ts';
import { everything } from '../goal/said.ts';
import { listClauses, listSentences } from './sentences.ts';

/**
 * The files under docs that are made from the code, by path; of some a part is written by hand, which stands `before`.
 * `npm run docs` writes them; a test says when one is out of date.
 */
export const GENERATED: Record<string, (before: string) => string> = {
  'docs/omk.schema.json': () => `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`,
  'docs/messages.md': renderMessages,
  'docs/review.md': renderRules,
};

const INTRODUCTION = `# What omk says

Every text that omk puts on GitHub, by name, with \`some words\` where a person, a model or a repository may have written. Made from
the code by \`npm run docs\`. The tests read each of them as GitHub does and with hostile words in it: no mention, link, reference,
image or HTML of somebody else comes alive, and every command stands in code, where nothing hears it.
`;

const REASONS = `## Reasons

The sentences that stand for \`some words\` where omk itself says why something stands still and what moves it on, with \`…\` for
what is filled in. They are encoded like the words of others.
`;

const CLAUSES = `## Within a sentence

What omk waits for, and other reasons that stand in the middle of a sentence, such as \`<what>; since <time>, looked at again by
<time>\` below the table of slices and in the answer to \`/omk why\`.
`;

function renderMessages(): string {
  const texts = Object.entries(everything('some words')).map(
    ([name, text]) => `## ${name}\n\n${fenceBlock(text, 'markdown')}\n`,
  );
  const reasons = [REASONS, fenceBlock(listSentences().join('\n'), 'text'), ''];
  const clauses = [CLAUSES, fenceBlock(listClauses().join('\n'), 'text'), ''];
  return [INTRODUCTION, ...texts, ...reasons, ...clauses].join('\n');
}

const RULES = `## Rules

The severity is the worst that a rule gives; many are milder where there is reason to be. \`all\` means every language that
the rule can read.
`;

/** The page of the wall: all before its rules is written by hand. */
function renderRules(before: string): string {
  const written = before.slice(0, before.indexOf('## Rules'));
  return [written + RULES, ...PASSES.map((pass) => `### ${pass}\n\n${rulesOf(pass)}\n`)].join('\n');
}

function rulesOf(pass: PassName): string {
  const rules = listRules().filter((rule) => rule.pass === pass);
  const rows = rules.map((rule) => [`\`${rule.id}\``, rule.severity, rule.languages, rule.looksFor, rule.remedy]);
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return markdownTable([['Rule', 'Severity', 'Languages', 'Looks for', 'Remedy'], ...cells]);
}
