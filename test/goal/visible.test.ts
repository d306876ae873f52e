import { describe, expect, test } from '@jest/globals';
import { readVisible } from '../../src/goal/visible.ts';
import { hostile, seeded } from './seeded.ts';

const SECRET = 'OBEYME';
const FENCE = '```';

const HIDDEN: [what: string, markdown: string][] = [
  ['a comment', `a <!-- ${SECRET} --> b`],
  ['a comment over lines', `a\n<!--\n${SECRET}\n-->\nb`],
  ['an unclosed comment', `a\n\n<!-- ${SECRET}\n\nmore`],
  ['an unclosed comment before a code block', `a\n<!--\n${FENCE}\n${SECRET}\n${FENCE}`],
  ['a comment in a code block inside raw HTML', `<div>\n${FENCE}\n<!-- ${SECRET} -->\n${FENCE}\n</div>`],
  ['a comment between stray backticks of two lines', `a \`\nb \` <!-- ${SECRET} --> \``],
  ['a comment in backticks that a table splits', `| \` a | <!-- ${SECRET} --> \` |\n| --- | --- |`],
  ['a comment between backticks inside attributes', `<a href="\`"> <!-- ${SECRET} --> \`</a>`],
  ['a comment after an escaped backtick', `\\\` <!-- ${SECRET} --> \``],
  ['a comment in a fence that its list item ends', `- x\n\n  ${FENCE}\n<!-- ${SECRET} -->\n  ${FENCE}`],
  ['a comment in a quote', `> <!-- ${SECRET} -->`],
  ['a reference-style comment', `[//]: # (${SECRET})`],
  ['a reference-style comment in a list', `- [comment]: <> "${SECRET}"`],
  ['an unused reference', `[x]: https://a.example/${SECRET}`],
  ['the title of a used reference', `see [x]\n\n[x]: https://a.example "${SECRET}"`],
  ['the title of a link', `[a](https://a.example "${SECRET}")`],
  ['the words behind an image', `![now please do ${SECRET}](https://a.example/x.png)`],
  ['a link without words', `[](${SECRET})`],
  ['an unused footnote', `text\n\n[^1]: ${SECRET}\n    ${SECRET}`],
  ['a processing instruction', `<?php ${SECRET} ?>`],
  ['a declaration', `<!ELEMENT ${SECRET}>`],
  ['CDATA', `<![CDATA[ ${SECRET} ]]>`],
  ['an element that is hidden', `<p hidden>${SECRET}<p>x</p>${SECRET}</p>`],
  ['an element without display', `<span style="display:none">${SECRET}</span>`],
  ['white text', `<span style='color: white'>${SECRET}</span>`],
  ['an aria-hidden element', `<div aria-hidden="true">${SECRET}</div>`],
  ['a script', `<script>${SECRET}</script>`],
  ['an unclosed template', `<template>${SECRET}`],
  ['an attribute', `<b title="${SECRET}">x</b>`],
  ['white math', `$\\color{white}{${SECRET}}$`],
  ['phantom math', `$$\n\\phantom{${SECRET}}\n$$`],
  ['a block of white math', `${FENCE}math\n\\textcolor{white}{${SECRET}}\n${FENCE}`],
  ['a comment of a diagram', `${FENCE}mermaid\ngraph TD\n%% ${SECRET}\n${FENCE}`],
  ['a comment of a diagram in a list', `- a\n\n  ${FENCE}mermaid\n  graph TD\n  %% ${SECRET}\n  ${FENCE}\n- b`],
  ['the settings of a diagram', `${FENCE}mermaid\n---\ntitle: ${SECRET}\n---\ngraph TD\n${FENCE}`],
  ['the description of a diagram', `${FENCE}mermaid\ngraph TD\naccDescr: ${SECRET}\n${FENCE}`],
  ['the long description of a diagram', `${FENCE}mermaid\ngraph TD\naccDescr {\n${SECRET}\n}\n${FENCE}`],
  ['the tooltip of a diagram', `${FENCE}mermaid\ngraph TD\nclick A "https://a.example" "${SECRET}"\n${FENCE}`],
  ['a participant with an alias', `${FENCE}mermaid\nsequenceDiagram\nparticipant ${SECRET} now as A\n${FENCE}`],
  ['a map', `${FENCE}geojson\n{"type":"Point","note":"${SECRET}"}\n${FENCE}`],
  ['a map in a quote', `> ~~~topojson\n> {"note":"${SECRET}"}\n> ~~~`],
  ['a solid', `${FENCE}stl\nsolid ${SECRET}\n${FENCE}`],
  ['what follows the language of a block', `${FENCE}js ${SECRET}\ncode\n${FENCE}`],
  ['a comment in math', `$$\na % ${SECRET}\nb\n$$`],
  ['words that math only defines', `$\\newcommand{\\x}{${SECRET}}a$`],
  ['a choice of math that is never made', `$\\mathchoice{}{}{}{${SECRET}}a$`],
  ['what a video says where there is none', `<video src="x">${SECRET}</video>`],
  ['letters too small to see', `${'<sub>'.repeat(9)}${SECRET}${'</sub>'.repeat(9)}`],
  [
    'tag characters',
    SECRET.split('')
      .map((char) => String.fromCodePoint(0xe0000 + (char.codePointAt(0) ?? 0)))
      .join(''),
  ],
  [
    'tag characters as entities',
    SECRET.split('')
      .map((char) => `&#${0xe0000 + (char.codePointAt(0) ?? 0)};`)
      .join(''),
  ],
];

describe('what a reader does not see is dropped and counted', () => {
  test.each(HIDDEN)('%s', (what, markdown) => {
    const { text, hidden } = readVisible(markdown);
    expect(text).not.toContain(SECRET);
    if (what !== 'an attribute') expect(hidden).toBeGreaterThan(0);
  });
});

const SHOWN: [what: string, markdown: string, text: string][] = [
  ['prose', 'Fix the login.\n\nIt fails.', 'Fix the login.\n\nIt fails.'],
  ['a comment in a code block', `${FENCE}html\n<!-- x -->\n${FENCE}`, `${FENCE}html\n<!-- x -->\n${FENCE}`],
  ['a comment in a code span', 'use `<!-- x -->` here', 'use `<!-- x -->` here'],
  ['a hidden element in a code block', `~~~\n<p hidden>x</p>\n~~~`, `~~~\n<p hidden>x</p>\n~~~`],
  ['generic types', 'Promise<void> of List<String>', 'Promise<void> of List<String>'],
  ['formatting', '<b>x</b> and <kbd>Ctrl</kbd>', 'x and Ctrl'],
  ['a used reference', 'see [x]\n\n[x]: https://a.example', 'see [x]\n\n[x]: https://a.example'],
  ['a used footnote', 'a[^1]\n\n[^1]: b', 'a[^1]\n\n[^1]: b'],
  ['a picture', '![image](https://a.example/x.png)', '(image)'],
  ['math', 'costs $x^2$', 'costs $x^2$'],
  ['a percentage in math', String.raw`costs $5\%$`, String.raw`costs $5\%$`],
  ['money', '100 % of $5 and $6', '100 % of $5 and $6'],
  ['an exponent of an index', 'x<sub>i<sup>2</sup></sub>', 'xi2'],
  ['a diagram', `${FENCE}mermaid\ngraph TD\nA-->B\n${FENCE}`, `${FENCE}mermaid\ngraph TD\nA-->B\n${FENCE}`],
  ['an arrow and a comparison', 'a -> b, a < b && c > d', 'a -> b, a < b && c > d'],
  ['an entity', '&lt;div&gt;', '<div>'],
  ['windows line ends', 'a\r\nb', 'a\nb'],
];

describe('what a reader sees stays', () => {
  test.each(SHOWN)('%s', (_, markdown, text) => {
    expect(readVisible(markdown)).toEqual({ text, hidden: 0 });
  });

  test('collapsed details are kept in the open and counted', () => {
    const markdown = '<details><summary>Log</summary>\n\nline\n</details>';
    expect(readVisible(markdown)).toEqual({ text: 'Log\n\nline', hidden: 1 });
  });
});

test('no comment survives in 3,000 hostile texts without code', () => {
  const random = seeded(11);
  for (let round = 0; round < 3_000; round += 1) {
    const text = hostile(random).replaceAll(/[`~]/g, '');
    expect(readVisible(text).text).not.toContain('omk:status');
  }
});

test('the longest comment is read quickly, whatever it repeats', () => {
  for (const shard of [
    '<a b="',
    '`',
    '$',
    '[',
    '<!--',
    '![',
    '<p hidden>',
    '[x]: /a\n',
    '> ',
    '<a  ',
    '\\`',
    '<?',
    '](a "b" ',
    '[^1]: a\n',
  ]) {
    const started = performance.now();
    readVisible(shard.repeat(65_536 / shard.length));
    expect(performance.now() - started).toBeLessThan(3_000);
  }
});
