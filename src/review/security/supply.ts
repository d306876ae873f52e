import { posix } from 'node:path';
import { isLockFile } from '../read/file-role.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, type LineRule, type Hit, type Rule } from '../rules.ts';

const isWorkflow = (path: string) => /(^|\/)\.github\/(workflows|actions)\/.*\.ya?ml$/.test(path);
const outsideWorkflows = (_line: unknown, source: SourceFile) => !isWorkflow(source.path);

const workflow = (rule: {
  severity: Rule['severity'];
  pattern: RegExp;
  message: string;
  remedy: string;
  id?: Rule['id'];
  severityAt?: LineRule['severityAt'];
}): Rule =>
  lineRule({
    id: 'security/workflow',
    languages: ['yaml'],
    roles: ['data', 'script'],
    view: 'text',
    unless: outsideWorkflows,
    ...(rule as Omit<typeof rule, 'severityAt'>),
    ...(rule.severityAt ? { severityAt: rule.severityAt } : {}),
  });

const untrusted = String.raw`github\.(?:event\.(?:issue|pull_request|comment|review|review_comment|discussion|head_commit|commits)\b[\w.[\]*]*\.(?:title|body|message|name|email|label|ref|login)|event\.(?:issue|pull_request|comment|review)\.(?:title|body)|head_ref|event\.pull_request\.head\.(?:ref|label|repo\.\w+)|event\.inputs)`;

const scriptInjection: Rule = {
  id: 'security/workflow-injection',
  severity: 'high',
  remedy: 'Hand the value over in env: and quote the variable in the script.',
  languages: ['yaml'],
  *find(reading) {
    for (const source of reading.files) {
      if (!isWorkflow(source.path)) continue;
      const alias = aliasesIn(source);
      for (const line of source.added) {
        const match = OUTSIDE.exec(line.text) ?? alias?.exec(line.text);
        if (match && isScriptLine(line.number, source))
          yield {
            file: source.path,
            line: line.number,
            ...(stoodInScript(match[1] ?? '', source) ? { severity: 'low' as const } : {}),
            message: `\`${shorten(match[1] ?? '')}\` is written by outsiders and becomes part of a script`,
          } satisfies Hit;
      }
    }
  },
};

/** As many such words stood in lines that went: they were handed over so before. */
function stoodInScript(words: string, { change }: SourceFile): boolean {
  const handed = (lines: readonly { text: string }[]) => lines.filter(({ text }) => text.includes(words)).length;
  return handed(change.removed) >= handed(change.added);
}

const OUTSIDE = new RegExp(String.raw`\$\{\{(?:(?!\}\}).)*\b(${untrusted})`);

/** What reads a value of outsiders by the name that `env:` gave it, in braces that the script gets filled in. */
function aliasesIn({ text }: SourceFile): RegExp | undefined {
  const names = [...text.matchAll(/^[ \t]*([A-Za-z_]\w*):[ \t]*(\S.*)$/gm)].flatMap(([, name = '', value = '']) =>
    OUTSIDE.test(value) ? [name] : [],
  );
  return names.length === 0 ? undefined : new RegExp(String.raw`\$\{\{\s*(env\.(?:${names.join('|')}))\b`);
}

/** The line belongs to `run:` or to the `script:` of github-script. */
function isScriptLine(number: number, source: SourceFile): boolean {
  const own = source.lineAt(number)?.text ?? '';
  if (/^\s*(- )?(run|script):/.test(own)) return true;
  const indent = own.search(/\S/);
  for (let above = number - 1; above > 0; above -= 1) {
    const text = source.lineAt(above)?.text ?? '';
    if (text.trim() === '' || text.search(/\S/) >= indent) continue;
    return /^\s*(- )?(run|script):\s*[|>]/.test(text);
  }
  return false;
}

const targetCheckout: Rule = {
  id: 'security/workflow-target',
  severity: 'critical',
  remedy: 'Use pull_request, or do not check out the head of the pull request.',
  languages: ['yaml'],
  *find(reading) {
    for (const source of reading.files) {
      if (!isWorkflow(source.path) || !/\bpull_request_target\b/.test(source.text)) continue;
      const checkout = source.lines.find((line) =>
        /\bref:.*(pull_request\.head|head_ref|github\.event\.number|refs\/pull\/)|\bgh pr checkout\b|\bgit (?:fetch|pull|checkout)\b.*(?:pull\/|pull_request\.head|head_ref)/.test(
          line.text,
        ),
      );
      const trigger = source.lines.find((line) => /\bpull_request_target\b/.test(line.code));
      if (trigger && !checkout && source.isAdded(trigger.number))
        yield {
          file: source.path,
          line: trigger.number,
          severity: 'low',
          message: 'From now on outsiders’ pull requests run this with the repository’s rights and secrets',
        } satisfies Hit;
      for (const line of checkout ? [trigger, checkout] : [])
        if (line && source.isAdded(line.number))
          yield {
            file: source.path,
            line: line.number,
            message: 'pull_request_target runs with the repository’s rights and checks out code of outsiders',
          } satisfies Hit;
    }
  },
};

const installScript: Rule = {
  id: 'security/install-script',
  severity: 'medium',
  remedy: 'Do the work at build time; nobody should have to run code to install the package.',
  languages: ['json'],
  *find(reading) {
    for (const source of reading.files) {
      if (posix.basename(source.path) !== 'package.json') continue;
      for (const line of source.added) {
        const match = /(?:^|[{,])\s*"(preinstall|install|postinstall|prepare)"\s*:\s*"(.*)"/.exec(line.raw);
        if (!match) continue;
        const fetches = FETCHES.test(match[2] ?? '');
        const stood = source.oldText?.includes(`"${match[1]}": "`) ?? false;
        if (stood && (!fetches || source.change.removed.some(({ text }) => FETCHES.test(text)))) continue;
        // What is private is installed by those alone who work on it.
        const own = match[1] === 'prepare' || /"private"\s*:\s*true/.test(source.text);
        const severity = own && !fetches ? 'low' : fetches ? 'high' : 'medium';
        yield {
          file: source.path,
          line: line.number,
          severity,
          message: `\`${match[1]}\` runs on every machine that installs this package`,
        } satisfies Hit;
      }
    }
  },
};

/** The script takes something from the network, or hides what it runs. */
const FETCHES = /\b(?:curl|wget|base64|eval)\b|https?:|node -e|\|\s*(?:ba)?sh\b/;

const MANIFESTS: Record<string, RegExp> = {
  'package-lock.json': /package\.json$/,
  'npm-shrinkwrap.json': /package\.json$/,
  'yarn.lock': /package\.json$/,
  'pnpm-lock.yaml': /package\.json$|pnpm-workspace\.yaml$/,
  'bun.lock': /package\.json$/,
  'Cargo.lock': /Cargo\.toml$/,
  'poetry.lock': /pyproject\.toml$/,
  'uv.lock': /pyproject\.toml$/,
  'Pipfile.lock': /Pipfile$/,
  'Gemfile.lock': /Gemfile$|\.gemspec$/,
  'composer.lock': /composer\.json$/,
  'go.sum': /go\.mod$/,
};

const lockAlone: Rule = {
  id: 'security/lock-without-manifest',
  severity: 'low',
  remedy: 'Say why the lock file moves alone, or change it together with its manifest.',
  languages: 'all',
  *find(reading) {
    for (const file of reading.generated) {
      const manifest = MANIFESTS[posix.basename(file.path)];
      if (
        !manifest ||
        file.change.status !== 'modified' ||
        reading.change.files.some((other) => manifest.test(other.path))
      )
        continue;
      yield {
        file: file.path,
        line: 0,
        message: 'The lock file changed and its manifest did not',
        text: '',
      } satisfies Hit;
    }
  },
};

const REGISTRIES =
  /^https?:\/\/(registry\.npmjs\.org|registry\.yarnpkg\.com|registry\.npmmirror\.com|files\.pythonhosted\.org|pypi\.org|npm\.pkg\.github\.com|npm\.jsr\.io)\//;

const lockSource: Rule = {
  id: 'security/lock-source',
  severity: 'high',
  remedy: 'Make the lock file anew with the package manager.',
  languages: 'all',
  *find(reading) {
    for (const file of reading.generated) {
      if (!isLockFile(file.path)) continue;
      const known = new Set(hostsOf(file.oldText ?? '').concat(unchangedHosts(file)));
      for (const line of file.change.added) {
        const url = SOURCE.exec(line.text)?.[1];
        if (url === undefined) continue;
        const host = hostOf(url);
        if (!url.startsWith('http:') && (REGISTRIES.test(url) || known.has(host))) continue;
        if (file.change.status === 'added' && !url.startsWith('http:')) continue;
        yield {
          file: file.path,
          line: line.number,
          message: `A package now comes from ${host}`,
          text: url,
        } satisfies Hit;
      }
      yield* tampered(file);
    }
  },
};

/** Where a package comes from; the `url` of npm's lock files is of those who ask for money. */
const SOURCE =
  /^\s*(?:"?(?:resolved|tarball)"?:?|url)\s*=?\s*"?((?:git\+)?https?:\/\/[^"\s#]+)|\{\s*url\s*=\s*"(https?:\/\/[^"\s#]+)/;

function hostOf(url: string): string {
  return /^(?:git\+)?https?:\/\/([^/]+)/.exec(url)?.[1] ?? url;
}

function hostsOf(text: string): string[] {
  return [...text.matchAll(/https?:\/\/[^/"\s]+/g)].map(([url]) => hostOf(url));
}

function unchangedHosts(file: SourceFile): string[] {
  return file.change.hunks.flatMap((hunk) =>
    hunk.lines.filter((line) => line.kind !== 'added').flatMap((line) => hostsOf(line.text)),
  );
}

/** The same version of the same package with another hash: somebody exchanged the package. */
function* tampered(file: SourceFile): Iterable<Hit> {
  for (const hunk of file.change.hunks) {
    for (const [index, line] of hunk.lines.entries()) {
      const next = hunk.lines[index + 1];
      if (line.kind !== 'removed' || next?.kind !== 'added' || !/^\s*"?integrity"?:? "?sha512-/.test(line.text))
        continue;
      if (!/^\s*"?integrity"?:? "?sha512-/.test(next.text) || hunk.lines[index - 1]?.kind !== 'context') continue;
      yield {
        file: file.path,
        line: next.newLine,
        message: 'A package has another hash although its version is the same',
        text: next.text,
      };
    }
  }
}

/** The lock file names for the project itself what its manifest does not. */
const lockAhead: Rule = {
  id: 'security/lock-without-manifest',
  severity: 'medium',
  remedy: 'Add the package to the manifest with the package manager, or take it out of the lock file.',
  languages: ['json'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const file of reading.generated) {
      if (posix.basename(file.path) !== 'package-lock.json' || file.change.status !== 'modified') continue;
      const [lock, manifest] = await Promise.all(
        [file.path, posix.join(posix.dirname(file.path), 'package.json')].map(async (path) =>
          parsed((await reading.peek(path))?.text),
        ),
      );
      const own = ((lock?.['packages'] ?? {}) as Json)[''] as Json | undefined;
      if (!own || !manifest) continue;
      for (const section of ['dependencies', 'devDependencies', 'optionalDependencies'])
        for (const [name, range] of Object.entries((own[section] ?? {}) as Json)) {
          const line = file.change.added.find(
            ({ text }) => text.trim().replace(/,$/, '') === `"${name}": "${String(range)}"`,
          );
          if (line && !JSON.stringify(manifest).includes(`"${name}":"${String(range)}"`))
            hits.push({
              file: file.path,
              line: line.number,
              message: `The lock file asks for \`${name}\` ${String(range)}, and package.json does not`,
              text: line.text,
            });
        }
    }
    return hits;
  },
};

type Json = { [key: string]: unknown };

function parsed(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    // What is no JSON is told by the rule that parses.
    return undefined;
  }
}

/** A script of a workflow that shows a secret. */
const shownSecret: Rule = {
  id: 'security/workflow',
  severity: 'high',
  remedy: 'Do not print it; hand it over in env: to the program that needs it.',
  languages: ['yaml'],
  *find(reading) {
    for (const source of reading.files) {
      if (!isWorkflow(source.path)) continue;
      for (const line of source.added)
        if (
          /\b(?:echo|printf|cat|base64)\b(?!.*(?:>>?|\|\s*(?:docker|gh|npm|gpg|kubectl|helm|podman|base64 (?:-d|--decode))\b)).*\$\{\{\s*secrets\.(?!GITHUB_TOKEN)|\$\{\{\s*toJSON\(\s*secrets/i.test(
            line.text,
          ) &&
          isScriptLine(line.number, source)
        )
          yield {
            file: source.path,
            line: line.number,
            message: 'A secret is written where people can read it',
          } satisfies Hit;
    }
  },
};

/** Changes to what builds, installs and publishes the project. */
export const supplyRules: readonly Rule[] = [
  scriptInjection,
  targetCheckout,
  installScript,
  lockAlone,
  lockAhead,
  lockSource,
  shownSecret,
  workflow({
    severity: 'high',
    pattern: /^\s*permissions:\s*write-all\b/,
    message: 'The workflow may do everything',
    remedy: 'Name the few permissions that the job needs.',
  }),
  workflow({
    id: 'security/workflow-permissions',
    severity: 'low',
    pattern:
      /^\s*(contents|packages|actions|deployments|pull-requests|issues|id-token|checks|statuses|security-events|administration|attestations):\s*write\b/,
    message: 'The workflow gains a right: `$&`',
    remedy: 'Give it to the one job that needs it, and say why.',
  }),
  workflow({
    severity: 'low',
    pattern: /\bsecrets:\s*inherit\b/,
    message: 'All secrets are handed on',
    remedy: 'Hand on the secrets that are needed by name.',
  }),
  workflow({
    severity: 'low',
    severityAt: (line, source) => {
      const near = [1, 2, 3, 4, 5, 6].map((ahead) => source.lineAt(line.number + ahead)?.text ?? '').join('\n');
      return /\bsecrets\./.test(near.split(/^\s*- /m)[0] ?? '') || /:\s*write\b|write-all/.test(source.text)
        ? 'medium'
        : undefined;
    },
    pattern: /\buses:\s*(?!actions\/|github\/|\.\/|docker:)[\w.-]+\/[\w./-]+@(?:main|master|HEAD|latest|dev)\b/,
    message: 'An action is taken from a branch that may change: `$&`',
    remedy: 'Pin it to a commit.',
  }),
];
