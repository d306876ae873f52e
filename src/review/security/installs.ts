import { addedCommands, type Command } from '../read/commands.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

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
  [/^git$/, /http\.sslVerify[ =]["']?false/i],
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
    return (await addedCommands(reading)).flatMap((command) => {
      const row = UNCHECKED.find(([name, words]) => name.test(command.name) && words.test(command.args.join(' ')));
      if (!row || isLocal(command) || command.source.change.removed.some(({ text }) => row[1].test(text))) return [];
      return [
        {
          file: command.source.path,
          line: lineOf(row[1], command),
          message: `Nobody checks who sent this: \`${shorten(command.text)}\``,
        } satisfies Hit,
      ];
    });
  },
};

/** It asks this machine. */
function isLocal({ text }: Command): boolean {
  return /\b(?:localhost|127\.0\.0\.1|\[::1\])/.test(text);
}

/** The line of the command that holds what the pattern names. */
function lineOf(pattern: RegExp, { source, line, end }: Command): number {
  for (let at = line; at <= end; at += 1) if (pattern.test(source.lineAt(at)?.raw ?? '')) return at;
  return line;
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
      const script = isShell ? (args[1] ?? '') : name === 'eval' ? words : '';
      if (!/\$(?:\{?[\w@*!#]|\()/.test(script) || script.startsWith("'")) return [];
      if (/^["']?\$\(/.test(script) && !/\$\((?:cat|curl|wget|echo|printf)\b/.test(script)) return [];
      if (/^["']?\$\{?(?:SHELL|BASH|cmd_prefix)\b/.test(script)) return [];
      return [
        {
          file: source.path,
          line,
          severity: source.language.name === 'shell' && isFromOutside(script, source.text) ? 'medium' : 'low',
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

/** A container is started with the rights of its host, or a key or password is written where others see it. */
const opened: Rule = {
  id: 'security/exposure',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Open only what is needed, to whom it is needed.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, name, args, text, line }) => {
      const words = args.join(' ');
      const row = OPENED.find(([command, pattern]) => command.test(name) && pattern.test(words));
      if (!row || source.change.removed.some((old) => row[1].test(old.text))) return [];
      return [{ file: source.path, line, message: `${row[2]}: \`${shorten(text)}\`` } satisfies Hit];
    });
  },
};

const OPENED: readonly (readonly [name: RegExp, words: RegExp, message: string])[] = [
  [
    /^(?:docker|podman|nerdctl)$/,
    /\s--privileged\b|(?:-v|--volume)[= ]["']?\/:|--(?:pid|ipc|net|network|userns)[= ]host\b.*--privileged|--cap-add[= ](?:ALL|SYS_ADMIN)\b/,
    'The container has the rights of its host',
  ],
  [
    /^chmod$/,
    /(?:^|\s)(?:[ugo]*[+=]?)?(?:0?777|0?666|a\+w|o\+w|go\+w|\+s|u\+s|[24]7\d\d|a\+rwx|ugo\+rwx)(?:\s|$)/,
    'Everybody may write here, or become somebody else',
  ],
  [/^echo|^printf$/, /NOPASSWD:\s*ALL/, 'Whoever is in may become root without a password'],
  [
    /^(?:echo|printf)$/,
    /\[trusted=yes\]|PermitRootLogin yes|StrictHostKeyChecking no/,
    'Nobody checks who is on the other side',
  ],
];

/** What is installed and run, and what it opens. */
export const installRules: readonly Rule[] = [unchecked, evaluated, opened];
