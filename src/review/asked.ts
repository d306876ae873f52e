const VERB = String.raw`(?:(?:re)?mov(?:e[sd]?|ing)|renam(?:e[sd]?|ing)|delet(?:e[sd]?|ing)|drop(?:s|ped|ping)?|replac(?:e[sd]?|ing)|prun(?:e[sd]?|ing)|retir(?:e[sd]?|ing)|get(?:s|ting)? rid of|no longer)`;
const REMOVAL = new RegExp(String.raw`\b${VERB}\b`, 'i');

/** What shall stay is named with the same verbs: "do not remove", "without dropping". */
const KEPT = /\b(?:not|never|none|nothing|without|keep|keeps|kept|avoid|unless|cannot|\w+n['’]t)\b|\bno\b(?! longer)/i;

/** Tests are what goes, not what is added beside: "drop the flaky tests", "the old tests are removed". */
const TESTS_GO = new RegExp(
  String.raw`\b${VERB}(?:\s+(?!(?:and|or|then|add|with|by|to|for|in|from|so|that|but)\b)[\w.'’-]+){0,5}?\s+(?:tests?|specs?|test ?cases?)\b|\b(?:tests?|specs?|test ?cases?)\s+(?:(?:is|are|was|were|be|been|can|may|must|should|go)\s+){0,3}(?:removed|deleted|dropped|moved|renamed|replaced|retired)\b`,
  'i',
);

/**
 * Whether a sentence asks to take one of these away: by its name, by most of the words that its name is made of, or by
 * the kind of thing that it is: listeners for `BreakerListeners`. `tests` are asked for as such too.
 */
export function asksToRemove(asked: string, names: readonly string[], { tests }: { tests: boolean }): boolean {
  const sentences = asked.split(/[.;!?](?=\s)|\n/).filter((one) => REMOVAL.test(one) && !KEPT.test(one));
  return sentences.some((sentence) => {
    if (tests && TESTS_GO.test(sentence)) return true;
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
