import { expect, test } from '@jest/globals';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { encodeCell, encodeCode, encodeInline, renderTable } from '../../src/goal/text.ts';
import { everything, PAGE } from './said.ts';
import { hostile, seeded } from './seeded.ts';

type Node = { type: string; value?: string; url?: string; children?: Node[] };

/** GitHub's dialect, read by mdast. */
const GFM = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };
const parse = (markdown: string): Node => fromMarkdown(markdown, GFM);

function nodesOf(markdown: string): Node[] {
  const walk = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(walk)];
  return walk(parse(markdown));
}

const random = seeded(7);
const texts = Array.from({ length: 1_000 }, () => hostile(random));
const LIVE = /@\w|\w#\d|\b(?:fix|clos|resolv)\w* #\d|:\/\/|\bwww\./i;

test('encoded prose of 1,000 hostile texts is one paragraph of text and code', () => {
  const faulty = texts.filter((text) => {
    const nodes = nodesOf(encodeInline(text));
    const kinds = new Set(nodes.map((node) => node.type));
    const isPlain = [...kinds].every((kind) => ['root', 'paragraph', 'text', 'inlineCode'].includes(kind));
    return !isPlain || nodes.some((node) => node.type === 'text' && LIVE.test(node.value ?? ''));
  });
  expect(faulty.slice(0, 3)).toEqual([]);
});

test('encoded code of 1,000 hostile texts is one code span', () => {
  const faulty = texts.filter((text) => {
    const code = encodeCode(text);
    return (
      code !== '' &&
      nodesOf(code)
        .map((node) => node.type)
        .join(' ') !== 'root paragraph inlineCode'
    );
  });
  expect(faulty.slice(0, 3)).toEqual([]);
});

test('a table of hostile cells has the rows and columns it had', () => {
  const rows = texts.map((text, at) => [encodeCell(text), String(at), encodeCell(text)]);
  const table = nodesOf(renderTable(['A', 'B', 'C'], rows)).filter((node) => node.type === 'tableRow');
  expect(table).toHaveLength(1_001);
  expect(table.filter((row) => row.children?.length !== 3)).toEqual([]);
});

test('every text reads as it is meant: prose, tables with equal rows, closed folds, and commands in code alone', () => {
  const faulty = Object.entries(everything('some words')).filter(([, said]) => {
    const nodes = nodesOf(said);
    const tables = nodes.filter((node) => node.type === 'table');
    const ragged = tables.some((table) => new Set(table.children?.map((row) => row.children?.length)).size > 1);
    const folds = nodes.filter((node) => node.type === 'html').map((node) => node.value ?? '');
    const open = folds.filter((html) => html.includes('<details>')).length;
    const closed = folds.filter((html) => html.includes('</details>')).length;
    const heard = nodes.some((node) => node.type === 'text' && /(^|\s)\/omk\b/.test(node.value ?? ''));
    return ragged || open !== closed || heard;
  });
  expect(faulty.map(([name]) => name)).toEqual([]);
});

test('nothing omk says holds a foreign link, an image, foreign HTML or a live mention', () => {
  const ownHtml =
    /^(?:<\/?details>|<summary>[A-Za-z ]+<\/summary>|<details>\n<summary>[A-Za-z ]+<\/summary>|<!-- omk:status:deadbeef -->)$/;
  const faulty = texts.slice(0, 60).flatMap((text) =>
    Object.entries(everything(text)).filter(([, said]) =>
      nodesOf(said).some((node) => {
        if (node.type === 'link') return !node.url?.startsWith(PAGE);
        if (node.type === 'html') return !ownHtml.test(node.value ?? '');
        if (node.type === 'text') return LIVE.test(node.value ?? '');
        return ['image', 'imageReference', 'linkReference', 'definition', 'footnoteReference'].includes(node.type);
      }),
    ),
  );
  expect([...new Set(faulty.map(([name]) => name))]).toEqual([]);
});
