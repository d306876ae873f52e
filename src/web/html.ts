/** Text that is HTML already. Everything else is escaped when it is put into one. */
export type Html = { html: string };

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

type Part = string | number | Html | undefined | readonly Html[];

/** A template whose values are escaped unless they are HTML made by this same function. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const rendered = parts.map((part) => {
    if (part === undefined) return '';
    if (Array.isArray(part)) return (part as readonly Html[]).map((piece) => piece.html).join('');
    return typeof part === 'object' ? (part as Html).html : escape(String(part));
  });
  return { html: strings.map((text, index) => text + (rendered[index] ?? '')).join('') };
}
