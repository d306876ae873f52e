import { describe, expect, test } from '@jest/globals';
import { defaultPolicy } from '../../src/goal/policy.ts';
import type { PassName } from '../../src/goal/wall.ts';
import { parsePatch } from '../../src/review/read/diff.ts';
import { mergeReviewer } from '../../src/review/review.ts';
import { parseReviewerAnswer, type ReviewerAnswer } from '../../src/review/reviewer.ts';
import { patchBetween, review, verdictOf } from './world.ts';

const change = parsePatch(
  patchBetween(
    { 'src/a.ts': 'const one = 1;\nconst gone = 2;\n' },
    { 'src/a.ts': 'const one = 1;\nconst two = load(one);\nsave(two);\n' },
  ),
);

const finding = {
  file: 'src/a.ts',
  line: 2,
  quote: 'const two = load(one);',
  severity: 'high',
  message: 'load may fail',
  remedy: 'Catch it.',
};
const answer = (findings: unknown[], verdict = 'failed') => JSON.stringify({ verdict, findings });
const parse = (text: string) => parseReviewerAnswer(text, change, 'code');

describe('The reviewer’s answer', () => {
  test.each([
    ['alone', answer([finding])],
    ['in a code fence', `\`\`\`json\n${answer([finding])}\n\`\`\``],
    ['in prose with braces', `I looked at {this}.\nHere it is: ${answer([finding])} That is all {really}.`],
    ['after a first try', `${answer([], 'passed')}\nNo, wait:\n${answer([finding])}`],
    ['with a prefix before the path', answer([{ ...finding, file: 'b/src/a.ts' }])],
    ['with the diff’s own mark in the quote', answer([{ ...finding, quote: '+const two = load(one);' }])],
    ['with words in capitals', answer([{ ...finding, severity: 'High' }], 'FAILED')],
    ['with the number of the line as a text', answer([{ ...finding, line: '2' }])],
    ['with more in it than was asked for', answer([{ ...finding, confidence: 0.8 }])],
  ])('is read %s', (_where, text) => {
    expect(parse(text)).toMatchObject({
      kind: 'read',
      verdict: 'failed',
      dropped: 0,
      findings: [{ rule: 'code/reviewer', file: 'src/a.ts', line: 2, severity: 'high', message: 'load may fail' }],
    });
  });

  test('puts a finding where its quote stands, not where it says', () => {
    expect(parse(answer([{ ...finding, line: 77 }]))).toMatchObject({ findings: [{ line: 2 }] });
  });

  test('takes a removed line for a quote and puts the finding at what took its place', () => {
    const removed = { ...finding, quote: 'const gone = 2;', message: 'gone was needed' };
    expect(parse(answer([removed]))).toMatchObject({ findings: [{ line: 2, message: 'gone was needed' }], dropped: 0 });
    const nothing = parsePatch(patchBetween({ 'src/a.ts': 'const gone = 2;\n' }, {}));
    expect(parseReviewerAnswer(answer([removed]), nothing, 'code')).toMatchObject({ findings: [{ line: 0 }] });
  });

  test('says of each finding why it is void when none holds', () => {
    const bad = [
      { ...finding, severity: 'blocker' },
      { ...finding, file: 'src/b.ts' },
      { ...finding, quote: 'never' },
    ];
    const read = parse(answer(bad));
    expect(read.kind === 'unreadable' && read.why).toMatch(
      /findings\[0\]: severity: .*findings\[1\]: the diff does not change the file src\/b\.ts; findings\[2\]: its quote is no line/,
    );
  });

  test.each([
    ['an invented quote', { ...finding, quote: 'const three = 3;' }],
    ['another file', { ...finding, file: 'src/b.ts' }],
    ['no quote', { ...finding, quote: '' }],
    ['an unknown severity', { ...finding, severity: 'blocker' }],
    ['no object', 'load may fail'],
  ])('loses a finding with %s, and says so', (_what, bad) => {
    expect(parse(answer([finding, bad]))).toMatchObject({ kind: 'read', findings: [{ line: 2 }], dropped: 1 });
  });

  test.each([
    ['nothing', ''],
    ['prose alone', 'All is well.'],
    ['JSON without a verdict', '{"findings":[]}'],
    ['an unknown verdict', '{"verdict":"maybe","findings":[]}'],
    ['broken JSON', '{"verdict":"passed","findings":['],
    ['a failure of which no finding holds', answer([{ ...finding, quote: 'never written' }])],
    ['very many braces', '{'.repeat(400_000)],
  ])('is unreadable when it is %s', (_what, text) => {
    expect(parse(text).kind).toBe('unreadable');
  });

  test('keeps ids when lines move', () => {
    const later = parsePatch(patchBetween({}, { 'src/a.ts': '\n\nconst two = load(one);\n' }));
    const [first, second] = [parse(answer([finding])), parseReviewerAnswer(answer([finding]), later, 'code')];
    expect(first).toMatchObject({ findings: [{ id: expect.stringMatching(/^[0-9a-f]{8}$/) }] });
    expect(second.kind === 'read' && second.findings[0]?.id).toBe(first.kind === 'read' && first.findings[0]?.id);
  });
});

describe('Merging the reviewer', () => {
  const policy = defaultPolicy().review;
  const passed: ReviewerAnswer = { kind: 'read', verdict: 'passed', findings: [], dropped: 0 };
  const all = (answers: Partial<Record<PassName, ReviewerAnswer>>) =>
    new Map<PassName, ReviewerAnswer>(
      Object.entries({
        architect: passed,
        code: passed,
        test: passed,
        security: passed,
        'anti-slop': passed,
        ...answers,
      }) as [PassName, ReviewerAnswer][],
    );
  const clean = () => review({ head: { 'src/a.ts': 'export const a = 1;\n' } });

  test('adds findings that block', async () => {
    const wall = mergeReviewer(await clean(), all({ code: parse(answer([finding])) }), policy);
    expect(verdictOf(wall, 'code')).toMatchObject({
      status: 'failed',
      severity: 'high',
      findings: [{ rule: 'code/reviewer' }],
    });
    expect(wall.antiSlopConfidence).toBe(0.2);
  });

  test('never overrules a deterministic block', async () => {
    const blocked = await review({ head: { 'src/a.ts': 'export const a = eval(b);\n' } });
    expect(verdictOf(mergeReviewer(blocked, all({}), policy), 'security')).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'security/code-execution' }],
    });
  });

  test('confirms what was found at the same line instead of telling it twice', async () => {
    const blocked = await review({ head: { 'src/a.ts': 'export const a = 1;\nexport const b = eval(c);\n' } });
    const patch = parsePatch(patchBetween({}, { 'src/a.ts': 'export const a = 1;\nexport const b = eval(c);\n' }));
    const said = parseReviewerAnswer(answer([{ ...finding, quote: 'export const b = eval(c);' }]), patch, 'security');
    expect(verdictOf(mergeReviewer(blocked, all({ security: said }), policy), 'security').findings).toMatchObject([
      { rule: 'security/code-execution', message: expect.stringContaining('confirmed by the reviewer') },
    ]);
  });

  test('adds what is worse than what is known at the same line', async () => {
    const head = { 'src/a.ts': 'export const a = 1;\n// TODO: once upstream is fixed, load it\n' };
    const known = await review({ head });
    const said = parseReviewerAnswer(
      answer([{ ...finding, quote: '// TODO: once upstream is fixed, load it' }]),
      parsePatch(patchBetween({}, head)),
      'anti-slop',
    );
    const merged = verdictOf(mergeReviewer(known, all({ 'anti-slop': said }), policy), 'anti-slop');
    expect(merged.status).toBe('failed');
    expect(merged.findings).toMatchObject([
      { rule: 'anti-slop/reviewer', severity: 'high' },
      { rule: 'anti-slop/todo', severity: 'low' },
    ]);
  });

  test('is heeded by path, as the rules are', async () => {
    const answers = all({ code: parse(answer([finding])) });
    const off = { ...policy, passes: { code: { off: ['src/**'] } } };
    expect(verdictOf(mergeReviewer(await clean(), answers, off), 'code').findings).toEqual([]);
    const advisory = { ...policy, rules: { 'code/reviewer': { advisory: ['src/**'] } } };
    expect(verdictOf(mergeReviewer(await clean(), answers, advisory), 'code')).toMatchObject({
      findings: [{ severity: 'low', message: 'load may fail (advisory)' }],
    });
  });

  test('fails closed when an answer is missing or unreadable', async () => {
    const answers = all({ code: { kind: 'unreadable', why: 'it holds no JSON' } });
    answers.delete('test');
    const wall = mergeReviewer(await clean(), answers, policy);
    expect(verdictOf(wall, 'code')).toMatchObject({
      status: 'failed',
      feedback: expect.stringContaining('it holds no JSON'),
    });
    expect(verdictOf(wall, 'test').status).toBe('failed');
    expect(verdictOf(wall, 'performance').status).toBe('not-applicable');
  });

  test('only advises where the pass is advisory, and is silent where it is off', async () => {
    const answers = all({ code: parse(answer([finding])) });
    const advisory = { ...policy, passes: { code: 'advisory' as const } };
    expect(verdictOf(mergeReviewer(await clean(), answers, advisory), 'code')).toMatchObject({
      status: 'passed',
      findings: [{ rule: 'code/reviewer' }],
    });
    const off = { ...policy, passes: { code: 'off' as const } };
    const wall = await review({ head: { 'src/a.ts': 'export const a = 1;\n' }, policy: off });
    expect(verdictOf(mergeReviewer(wall, answers, off), 'code').status).toBe('not-applicable');
  });
});
