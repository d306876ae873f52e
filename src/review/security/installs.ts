import { addedCommands, commandsIn, spoken, type Command } from '../read/commands.ts';
import type { SourceFile } from '../read/reading.ts';
import { lostOptionRules } from '../lost-options.ts';
import { lineRule, shorten, type Hit, type Rule } from '../rules.ts';

const LANGUAGES = ['shell', 'dockerfile', 'yaml'] as const;

/** Which words of which commands turn off the check of who sent something. */
const UNCHECKED: readonly (readonly [name: RegExp, words: RegExp])[] = [
  [/^apk$/, /--allow-untrusted\b/],
  [
    /^(?:apt|apt-get|aptitude)$/,
    /--allow-unauthenticated\b|--force-yes\b|--allow-insecure-repositories|AllowUnauthenticated["']?=|Acquire::AllowInsecureRepositories=["']?(?:true|1)|Verify-Peer=["']?false/,
  ],
  [
    /^(?:yum|dnf|microdnf|zypper|rpm|tdnf)$/,
    /--nogpgcheck\b|--no-gpg-checks?\b|--nosignature\b|--nodigest\b|--setopt=\S*gpgcheck=(?:0|False)/i,
  ],
  [/^(?:pip3?|python3?|uv)$/, /--trusted-host\b/],
  [/^(?:npm|yarn|pnpm|bun)$/, /strict-ssl\s*=?\s*false|--no-strict-ssl/],
  [/^(?:curl)$/, /(?:^|\s)(?:-\w*k\w*|--insecure|--proxy-insecure)(?:\s|$)/],
  [/^wget$/, /--no-check-certificate\b/],
  [/^git$/, /http\.sslVerify[ =]["']?(?:false|0|no|off)\b/i],
  [/^(?:ssh|scp|sftp|rsync|sshpass)$/, /StrictHostKeyChecking[ =]["']?no\b|UserKnownHostsFile[ =]\/dev\/null/i],
  [
    /^(?:helm|kubectl|oc|docker|skopeo|podman|buildah|crane)$/,
    /--insecure-skip-tls-verify(?:=true)?\b|--tls-verify=false|--src-tls-verify=false|--dest-tls-verify=false|--disable-content-trust(?:=true)?\b/,
  ],
  [/^gem$/, /(?:-P|--trust-policy)\s+NoSecurity/],
  [/^(?:http|https|httpie)$/, /--verify[= ]no\b/],
  [/^(?:aws|az|gcloud|gsutil)$/, /--no-verify-ssl\b/],
  [/^(?:pacman)$/, /SigLevel\s*=?\s*Never/],
];

const unchecked: Rule = {
  id: 'security/verification-off',
  ignoresMoves: true,
  severity: 'high',
  remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
  languages: LANGUAGES,
  async find(reading) {
    return (await commandsIn(reading)).flatMap((command) => {
      const { name, source } = command;
      const row = UNCHECKED.find(([program, words]) => program.test(name) && words.test(spoken(command)));
      const line = row && newLineOf(row[1], command);
      if (!row || line === undefined || isLocal(command)) return [];
      if (source.change.removed.some(({ text }) => row[1].test(text))) return [];
      return [
        { file: source.path, line, message: `Nobody checks who sent this: \`${shorten(command.text)}\`` } satisfies Hit,
      ];
    });
  },
};

/** The new line that makes a command hold what the pattern names: its own, or one that gave a variable of it its value. */
function newLineOf(pattern: RegExp, command: Command): number | undefined {
  const { source, line, end, words } = command;
  const outside = words.find((word) => (word.line < line || word.line > end) && pattern.test(word.text));
  const told = outside ? outside.line : lineOf(pattern, command);
  if (source.isAdded(told)) return told;
  return [...Array(end - line + 1).keys()].map((step) => line + step).find((at) => source.isAdded(at));
}

/** The same switches where a program finds them: in the environment, in settings, in a text that is run later. */
const told = lineRule({
  id: 'security/verification-off',
  severity: 'medium',
  languages: LANGUAGES,
  roles: ['product', 'script', 'data'],
  view: 'text',
  pattern:
    /\b(?:GIT_SSH_COMMAND|RSYNC_RSH|ANSIBLE_SSH_\w+|SSH_OPT\w*|ansible_ssh_\w+)\b["']?\s*[:=].*(?:StrictHostKeyChecking|UserKnownHostsFile)[ =](?:no\b|accept-new|\/dev\/null)|\bANSIBLE_HOST_KEY_CHECKING["']?\s*[:=]\s*["']?(?:false|no|0)|\bPGSSLMODE["']?\s*[:=]\s*["']?(?:disable|allow)\b|\b(?:KUBE_?|VAULT_|CONSUL_|NOMAD_|ARGOCD_)?(?:SKIP_VERIFY|TLS_INSECURE|INSECURE_SKIP_TLS_VERIFY|SSL_VERIFY_NONE|DISABLE_TLS_VERIFY)["']?\s*[:=]\s*["']?(?:true|1|yes)\b|\b(?:GO(?:INSECURE|NOSUMDB|NOSUMCHECK))["']?\s*[:=]\s*["']?[\w*]|\bGOFLAGS["']?\s*[:=].*-insecure|\bGOSUMDB["']?\s*[:=]\s*["']?off\b|\bNODE_TLS_REJECT_UNAUTHORIZED["']?\s*[:=]\s*["']?0|\bDOCKER_CONTENT_TRUST["']?\s*[:=]\s*["']?0|\b(?:CURL_SSL_VERIFY|SSL_VERIFY|VERIFY_SSL|TLS_VERIFY|CHECK_CERT\w*|NPM_CONFIG_STRICT_SSL)["']?\s*[:=]\s*["']?(?:false|0|no|off)\b/i,
  message: 'The other side is not checked: `$&`',
  remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
});

/** It asks this machine. */
function isLocal({ text }: Command): boolean {
  return /\b(?:localhost|127\.0\.0\.1|\[::1\])/.test(text);
}

/** The line of the command that holds what the pattern names. */
function lineOf(pattern: RegExp, { source, line, end }: Command): number {
  for (let at = line; at <= end; at += 1) if (pattern.test(source.lineAt(at)?.raw ?? '')) return at;
  return line;
}

/** Nothing is put in before the shell reads the words: every dollar is escaped, or hands the arguments on as they are. */
export function isFixedScript(words: string): boolean {
  return NAMES_VARIABLE.test(words) || !/[$`]/.test(withoutHandedOn(words).replace(/\\[$`]/g, ''));
}

/** `eval "$1=\\$value"`: the name of a variable is put in, and its value is read when all is parsed. */
const NAMES_VARIABLE = /^["']?\$\{?\w+\}?=(?:\\\$\{?\w+\}?|\\"\\\$\{?\w+\}?\\")?["']?\s*$/;

/** `${1+'"$@"'}`: old shells are handed the arguments so, each in its quotes. */
function withoutHandedOn(words: string): string {
  return words.replace(/\$\{[\d@]:?\+'[^']*'\}/g, '');
}

/** No more values are run than before: the change only writes them in another way. */
export function runsNoMore({ change }: SourceFile): boolean {
  const run = (lines: readonly { text: string }[]) =>
    lines.filter(({ text }) => {
      const words = /\beval\s+(.*)/.exec(text)?.[1];
      return words !== undefined && (/^["']\s*$/.test(words) || !isFixedScript(words));
    }).length;
  return run(change.removed) > 0 && run(change.removed) >= run(change.added);
}

/** `eval` of what a caller or a value says; what a known program prints is another matter. */
const evaluated: Rule = {
  id: 'security/command-injection',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Use an array, `declare`, `printf -v` or a case instead of eval.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, name, args, text, line }) => {
      const words = args.join(' ');
      const isShell = /^(?:ba|z|da|k)?sh$/.test(name) && args[0] === '-c';
      const script = isShell ? (args[1] ?? '') : name === 'eval' ? withoutHandedOn(words) : '';
      if (!/\$(?:\{?[\w@*!#]|\()/.test(script) || script.startsWith("'") || isFixedScript(script)) return [];
      if (/^["']?\$\(/.test(script) && !/\$\((?:cat|curl|wget|echo|printf)\b/.test(script)) return [];
      if (/^["']?\$\{?(?:SHELL|BASH|cmd_prefix)\b/.test(script)) return [];
      return [
        {
          file: source.path,
          line,
          severity:
            source.language.name === 'shell' && isFromOutside(script, source.text) && !runsNoMore(source)
              ? 'medium'
              : 'low',
          message: `A shell runs whatever the values hold: \`${shorten(text)}\``,
        } satisfies Hit,
      ];
    });
  },
};

/** It holds an argument, or a value that was made of one or read. */
function isFromOutside(script: string, text: string): boolean {
  if (/\$\{?[1-9@*]/.test(script)) return true;
  return [...script.matchAll(/\$\{?(\w+)/g)].some(([, name = '']) =>
    new RegExp(`\\b${name}=["']?\\$\\{?(?:[1-9@*]|\\(\\s*(?:curl|wget|cat)\\b)|\\bread\\b[^;|\\n]*\\b${name}\\b`).test(
      text,
    ),
  );
}

/** What was just fetched is run unseen, in whatever form; what a caller says is run on another machine or by a database. */
const unseen: Rule = {
  id: 'security/command-injection',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Check the hash of what was fetched before it runs, and quote what a caller says with printf %q or bind it.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const { source, name, args, text, line } of await addedCommands(reading)) {
      const words = args.join(' ');
      const fetched =
        (/^(?:ba|z|da)?sh$|^source$|^\.$|^eval$|^python3?$/.test(name) &&
          /<\(\s*(?:curl|wget)\b|\$\(\s*(?:curl|wget)\b/.test(words)) ||
        (/^(?:source|\.|ba?sh|sh)$/.test(name) && isFetched(args.at(-1) ?? '', { line, source }));
      const remote =
        name === 'ssh' && args.some((arg) => arg.startsWith('"') && /[\s;&|]/.test(arg) && /\$\{?[1-9@*]/.test(arg));
      if (fetched || remote)
        hits.push({
          file: source.path,
          line,
          ...(fetched && ranUnseen(source) ? { severity: 'low' as const } : {}),
          message: fetched
            ? `What was fetched is run unseen: \`${shorten(text)}\``
            : `The shell of the other machine runs whatever the caller says: \`${shorten(text)}\``,
        });
    }
    return hits;
  },
};

/** It was so before: what was fetched went straight into a shell. */
function ranUnseen({ change }: SourceFile): boolean {
  return change.removed.some(({ text }) => /\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/.test(text));
}

/** The file was fetched a few lines before, and nothing looked at it. */
function isFetched(file: string, { line, source }: { line: number; source: Command['source'] }): boolean {
  const bare = file.replace(/["']/g, '');
  if (!/^(?:\/|\.\/|\$)?[\w./${}-]{3,}$/.test(bare)) return false;
  const above = source.lines.slice(Math.max(0, line - 9), line - 1).map(({ text }) => text);
  const at = above.findLastIndex(
    (text) => /\b(?:curl|wget)\b/.test(text) && text.replace(/["']/g, '').includes(bare.replace(/^\.\//, '')),
  );
  return at !== -1 && !above.slice(at).some((text) => /sum\b|gpg|verify|cosign|minisign|openssl/i.test(text));
}

/** What is installed and run, and whether anybody looked at it. */
export const installRules: readonly Rule[] = [unchecked, told, evaluated, unseen, ...lostOptionRules.security];
