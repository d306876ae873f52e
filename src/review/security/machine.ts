import { addedCommands, spoken } from '../read/commands.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

const LANGUAGES = ['shell', 'dockerfile', 'yaml'] as const;

/** A container is started with the rights of its host, or a key or password is written where others see it. */
const opened: Rule = {
  id: 'security/exposure',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Open only what is needed, to whom it is needed.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap((command) => {
      const { source, name, text, line } = command;
      const said = spoken(command);
      const row = OPENED.find(([command, pattern]) => command.test(name) && pattern.test(said));
      if (!row || source.change.removed.some((old) => row[1].test(old.text))) return [];
      return [{ file: source.path, line, message: `${row[2]}: \`${shorten(text)}\`` } satisfies Hit];
    });
  },
};

const OPENED: readonly (readonly [name: RegExp, words: RegExp, message: string])[] = [
  [
    /^(?:docker|podman|nerdctl)$/,
    /(?:^|\s)--privileged\b|(?:-v|--volume|--mount)[= ]["']?(?:type=bind,)?(?:src=|source=)?\/(?::|var\/run\/docker\.sock|run\/docker\.sock|etc[/:])|--(?:pid|ipc|net|network|userns)[= ]host\b.*--privileged|--pid[= ]host\b|--cap-add[= ](?:ALL|SYS_ADMIN|SYS_PTRACE|NET_ADMIN)\b|(?:seccomp|apparmor)[=:]unconfined/,
    'The container has the rights of its host',
  ],
  [
    /^chmod$/,
    /(?:^|\s)(?:[ugo]*[+=]?)?(?:0?777|0?666|a\+w|o\+w|\S*\bo\+\w*w|\S*\ba[+=]\w*w|go\+w|\+s|u\+s|[24]7\d\d|a\+rwx|ugo\+rwx)(?:\s|$)/,
    'Everybody may write here, or become somebody else',
  ],
  [
    /^chmod$/,
    /(?:^|\s)(?:0?6[4-7][4-7]|0?7[5-7][5-7]|a\+r|o\+r|go\+r)\s.*(?:\.ssh|id_\w+|\.pem|\.key|private|shadow|\.gnupg|secret)/,
    'Others may read the key',
  ],
  [/^umask$/, /^0{0,2}0[02]?0?$|^0$/, 'Everybody may write what is made from here on'],
  [/^(?:install|mkdir)$/, /(?:-\w*m\s*|--mode[= ])(?:0?777|0?666|0?77[267]|a\+rwx)\b/, 'Everybody may write here'],
  [/^setenforce$/, /^(?:0|Permissive)$/i, 'A protection of the machine is turned off'],
  [/^ufw$/, /^(?:--force )?(?:disable|default allow incoming)/, 'A protection of the machine is turned off'],
  [
    /^ip6?tables$/,
    /(?:^|\s)(?:-F|--flush)(?:\s+INPUT)?$|-P (?:INPUT|FORWARD) ACCEPT/,
    'A protection of the machine is turned off',
  ],
  [
    /^systemctl$/,
    /(?:stop|disable|mask)\s.*(?:firewalld|ufw|apparmor|auditd|fail2ban)/,
    'A protection of the machine is turned off',
  ],
  [/^(?:redis-server|redis-cli)$/, /protected-mode no\b/, 'Everybody may read and write what is stored'],
  [/^spctl$/, /--(?:master|global)-disable/, 'A protection of the machine is turned off'],
  [/^tar$/, /(?:^|\s)-?\w*x\w*P\w*(?:\s|$)|--absolute-names/, 'The archive may write anywhere'],
  [/^echo|^printf$/, /NOPASSWD:\s*ALL/, 'Whoever is in may become root without a password'],
  [
    /^(?:echo|printf)$/,
    /\[(?:[^\]]*\s)?trusted=yes\b|PermitRootLogin yes|StrictHostKeyChecking no|^(?:-\w+ )?insecure$|check[-_]certificate\s*=\s*off|sslverify\s*=\s*(?:false|0)|strict-ssl\s*=\s*false|gpgcheck\s*=\s*0/i,
    'Nobody checks who is on the other side',
  ],
];

/** Ciphers, hashes and keys that are too weak, and secrets that can be guessed. */
const weak: Rule = {
  id: 'security/weak-crypto',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Use AES-256 or better, keys of 2048 bits and more, and openssl rand or /dev/urandom.',
  languages: LANGUAGES,
  async find(reading) {
    const hits: Hit[] = [];
    for (const command of await addedCommands(reading)) {
      const { source, name, line, text, fed } = command;
      const said = spoken(command);
      const old =
        name === 'openssl' &&
        (/(?:^|\s)-?(?:des3?|des-ede3?(?:-\w+)?|rc4|rc2|bf|aes-\d+-ecb)(?:\s|$)/.test(said) ||
          /^(?:genrsa|gendsa)\b.*\s(?:512|768|1024)$|rsa:(?:512|768|1024)\b/.test(said) ||
          /(?:^|\s)-(?:md5|sha1)\s.*-sign\b/.test(said));
      const short = name === 'ssh-keygen' && /-t\s*(?:dsa\b|rsa\b.*-b\s*(?:512|768|1024)\b)/.test(said);
      const hashes =
        /^(?:md5sum|md5|sha1sum|cksum)$/.test(name) &&
        fed.length > 0 &&
        /passw(?:or)?d|secret|token|credential/i.test(source.lineAt(line)?.raw ?? '');
      if (old || short || hashes)
        hits.push({ file: source.path, line, message: `This is too weak: \`${shorten(text)}\`` });
    }
    for (const source of reading.files.filter(({ language }) => language.name === 'shell'))
      for (const { number, text } of source.added)
        if (
          /\b\w*(?:TOKEN|SECRET|PASSWORD|PASSWD|KEY|SALT|NONCE)\w*=.*\$\{?(?:RANDOM|\(date\b)|\b\w*(?:TOKEN|SECRET|PASSWORD|KEY)\w*=.*\$\(date [^)]*\|\s*(?:md5|sha)/i.test(
            text,
          ) &&
          !/cache|tmp/i.test(text)
        )
          hits.push({ file: source.path, line: number, message: 'This can be guessed' });
    return hits;
  },
};

const SECRET = /\$\{?\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY)\w*\}?/i;

/** A secret among the arguments of a program is seen by whoever lists the processes; a dump of the environment by whoever reads the log. */
const shown: Rule = {
  id: 'security/exposure',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Hand it over on the standard input, in a file, or in the environment of the one program.',
  languages: LANGUAGES,
  async find(reading) {
    return (await addedCommands(reading)).flatMap(({ source, name, args, text, line, use, fed, loop }) => {
      const words = args.join(' ');
      const listed =
        /^(?:docker|podman|helm|mysql|mysqldump|sshpass|redis-cli|az|oc|skopeo|crane|htpasswd|curl)$/.test(name) &&
        /(?:^|\s)(?:-p|--password|--pass|--token|-a)[= ]?["']?\$/.test(words) &&
        SECRET.test(words) &&
        !/password-stdin/.test(words);
      const dumped =
        use === 'plain' &&
        loop === undefined &&
        fed.length === 0 &&
        ((/^(?:env|printenv)$/.test(name) && args.length === 0) ||
          (name === 'export' && words === '-p') ||
          (name === 'set' && args.length === 0)) &&
        !/[|>]\s*(?:grep|>|awk|cut|\w*\.env|"?\$)/.test((source.lineAt(line)?.raw ?? '').replace(text, ''));
      if (!listed && !dumped) return [];
      return [
        {
          file: source.path,
          line,
          ...(listed && name === 'curl' ? { severity: 'low' as const } : {}),
          message: listed
            ? `Whoever lists the processes sees this secret: \`${shorten(text)}\``
            : 'Everything in the environment is written to the log, secrets too',
        } satisfies Hit,
      ];
    });
  },
};

/** What commands open on their machine, show to others, or protect too weakly. */
export const machineRules: readonly Rule[] = [opened, weak, shown];
