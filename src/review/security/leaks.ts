import { SCRIPTS } from '../read/language.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

const LOG =
  /\b(?:console\.\w+|(?:\w*\.)?log(?:ger|ging)?\.(?:\w+)|LOG(?:GER)?\.\w+|print(?:ln|f)?|fmt\.Print\w*|log\.\w+|slog\.\w+|System\.\w+\.print\w*|println!|(?:info|debug|warn|error|trace)!)\s*\(/;
/** A value that is called so is the secret itself. */
const SECRET =
  /(?<![\w.'"])(?:\w+\.)*(?:password|passwd|passphrase|secret(?:_?key)?|private_?key|api_?key|access_?token|refresh_?token|auth_?token|session_?token|client_?secret|credentials|otp|pin_?code|card_?number|cvv|ssn)(?![\w(]|\s*[=:](?!=)|\.(?:length|size|len|slice))/i;

/** A parser has tokens of another kind. */
const TOKEN = /(?<![\w.'"])(?:\w+\.)?(?:token|jwt)(?![\w(.[]|\s*[=:](?!=))/;

/** Secrets that are written where many read. */
const logged: Rule = {
  id: 'security/secret-logged',
  severity: 'medium',
  remedy: 'Leave it out of the log.',
  languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, logged.languages, ['product', 'script']))
      for (const line of logs(source)) {
        const call = LOG.exec(line.code);
        if (!call || line.code[call.index] === '·' || source.isTestLine(line.number)) continue;
        const spoken =
          line.code.slice(call.index + call[0].length) +
          ' ' +
          [...line.text.slice(call.index).matchAll(/\$?\{([^{}]*)\}/g)].map(([, inner]) => inner).join(' , ');
        const match = SECRET.exec(spoken) ?? TOKEN.exec(spoken);
        if (
          match &&
          !/\b(?:mask|redact|hide|obfuscat|hash|typeof|has|is|bool|len)\w*\(|\?\s*['"`]|!!|\*{3}/i.test(spoken)
        )
          yield {
            file: source.path,
            line: line.number,
            ...(SECRET.test(spoken) ? {} : { severity: 'low' as const }),
            message: `A secret is written to the log: \`${shorten(match[0])}\``,
          } satisfies Hit;
      }
  },
};

const logs = linesLike(/log|LOG|console\.|[pP]rint|info!|debug!|warn!|error!|trace!/i);

const exposed = sinkRules(
  { id: 'security/exposure', severity: 'medium', remedy: 'Show only what is meant for whom it is shown.' },
  [
    {
      languages: SCRIPTS,
      pattern:
        /\b(?:res|reply|response)(?:\.status\([^()]*\))?\.(?:send|json|end|write)\(\s*(?:\{[^{}]*)?\b(?:err|error|e)\.stack\b/,
      message: 'Callers see how the program is built inside',
    },
    {
      languages: ['python'],
      pattern: /\breturn\b.*\btraceback\.format_exc\(\)|\breturn (?:str\(e\)|repr\(e\)), 500/,
      severity: 'low',
      message: 'Callers see how the program is built inside',
    },
    {
      languages: SCRIPTS,
      view: 'text',
      pattern: /\.postMessage\([^;]*,\s*['"]\*['"]/,
      message: 'Every page may read this message',
      remedy: 'Name the origin that it is for.',
    },
    {
      languages: ['go'],
      pattern: /\bhttp\.Cookie\{[^}]*\b(?:HttpOnly|Secure):\s*false/,
      message: 'Scripts, or anybody on the way, can read this cookie',
    },
    {
      languages: ['java', 'kotlin'],
      pattern: /\.set(?:HttpOnly|Secure)\(\s*false\s*\)/,
      message: 'Scripts, or anybody on the way, can read this cookie',
    },
    {
      languages: ['python'],
      pattern: /\bset_cookie\([^)]*\b(?:httponly|secure)\s*=\s*False/,
      message: 'Scripts, or anybody on the way, can read this cookie',
    },
    {
      languages: SCRIPTS,
      pattern: /\bsecure\s*:\s*false\b/,
      unless: (line) => !/cookie|session/i.test(line.code),
      message: 'Anybody on the way can read this cookie',
    },
    {
      languages: ['rust'],
      pattern: /\bCorsLayer::(?:permissive|very_permissive)\(\)|\ballow_origin\(\s*Any\s*\)/,
      message: 'Every site may ask this server',
    },
    {
      languages: ['python'],
      view: 'text',
      pattern: /\ballow_origins\s*=\s*\[\s*['"]\*['"]/,
      unless: (line, source) =>
        !/allow_credentials\s*=\s*True/.test(source.text) && !/allow_credentials/.test(line.code),
      message: 'Every site may act with the visitor’s cookies',
    },
    {
      languages: ['go'],
      pattern:
        /\bos\.(?:WriteFile|OpenFile|Mkdir(?:All)?|Chmod)\([^)]*,\s*(?:0o?|os\.FileMode\(0o?)(?:777|666|76\d|77\d)\b/,
      message: 'Everybody may write here',
    },
    {
      languages: ['shell', 'dockerfile'],
      view: 'text',
      roles: ['product', 'script'],
      pattern:
        /\b(?:echo|printf)\b(?![^|]*(?:>|\|))[^|]*\$\{?\w*(?:TOKEN|PASSWORD|SECRET|API_?KEY|PRIVATE_KEY|PASSWD)\}?(?!\w)/,
      unless: (line) => /\$\{\w+:[+-]|\$\{#|\*\*\*|add-mask|<\((?:echo|printf)\b/.test(line.text),
      message: 'A secret is written to the log',
    },
    {
      languages: ['dockerfile'],
      pattern: /^\s*EXPOSE\s+(?:.*\s)?22(?:\/tcp)?(?:\s|$)/i,
      severity: 'low',
      message: 'The container can be logged into from outside',
    },
    {
      languages: ['dockerfile'],
      pattern:
        /^\s*(?:COPY|ADD)\s(?!\s*--from)[^#]*(?<=[\s/])(?:\.env(?:\.\w+)?|id_(?:rsa|dsa|ecdsa|ed25519)|\.npmrc|\.netrc|\.aws|\.ssh|\.git|[\w.-]+\.pem|credentials(?:\.json)?)(?=\s|\/)/i,
      message: 'A secret stays in the image: `$&`',
      remedy: 'Mount it for the one RUN that needs it: --mount=type=secret.',
    },
  ],
);

const optional: LineRule['unless'] = (line) => /\bif\b|\?\?|\|\|/.test(line.code);

const sudoers = lineRule({
  id: 'security/exposure',
  severity: 'medium',
  languages: ['shell', 'dockerfile', 'yaml'],
  roles: ['product', 'script', 'data'],
  view: 'text',
  pattern: /\bNOPASSWD:\s*ALL\b/,
  unless: optional,
  message: 'Whoever runs as this user may do everything: `$&`',
  remedy: 'Name the commands that are needed.',
});

/** What gets to those whom it is not for. */
export const leakRules: readonly Rule[] = [logged, ...exposed, sudoers];
