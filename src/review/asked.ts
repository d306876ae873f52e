const REMOVAL =
  /\b(?:(?:re)?mov(?:e[sd]?|ing)|renam(?:e[sd]?|ing)|delet(?:e[sd]?|ing)|drop(?:s|ped|ping)?|replac(?:e[sd]?|ing)|prun(?:e[sd]?|ing)|retir(?:e[sd]?|ing)|get(?:s|ting)? rid of|no longer)\b/i;

const TESTS = /\b(?:tests?|specs?|test ?cases?)\b/i;

/**
 * Whether a sentence asks to take one of these away: by its name, by most of the words that its name is made of, or by
 * the kind of thing that it is: listeners for `BreakerListeners`. `tests` are asked for
 * as such too.
 */
export function asksToRemove(asked: string, names: readonly string[], { tests }: { tests: boolean }): boolean {
  const sentences = asked.split(/[.;!?](?=\s)|\n/).filter((sentence) => REMOVAL.test(sentence));
  return sentences.some((sentence) => {
    if (tests && TESTS.test(sentence)) return true;
    const words = partsOf(sentence);
    return names.some((name) => {
      const parts = partsOf(name);
      const kind = parts.length > 1 ? (parts.at(-1) ?? '') : '';
      if (kind.length > 5 && !VAGUE.test(kind) && words.includes(kind)) return true;
      const named = parts.filter((part) => words.includes(part)).length;
      return named > parts.length / 2 || (/\brenam/i.test(sentence) && parts.length > 1 && named === parts.length / 2);
    });
  });
}

/** Ends of names that say nothing of what a thing is. */
const VAGUE =
  /^(?:option|function|method|module|object|result|string|number|helper|handler|config|setting|default|element|version|message|request|response|package|script)/;

/** The words of names as they are written together, without their plural: `readFile` and `read_file` are two each. */
function partsOf(text: string): string[] {
  const apart = text.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
  return (apart.match(/[a-z\d]{2,}/g) ?? []).map((word) => word.replace(/s$/, ''));
}
