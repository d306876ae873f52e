import type { GateKind } from '../gate.ts';

/** A script of a package.json that makes a gate. `extra` are the arguments that make it end by itself. */
export type ChosenScript = { kind: GateKind; script: string; extra: string };

/** For each kind of proof the names it goes by, best first. `when` narrows names that mean different things in different projects. */
const CHOICES: { kind: GateKind; names: string[]; when?: RegExp }[] = [
  {
    kind: 'format',
    names: [
      'format:check',
      'check:format',
      'format-check',
      'check-format',
      'fmt:check',
      'prettier:check',
      'check:prettier',
      'format:ci',
    ],
  },
  {
    kind: 'format',
    names: ['format', 'fmt', 'prettier'],
    when: /--check|--list-different|(^| )-[cl]( |$)|biome (check|ci|format)/,
  },
  { kind: 'lint', names: ['lint:check', 'lint:ci', 'lint'] },
  { kind: 'lint', names: ['check'], when: /^(biome (check|ci)|eslint|oxlint|standard|xo)\b/ },
  { kind: 'build', names: ['build'] },
  {
    kind: 'lint',
    names: ['typecheck', 'type-check', 'check-types', 'types:check', 'check:types', 'check-type', 'types', 'tsc'],
  },
  { kind: 'lint', names: ['check'], when: /\b(svelte-check|astro check|vue-tsc|tsc)\b/ },
  { kind: 'test', names: ['test', 'test:ci', 'test:run', 'test:unit', 'unit'] },
];

/** The scripts that prove something and end by themselves, in the order in which they are best run. */
export function chooseScripts(scripts: Record<string, string>): ChosenScript[] {
  const chosen: ChosenScript[] = [];
  for (const { kind, names, when } of CHOICES) {
    const taken = chosen.some((other) => other.kind === kind && kind === 'format');
    const script = taken
      ? undefined
      : names.find((name) => isUseful(kind, name, scripts) && (when?.test(scripts[name] ?? '') ?? true));
    if (script === undefined || chosen.some((other) => other.script === script)) continue;
    chosen.push(asChosen(kind, script, scripts));
  }
  return chosen;
}

function asChosen(kind: GateKind, script: string, scripts: Record<string, string>): ChosenScript {
  return { kind, script, extra: argumentsToEnd(scripts[script] ?? '') };
}

/** The script of this name, if it proves something. */
export function findScript(kind: GateKind, script: string, scripts: Record<string, string>): ChosenScript | undefined {
  return isUseful(kind, script, scripts) ? asChosen(kind, script, scripts) : undefined;
}

/** It proves something, leaves the files as they are, and comes to an end. */
function isUseful(kind: GateKind, name: string, scripts: Record<string, string>): boolean {
  const text = scripts[name];
  if (text === undefined || isEmpty(text)) return false;
  const whole = unfold(text, scripts, 3);
  return !WATCHES.test(whole) && !(WRITES.test(whole) && (kind === 'format' || kind === 'lint'));
}

/** npm's `echo "Error: no test specified" && exit 1`, and other ways to say that there is nothing, or that it is elsewhere. */
function isEmpty(text: string): boolean {
  return /no tests? specified/i.test(text) || /^\s*(|:|true|exit 0|echo\b[^&|;]*((&&|;)\s*exit \d+)?)\s*$/.test(text);
}

const WATCHES =
  /(^|\s)--watch(All|-all)?(?!=false|\S)|(tsc|mocha|rollup|vitest|ava|jest|webpack)\b[^&|;]*\s-w(\s|$)|\bnodemon\b|\bvitest (watch|dev)\b|\b(cypress open|vite dev|tsc-watch)\b|--ui(\s|$)/;
const WRITES = /(^|\s)--(fix|write|apply|apply-unsafe)(?!=false|-|\S)/;

/** The command with the scripts put in that it calls by name. */
function unfold(text: string, scripts: Record<string, string>, depth: number): string {
  if (depth === 0) return text;
  return text.replaceAll(/\b(?:npm|pnpm|yarn|bun)(?: run)? ([\w:.-]+)/g, (call: string, name: string) => {
    const called = scripts[name];
    return called === undefined ? call : unfold(called, scripts, depth - 1);
  });
}

/** Runners that watch unless they are told, or see, that nobody is there. */
function argumentsToEnd(text: string): string {
  const last = text.split(/&&|;/).at(-1)?.trim() ?? '';
  const command = last.replace(/^(cross-env\s+)?(\w+=\S+\s+)*/, '');
  if (/^vitest(\s+-|\s*$)/.test(command) && !/--run\b|--watch=false/.test(command)) return '--run';
  if (/^react-scripts test\b/.test(command) && !/--watchAll=false/.test(command)) return '--watchAll=false';
  if (/^ng test\b/.test(command) && !/--watch=false|--no-watch/.test(command)) return '--watch=false';
  if (/^karma start\b/.test(command) && !/--single-run/.test(command)) return '--single-run';
  return '';
}

/** Tools that go through the whole tree by themselves, told of nothing but the root. */
const WHOLE_TREE =
  /(^|&&\s*)(?:vitest(?: run)?|jest|tsc (?:-b|--build)|(?:eslint|oxlint|biome check|biome ci) \.)(?=\s*$|\s+-)/;

/** Programs that run something in the packages of a workspace. */
const FANS_OUT =
  /\b(turbo|nx|lerna|wsrun|ultra|lage|rush|moon)\b|\bpnpm\b.*\s(-r|--recursive|--filter|-F)\b|\s(--workspaces|-ws)\b|\byarn workspaces?\b|\bbun\b.*--filter/;
/** Of these it is known which script they run where, as long as nothing else is in the command. */
const RUNNERS = /^(?:npx )?(turbo|lerna|pnpm|npm|yarn|bun) /;
const TAKES_VALUE =
  /^(--(concurrency|scope|filter|ignore|jobs|since|workspace-concurrency|log-order|output-logs)|-[Fj])$/;

/** How a script of a workspace root concerns all packages: one tool goes through them, or each has the `script` run, for one alone with `filter`. */
export type Spread = { by: 'tree' } | { by: 'packages'; script: string; filter: boolean };

/** Undefined: it does not concern the packages. */
export function spreadOf(script: string, scripts: Record<string, string>): Spread | undefined {
  const whole = unfold(scripts[script] ?? '', scripts, 3)
    .replaceAll(/"[^"]*"|'[^']*'/g, '_')
    .trim();
  if (!FANS_OUT.test(whole)) return WHOLE_TREE.test(whole) ? { by: 'tree' } : undefined;
  const runner = RUNNERS.exec(whole)?.[1];
  if (runner === undefined || /[&|;]|\bexec\b/.test(whole)) return { by: 'tree' };
  const words = whole.replace(RUNNERS, '').split(/\s+/);
  const named = words.filter((word, at) => !word.startsWith('-') && !TAKES_VALUE.test(words[at - 1] ?? ''));
  const [only, ...more] = named.filter((word) => !/^(run|recursive|workspaces?|foreach)$/.test(word));
  if (only === undefined || more.length > 0 || !/^[\w:.-]+$/.test(only)) return { by: 'tree' };
  return { by: 'packages', script: only, filter: runner === 'turbo' && !/--filter|-F\b/.test(whole) };
}
