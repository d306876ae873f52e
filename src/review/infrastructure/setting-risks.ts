import type { SettingChange } from '../read/settings.ts';
import type { SourceFile } from '../read/reading.ts';
import type { Rule } from '../rules.ts';
import { settingRule, type Setting } from './settings.ts';

const ON = /^(?:true|yes|on|1|enabled)$/i;
const OFF = /^(?:false|no|off|0|disabled)$/i;
/** Tools that look for what is wrong with what is built, and prove where it comes from. */
const SCANS =
  /codeql|semgrep|trivy|grype|snyk|gitleaks|trufflehog|npm audit|yarn audit|pnpm audit|cargo audit|cargo deny|pip-audit|osv-scanner|zizmor|dependency-review|bandit|gosec|govulncheck|brakeman|scorecard|cosign|attest-build|slsa|checkov|tfsec|hadolint/i;
const TRUSTED =
  /head\.repo\.|author_association|github\.(?:actor|triggering_actor|repository|repository_owner)\b|\.fork\b|permission|(?:sender|user)\.login|github\.(?:base_)?ref\b|dependabot/;

const isElsewhere = ({ before = '' }: SettingChange, { text }: SourceFile): boolean =>
  new RegExp((SCANS.exec(before)?.[0] ?? '\0').replace(/[^\w]/g, '.'), 'i').test(text);

const OPENINGS: readonly Setting[] = [
  {
    path: /\/(?:source|path|hostPath|\/?var[^/]*sock[^/]*)$/,
    now: /^\/(?:var\/run\/docker\.sock|run\/(?:docker|containerd)\S*)$/,
    message: 'The container rules its host',
  },
  { kinds: ['compose'], path: /\/user$/, now: /^(?:root|0)(?::\S+)?$/, message: 'The container runs as root' },
  {
    path: /\/(?:environment|env|envs|command|args|data|config)\b/,
    now: /^(?:POSTGRES_HOST_AUTH_METHOD=)?trust$|(?:ALLOW_EMPTY_PASSWORD|ALLOW_ANONYMOUS\w*|RANDOM_ROOT_PASSWORD_DISABLED)=(?:yes|true|1)|xpack\.security\.enabled=false|--protected-mode no|--(?:insecure|no-auth|noauth|skip-grant-tables|anonymous-auth=true|authorization-mode=AlwaysAllow|disable-auth\w*|kubelet-insecure-tls|insecure-bind-address=0\.0\.0\.0|allow-privileged=true)\b|--inspect(?:-brk)?=(?:0\.0\.0\.0|\*)|address=(?:\*|0\.0\.0\.0):\d+|(?:FLASK|DJANGO|WERKZEUG|RAILS)_DEBUG=(?:1|true)/i,
    message: 'Whoever reaches this may do what they want',
  },
  {
    path: /\/(?:MYSQL_ALLOW_EMPTY_PASSWORD|ALLOW_EMPTY_PASSWORD|MARIADB_ALLOW_EMPTY_ROOT_PASSWORD|FLASK_DEBUG|GF_AUTH_ANONYMOUS_ENABLED|ALLOW_ANONYMOUS_LOGIN)$/,
    now: ON,
    message: 'Nobody is asked who they are',
  },
  {
    path: /\/(?:xpack\.security\.enabled|authEnabled|AUTH_ENABLED|RBAC_ENABLED)$/,
    now: OFF,
    message: 'Nobody is asked who they are',
  },
  { kinds: ['compose'], path: /\/ports\//, before: /^127\.0\.0\.1:/, message: 'Only this machine reached it before' },
  {
    kinds: ['kubernetes'],
    path: /\/(?:add\/|capabilities\/add\/)/,
    now: /^(?:CAP_)?(?:ALL|SYS_ADMIN|SYS_PTRACE|NET_ADMIN|NET_RAW|SYS_MODULE|DAC_OVERRIDE|SYS_RAWIO|BPF)$/,
    message: 'The container has rights of its host',
  },
  {
    kinds: ['kubernetes'],
    path: /seccompProfile\/type$|apparmor/,
    now: /^unconfined$/i,
    message: 'A protection of the container is off',
  },
  {
    kinds: ['kubernetes'],
    path: /\/subjects\//,
    now: /^system:(?:unauthenticated|authenticated|anonymous)$/,
    message: 'Everybody is bound to this role',
  },
  {
    kinds: ['kubernetes'],
    path: /\/resources\//,
    now: /^(?:secrets|pods\/exec|nodes\/proxy|serviceaccounts\/token)$/,
    message: 'This role reads secrets or gets into containers',
  },
  { path: /ssl-redirect$|force-ssl/, now: OFF, message: 'Visitors may come without encryption' },
  {
    path: /(?:whitelist-source-range|allow(?:list|ed)?[-_]?(?:ips?|cidrs?|source-range)|loadBalancerSourceRanges\/)/i,
    now: /(?:^|[\s,])(?:0\.0\.0\.0\/0|::\/0)/,
    message: 'Every address may come in',
  },
  {
    kinds: ['github'],
    path: /\/runs-on(?:\/|$)/,
    now: /self-hosted/,
    unless: (_change, { text }) => !/\bpull_request(?:_target)?\b/.test(text),
    message: 'Outsiders’ code runs on a machine of your own',
  },
  {
    kinds: ['github'],
    severity: 'low',
    path: /\/persist-credentials$/,
    before: OFF,
    now: ON,
    message: 'What runs later can push with the token of the checkout',
  },
  { kinds: ['github'], path: /./, now: /toJSON\(\s*secrets\s*\)/i, message: 'All secrets are handed over' },
  {
    kinds: ['github'],
    path: /\/run$/,
    now: /\$\{\{\s*secrets\.\w+\s*\}\}/,
    severity: 'low',
    message: 'The secret becomes a part of the script, which whoever lists the processes sees',
  },
  {
    kinds: ['ansible', 'role'],
    path: /(?:^|[./])shell(?:\/cmd)?$/,
    now: /\{\{(?!.*\|\s*quote)/,
    severity: 'low',
    message: 'A shell runs whatever the value holds; | quote keeps it a word',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/line$/,
    now: /^(?:PermitRootLogin\s+yes|PasswordAuthentication\s+yes|PermitEmptyPasswords\s+yes)/,
    message: 'Whoever guesses a password is in',
  },
  {
    kinds: ['ansible', 'role'],
    path: /(?:selinux|ufw|firewalld)\/state$/,
    now: /^(?:disabled|permissive|stopped)$/,
    message: 'A protection of the machine is off',
  },
  {
    kinds: ['ansible', 'role'],
    path: /(?:copy|file|template|get_url|unarchive)$/,
    now: /\bmode=["']?0?(?:777|666)\b/,
    message: 'Everybody may write here',
  },
];

const UNCHECKED: readonly Setting[] = [
  {
    path: /\/(?:allow_unauthenticated|insecure[sS]kip(?:TLS|Tls|SSL|_tls)?[vV]erify|insecure_skip_verify|skip_tls_verify|skipTLSVerify|insecure-skip-tls-verify|trustAllCerts\w*|insecureTLS|allow_downgrade_unauthenticated)$/,
    now: ON,
    message: 'The other side is not checked',
  },
  {
    path: /\/(?:validate_certs|verify_ssl|sslVerify|ssl_verify|tlsVerify|tls_verify|verifyCertificate|checkServerIdentity|gpgcheck|repo_gpgcheck|strict-ssl|rejectUnauthorized|host_key_checking)$/,
    now: OFF,
    message: 'The other side is not checked',
  },
  {
    kinds: ['ansible', 'role'],
    path: /./,
    now: /\bvalidate_certs=(?:no|false)\b|\bdisable_gpg_check=(?:yes|true)\b/i,
    message: 'The other side is not checked',
  },
];

const GUARDS: readonly Setting[] = [
  {
    kinds: ['github'],
    path: /^\/jobs\/[^/]+\/environment$/,
    gone: true,
    unless: jobIsGone,
    message: 'Nobody has to agree any more',
  },
  {
    kinds: ['github'],
    path: /\/if$/,
    gone: true,
    before: TRUSTED,
    unless: (change, source) => jobIsGone(change, source) || asksStill(source),
    message: 'Who may start this was asked, and is not any more',
  },
  {
    kinds: ['github'],
    path: /\/if$/,
    before: TRUSTED,
    unless: ({ before = '', now = '' }, source) => TRUSTED.test(now) || !TRUSTED.test(before) || asksStill(source),
    message: 'Who may start this was asked, and is not any more',
  },
  {
    kinds: ['github', 'gitlab'],
    path: /\/(?:run|uses|script)$/,
    gone: true,
    before: SCANS,
    unless: isElsewhere,
    message: 'Nothing looks for what is wrong any more',
  },
  { kinds: ['kubernetes'], path: /\/spec\/tls$/, gone: true, message: 'Visitors come without encryption' },
  { kinds: ['kubernetes'], path: /\/ingress\/\d+\/from$/, gone: true, message: 'Everybody may come in' },
  {
    kinds: ['values', 'other', 'compose'],
    path: /(?:auth\w*|tls|ssl|rbac|networkPolicy|podSecurity\w*|mtls|encryption|csrf|audit|verification)\/(?:enabled|create|required)$/i,
    before: ON,
    now: OFF,
    message: 'A protection is turned off',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/no_log$/,
    gone: true,
    before: ON,
    message: 'The secret stands in the log now',
  },
  { kinds: ['ansible', 'role'], path: /\/no_log$/, before: ON, now: OFF, message: 'The secret stands in the log now' },
  {
    kinds: ['ansible', 'role'],
    path: /\/(?:checksum|sha256sum)$/,
    gone: true,
    message: 'What was downloaded is not checked any more',
  },
  {
    kinds: ['github'],
    path: /\/continue-on-error$/,
    now: ON,
    unless: (change, source) => !SCANS.test(stepText(change, source)),
    message: 'What the scan finds does not fail the run',
  },
];

/** The text of the step that a setting belongs to, a few lines up and down. */
function stepText({ line }: SettingChange, source: SourceFile): string {
  return [-3, -2, -1, 0, 1, 2].map((step) => source.lineAt(line + step)?.text ?? '').join('\n');
}

/** With a whole job or step its conditions go too. */
/** As many conditions ask who, or from where, as did before: they ask in other words. */
function asksStill({ change }: SourceFile): boolean {
  const asking = (lines: readonly { text: string }[]) =>
    lines.filter(({ text }) => /^\s*(?:-\s*)?if:/.test(text) && TRUSTED.test(text)).length;
  return asking(change.removed) > 0 && asking(change.added) >= asking(change.removed);
}

function jobIsGone({ path }: SettingChange, { text }: SourceFile): boolean {
  const job = /^\/jobs\/([^/]+)/.exec(path)?.[1] ?? '';
  return !new RegExp(`^\\s+${job.replace(/[^\w]/g, '.')}:`, 'm').test(text);
}

/** Images of pipelines that may be another one tomorrow. */
const MOVING: readonly Setting[] = [
  {
    kinds: ['github', 'gitlab'],
    path: /\/(?:container|image)$|\/services\/[^/]+\/image$/,
    now: /^(?!.*[${@])[\w./-]+(?::(?:latest|edge|nightly|main|master))?$/,
    unless: ({ path }) => !/\/(?:container|image)$/.test(path),
    message: 'The image may be another one tomorrow',
  },
  {
    kinds: ['github', 'action'],
    path: /\/uses$/,
    now: /^docker:\/\/(?!.*@sha256)(?:[\w./-]+|.*:(?:latest|edge|nightly|main|master))$/,
    message: 'The image may be another one tomorrow',
  },
];

/** Settings that open, uncheck or unguard what stood closed, checked or guarded. */
export const settingRisks: readonly Rule[] = [
  settingRule(
    { id: 'security/exposure', severity: 'medium', remedy: 'Open only what is needed, to whom it is needed.' },
    OPENINGS,
  ),
  settingRule(
    {
      id: 'security/verification-off',
      severity: 'high',
      remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
    },
    UNCHECKED,
  ),
  settingRule(
    { id: 'security/guard-removed', severity: 'medium', remedy: 'Keep the check, or show what takes its place.' },
    GUARDS,
  ),
  settingRule({ id: 'security/unpinned', severity: 'medium', remedy: 'Name a version, or better a digest.' }, MOVING),
];
