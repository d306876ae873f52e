import { readVisible } from './visible.ts';

/** The sentence, or this part of it, says no more. */
const END = String.raw`(?=\s*(?:$|[.!?,;\n]|please|now|overall|again|soon))`;

/** Phrases that ask for praise instead of an outcome. What stands inside `make … better` is kept in `between`. */
const VAGUE = new RegExp(
  [
    String.raw`\bmake\s+(?<between>(?:[\w'’-]+\s+){0,6}?)(?:awesome|better|great|nicer?|perfect|amazing|cool(?:er)?|good|beautiful|shine|pop)\b`,
    String.raw`\bmake\s+(?:it|this|that|everything|things|(?:the|our|my)\s+(?:app|code|project|site|website|tool|software))\s+(?:\w+\s+)?(?:faster|quicker|smoother|cleaner|simpler|smarter|prettier|friendlier|more\s+(?:modern|robust|stable|professional))${END}`,
    String.raw`\bshould\s+(?:just\s+)?(?:be|look|feel|work)\s+(?:\w+\s+)?(?:better|nicer?|faster|great|good|cleaner|prettier|awesome|perfect|beautiful|modern)${END}`,
    String.raw`\b(?:improve|enhance|polish|moderni[sz]e|clean up|upgrade)\s+(?:(?:the|our|my|this)\s+)?(?:whole\s+|entire\s+)?(?:app|application|code|codebase|code base|project|repo|repository|software|product|website|quality|code quality|ux|ui)\b`,
    String.raw`\b(?:improve|enhance|polish|fix|refactor|optimi[sz]e|moderni[sz]e|upgrade|clean ?up|rewrite|do)\s+(?:up\s+)?(?:it|this|that|everything|things|stuff|all)\b`,
    String.raw`\bdo\s+(?:some\s+|your\s+)?magic\b`,
    String.raw`\bstate[\s-]+of[\s-]+(?:the[\s-]+)?art\b`,
    String.raw`\b(?:world[\s-]class|best[\s-]in[\s-]class|best (?:possible|ever)|next level|surprise me|whatever you (?:want|like|think))\b`,
    String.raw`\b(?:is|are|looks?|feels?)\s+(?:so\s+|very\s+|really\s+)?(?:awesome|great|amazing|cool|bad|ugly|terrible|old)\b`,
  ].join('|'),
  'gi',
);

/** Words that point to something one can test: upstream's list and what reports of faults and demands are made of. */
const SIGNAL =
  /\b(?:acceptance|apis?|audit|benchmarks?|builds?|cli|compiles?|coverage|fix(?:es)?|gates?|harden|implement|migrate|performance|proof|refactor|rewrite|security|tests?|verify|should|must|returns?|expect(?:ed|s)?|instead of|errors?|exceptions?|crash(?:es)?|fails?|endpoints?)\b/i;

/** Code, quotations, file names, identifiers, options and measures. */
const CONCRETE =
  /`[^`]+`|"[^"]+"|\b[\w-]+\.[a-z]{1,5}\b|\b\w+\(\)|\b[a-z]+_[a-z_]+\b|\b[a-z]+[A-Z]\w+\b|--[a-z]|\b\d+\s?(?:ms|s|sec|seconds|minutes|kB|MB|rows|requests|users)\b/;

const QUESTION =
  'What must be true when this is done? Name at least one thing that can be checked: a command that must succeed, ' +
  'an input and the output it must give, or what a person can do afterwards that is not possible today.';

/**
 * The question that would make the goal testable, or undefined if it can be tried as it is. Asked before anything is spent:
 * for fewer than three words, and for praise without a sign of anything that can be tested. In other languages than English
 * only the first is known.
 */
export function oracleQuestion(title: string, text: string): string | undefined {
  const goal = readVisible(`${title}\n\n${text}`).text;
  if (countWords(goal) < 3) return `The goal says too little to work on. ${QUESTION}`;
  const rest = goal.replaceAll(VAGUE, ' $<between> ');
  const isVague = rest !== goal && !SIGNAL.test(rest) && !CONCRETE.test(rest);
  return isVague ? `The goal says that it should be better, not how one would see it. ${QUESTION}` : undefined;
}

/** Words; in scripts without spaces two characters count as one. */
function countWords(text: string): number {
  const dense = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  const spaced = text.replaceAll(/https?:\/\/\S+/g, ' ').match(/[\p{L}\p{N}][\p{L}\p{N}'’_-]*/gu) ?? [];
  return dense > 0 ? spaced.length + Math.floor(dense / 2) : spaced.length;
}
