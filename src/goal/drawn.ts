import type { Visible } from './visible.ts';

/** Code blocks that GitHub shows as a map or a solid: none of their text is seen. */
const PICTURES = new Set(['geojson', 'topojson', 'stl']);

/** What a diagram of Mermaid does not show: settings, comments, descriptions, looks, tooltips, and what stands behind an alias. */
const UNDRAWN: readonly RegExp[] = [
  /^[ \t]*---[ \t]*\n[^]*?\n[ \t]*---[ \t]*$/m,
  /%%.*$/gm,
  /^[ \t]*accDescr[ \t]*\{[^}]*\}?/gim,
  /^[ \t]*acc(?:Title|Descr)[ \t]*:.*$/gim,
  /^[ \t]*(?:click|callback|link|links|properties|style|linkStyle|classDef|class|cssClass)\b.*$/gim,
  /(?<=^[ \t]*(?:create[ \t]+)?(?:participant|actor)[ \t]+).+(?=[ \t]+as[ \t])/gim,
];

/** Formulas that are another colour, tiny or nowhere, comments in them, and words that they only define. */
const HIDING_MATH =
  /\\(?:text|page|f|math)?(?:color|box)\b|\\[hv]?phantom|\\(?:tiny|scriptsize|rlap|llap|smash|kern|hidden|fontsize|raisebox|mathchoice|class|cssId|style|href|require)\b|\\(?:(?:re)?newcommand|[gex]?def|let|newenvironment)\b|(?<!\\)%/i;

/** Whether a formula hides something, as far as that can be known. */
export function isHidingMath(formula: string): boolean {
  return HIDING_MATH.test(formula);
}

/** What a reader sees of a code block that GitHub draws; undefined for code that it shows as it is. */
export function readDrawn(kind: string, text: string): Visible | undefined {
  if (PICTURES.has(kind)) return { text: '', hidden: 1 };
  if (kind === 'math') return isHidingMath(text) ? { text: '', hidden: 1 } : undefined;
  if (kind !== 'mermaid') return undefined;
  let hidden = 0;
  const left = UNDRAWN.reduce((seen, pattern) => {
    return seen.replace(pattern, () => {
      hidden += 1;
      return '';
    });
  }, text);
  return { text: left, hidden };
}
