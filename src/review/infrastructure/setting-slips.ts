import type { SettingChange } from '../read/settings.ts';
import type { SourceFile } from '../read/reading.ts';
import { treesOf, under } from '../read/yaml-tree.ts';
import type { Rule } from '../rules.ts';
import { TESTS } from '../test/disarmed.ts';
import { settingRule, type Setting } from './settings.ts';

const ON = /^(?:\$\{\{\s*)?(?:true|yes|on|1)(?:\s*\}\})?$/i;
const OFF = /^(?:false|no|off|0)$/i;
const EVENTS =
  /^(?:branch_protection_rule|check_run|check_suite|create|delete|deployment|deployment_status|discussion|discussion_comment|fork|gollum|image_version|issue_comment|issues|label|merge_group|milestone|page_build|project|project_card|project_column|public|pull_request|pull_request_comment|pull_request_review|pull_request_review_comment|pull_request_target|push|registry_package|release|repository_dispatch|schedule|status|watch|workflow_call|workflow_dispatch|workflow_run)$/;
const DELIVERS = /\b(?:deploy|publish|release|migrat|push|promote|rollout)\w*/i;
const SERVICE_KEYS =
  /^(?:annotations|attach|blkio_config|build|cap_add|cap_drop|cgroup|cgroup_parent|command|configs|container_name|cpu\w*|credential_spec|depends_on|deploy|develop|device_cgroup_rules|devices|dns\w*|domainname|driver_opts|entrypoint|env_file|environment|expose|extends|external_links|extra_hosts|gpus|group_add|healthcheck|hostname|image|init|ipc|isolation|label_file|labels|links|logging|mac_address|mem\w*|models|network_mode|networks|oom\w*|pid|pids_limit|platform|ports|post_start|pre_stop|privileged|profiles|provider|pull_policy|read_only|restart|runtime|scale|secrets|security_opt|shm_size|stdin_open|stop_grace_period|stop_signal|storage_opt|sysctls|tmpfs|tty|ulimits|use_api_socket|user|userns_mode|uts|volumes|volumes_from|working_dir|x-.*|<<)$/;
const GROUPS: Readonly<Record<string, RegExp>> = {
  Deployment: /^apps\/v1$/,
  StatefulSet: /^apps\/v1$/,
  DaemonSet: /^apps\/v1$/,
  Ingress: /^networking\.k8s\.io\/v1$/,
  NetworkPolicy: /^networking\.k8s\.io\/v1$/,
  CronJob: /^batch\/v1$/,
  Job: /^batch\/v1$/,
  Service: /^v1$|serving\.knative/,
  Pod: /^v1$/,
  ConfigMap: /^v1$/,
  Secret: /^v1$/,
  Role: /^rbac\.authorization\.k8s\.io\/v1$/,
  ClusterRole: /^rbac\.authorization\.k8s\.io\/v1$/,
};

/** A field of a schedule that no clock shows. */
function isNoSchedule(cron: string): boolean {
  const fields = cron.trim().split(/\s+/);
  const most = [59, 23, 31, 12, 7];
  if (cron.startsWith('@') || /\$|\{/.test(cron)) return false;
  return (
    fields.length !== 5 ||
    fields.some((field, at) =>
      (field.match(/\d+/g) ?? []).some(
        (number, index) => Number(number) > (most[at] ?? 0) && !(index > 0 && field.includes('/')),
      ),
    )
  );
}

const isDelivery = ({ path, line }: SettingChange, source: SourceFile): boolean =>
  DELIVERS.test(path) || [-3, -2, -1, 1].some((step) => DELIVERS.test(source.lineAt(line + step)?.text ?? ''));

const SLIPS: readonly Setting[] = [
  {
    kinds: ['github'],
    path: /^\/jobs\/[^/]+\/needs(?:\/[^/]+)?$/,
    gone: true,
    unless: needsStay,
    message: 'This does not wait any more',
  },
  {
    kinds: ['github'],
    path: /\/if$/,
    now: /(?:^|\s|\()[\w.]+\s(?<![=!<>])=(?!=)\s|==\s*"|"\s*==/,
    message: 'This is no comparison that a pipeline understands',
  },
  {
    kinds: ['github'],
    path: /\/if$/,
    now: /\bgithub\.ref\s*[!=]=\s*'(?!refs\/)[^']+'|\bgithub\.(?:ref_name|head_ref|base_ref)\s*[!=]=\s*'refs\//,
    message: 'The two are written in different ways and never the same',
  },
  {
    kinds: ['github'],
    path: /\/steps\/.*\/if$/,
    now: /^(?:\$\{\{\s*)?(?:always\(\)|!cancelled\(\))(?:\s*\}\})?$/,
    unless: (change, source) => !isDelivery(change, source),
    message: 'This runs although what came before failed',
  },
  {
    kinds: ['github'],
    path: /\/schedule\/.*cron$/,
    unless: ({ now = '' }) => !isNoSchedule(now),
    message: 'No clock ever shows this',
  },
  {
    kinds: ['kubernetes'],
    path: /\/spec\/schedule$/,
    unless: ({ now = '' }) => !isNoSchedule(now),
    message: 'No clock ever shows this',
  },
  {
    kinds: ['github'],
    path: /^\/(?:on|true)\/[^/]+$/,
    unless: ({ path }) => EVENTS.test(path.split('/').at(-1) ?? ''),
    message: 'There is no such event',
  },
  {
    kinds: ['github'],
    path: /^\/(?:on|true)\/(\w+)\/branches-ignore$/,
    unless: ({ path }, { text }) =>
      under(treesOf({ text })[0], ...path.split('/').slice(1, -1), 'branches') === undefined,
    message: 'Beside branches this is not understood',
  },
  {
    kinds: ['github'],
    path: /\/(?:python|node|go|ruby|java|php|dotnet)-version$/,
    is: /^\d+\.\d*0$/,
    unless: ({ plain }) => !plain,
    message: 'Without quotes this is a number, and its last zero is lost',
  },
  {
    kinds: ['github'],
    path: /\/shell$/,
    now: /^(?:ba)?sh \{0\}$/,
    message: 'Only the last command of this step can fail it',
  },
  {
    kinds: ['compose'],
    path: /^\/services\/[^/]+\/[^/]+$/,
    unless: ({ path }) => SERVICE_KEYS.test(path.split('/').at(-1) ?? ''),
    message: 'Compose reads nothing of this name here',
  },
  {
    kinds: ['compose'],
    path: /\/healthcheck$/,
    gone: true,
    unless: (_change, { text }) => !/condition:\s*service_healthy/.test(text),
    message: 'Another service waits until this one is healthy, and nothing tells that any more',
  },
  {
    kinds: ['compose'],
    path: /\/ports\//,
    now: /^["']?(?:[\d.]+:)?\d+:\d+/,
    unless: ({ now = '' }, { text }) =>
      (text.match(new RegExp(`["'\\s-](?:[\\d.]+:)?${/(\d+):\d+/.exec(now)?.[1] ?? '\0'}:\\d+`, 'g')) ?? []).length < 2,
    message: 'Another service has this port of the machine',
  },
  {
    kinds: ['compose'],
    path: /\/(?:environment|env)\b/,
    before: /:\/\/(?:[^@/]*@)?[a-z][\w-]*(?::\d+|\/|$)/,
    now: /:\/\//,
    unless: hostIsThere,
    message: 'There is no service of this name',
  },
  {
    kinds: ['kubernetes'],
    path: /\/(?:readiness|liveness|startup)Probe$/,
    gone: true,
    message: 'Nobody asks any more whether it is ready',
  },
  {
    kinds: ['kubernetes'],
    path: /^\/ConfigMap\/[^/]+\/data\/[^/]+$/,
    is: /^(?:-?\d+(?:\.\d+)?|true|false|null)$/,
    unless: ({ plain }) => !plain,
    message: 'Values of a ConfigMap are texts: put it in quotes',
  },
  {
    kinds: ['kubernetes'],
    path: /^\/(\w+)\/[^/]+\/apiVersion$/,
    unless: ({ path, now = '' }) => GROUPS[path.split('/')[1] ?? '']?.test(now) ?? true,
    message: 'There is no such kind in this version',
  },
  {
    kinds: ['kubernetes'],
    path: /\/(?:httpGet|tcpSocket)\/port$/,
    is: /^\d+$|^[a-z]/,
    unless: portIsThere,
    message: 'The container does not open this port',
  },
  {
    kinds: ['kubernetes'],
    path: /\/ports\/.*targetPort$/,
    is: /^[a-z]/,
    unless: portIsThere,
    message: 'No container names this port',
  },
  {
    kinds: ['kubernetes'],
    path: /^\/ConfigMap\/[^/]+\/data\/[^/]+$/,
    gone: true,
    unless: ({ path }, { text }) =>
      !new RegExp(`key:\\s*["']?${path.split('/').at(-1)?.replace(/[^\w]/g, '.') ?? ''}["']?\\s*$`, 'm').test(text),
    message: 'A container still reads this',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/notify(?:\/[^/]+)?$/,
    is: /\w/,
    unless: ({ now = '' }, { text, path }) =>
      !/^\s*handlers:/m.test(text) ||
      path.includes('roles/') ||
      new RegExp(`(?:name|listen):\\s*["']?${now.replace(/[^\w]/g, '.')}`).test(text),
    message: 'There is no handler of this name',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/register$/,
    before: /\w/,
    now: /\w/,
    unless: ({ before = '' }, { text }) => !new RegExp(`(?<![\\w.])${before}\\b`).test(text),
    message: 'What was registered under the old name is still asked for',
  },
  { kinds: ['ansible', 'role'], path: /\/when$/, now: /\{\{/, message: 'Braces do not belong into a condition' },
];

/** The wait moved to another job, or what was waited for is gone as well. */
function needsStay({ path, before = '' }: SettingChange, source: SourceFile): boolean {
  const job = under(treesOf(source)[0], 'jobs', path.split('/')[2] ?? '');
  const asked = path.split('/')[4] ?? before;
  const lost = under(treesOf(source)[0], 'jobs', asked);
  const still = under(job, 'needs');
  return !job || !lost || still?.text === asked || (still?.children.some(({ text }) => text === asked) ?? false);
}

function hostIsThere({ before = '', now = '' }: SettingChange, source: SourceFile): boolean {
  const host = (text: string) => /:\/\/(?:[^@/]*@)?([a-z][\w-]*)(?::\d+|\/|$)/.exec(text)?.[1] ?? '';
  const names = under(treesOf(source)[0], 'services')?.children.map(({ key }) => key) ?? [];
  return !names.includes(host(before)) || names.includes(host(now)) || host(now) === '' || host(now) === 'localhost';
}

/** The file tells which ports containers open, and this is one of them; or it tells none. */
function portIsThere({ now = '' }: SettingChange, { text }: SourceFile): boolean {
  const opened = /^\d+$/.test(now)
    ? [...text.matchAll(/containerPort:\s*(\d+)/g)]
    : [
        ...text.matchAll(
          /name:\s*["']?([a-z][\w-]*)["']?\s*,?\s*(?:\n\s*)?containerPort|containerPort:\s*\d+\s*\n?\s*,?\s*name:\s*["']?([a-z][\w-]*)/g,
        ),
      ];
  const names = opened.map(([, one, other]) => one ?? other);
  return names.length === 0 || names.includes(now);
}

const NAMED_BY: readonly Setting[] = [
  {
    kinds: ['compose'],
    path: /^\/(?:networks|volumes|secrets|configs)\/[^/]+$/,
    gone: true,
    unless: ({ path }, source) =>
      !new RegExp(`(?:^\\s*-\\s*|[[,]\\s*)["']?${path.split('/').at(-1)?.replace(/[^\w]/g, '.') ?? ''}\\b`, 'm').test(
        source.text,
      ),
    message: 'A service still names this',
  },
];

const DEBUGS: readonly Setting[] = [
  {
    kinds: ['github'],
    path: /\/run$/,
    now: /^\s*(?:echo\s+["']?\$\{\{\s*toJSON\(\s*(?:github|env|steps|job|runner|matrix|needs)\s*\)\s*\}\}["']?|env(?:\s*\|\s*sort)?|printenv)\s*$/i,
    message: 'Everything is shown',
  },
  {
    kinds: ['github'],
    path: /\/uses$/,
    now: /action-tmate@|debug-via-ssh|action-upterm@|\/debugger-action/,
    message: 'The run waits for somebody to look',
  },
  {
    kinds: ['github'],
    path: /\/(?:ACTIONS_STEP_DEBUG|ACTIONS_RUNNER_DEBUG|RUNNER_DEBUG)$/,
    now: ON,
    message: 'The run tells all it does',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/(?:ansible\.builtin\.)?debug\/(?:var|msg)$/,
    now: /^(?:hostvars|vars|ansible_facts|\w+)$/,
    unless: (_change, source) => source.oldText === undefined,
    message: 'This shows a value',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/(?:ansible\.builtin\.)?pause(?:\/prompt)?$/,
    severity: 'low',
    message: 'The run waits for somebody to look',
  },
];

const NAMED_TESTS = /(?:^|[\s_.-])(?:unit|e2e|integration|all|regression)?[\s_-]*tests?(?:$|[\s_.-])|\bspecs?\b/i;
const runsTests = ({ path, line }: SettingChange, source: SourceFile): boolean =>
  NAMED_TESTS.test(path.replace(/^\/jobs\/(?:[^/]+\/steps\/)?/, ' ')) ||
  [-3, -2, -1, 0, 1, 2, 3].some((step) => TESTS.test(source.lineAt(line + step)?.text ?? ''));
const testsAtAll = ({ text }: SourceFile): boolean => TESTS.test(text);

const DISARMS: readonly Setting[] = [
  {
    kinds: ['github', 'gitlab'],
    path: /\/run$/,
    gone: true,
    before: TESTS,
    unless: stillRun,
    message: 'Tests are not run any more',
  },
  {
    kinds: ['github'],
    path: /^\/jobs\/[^/]+\/needs(?:\/[^/]+)?$/,
    gone: true,
    unless: (change, source) =>
      !/test|check|ci|verify/i.test(change.path.split('/')[4] ?? change.before ?? '') || needsStay(change, source),
    message: 'This does not wait for the tests any more',
  },
  {
    kinds: ['github'],
    path: /\/matrix\/(?:os|platform|runner)\//,
    gone: true,
    unless: (_change, source) => !testsAtAll(source),
    message: 'Tests do not run there any more',
  },
  {
    kinds: ['github'],
    path: /\/matrix\/[^/]+\/[^/]+$/,
    gone: true,
    severity: 'low',
    unless: (_change, source) => !testsAtAll(source),
    message: 'Tests do not run with this any more',
  },
  {
    kinds: ['github'],
    path: /\/matrix\/exclude\//,
    now: /./,
    unless: (_change, source) => !testsAtAll(source),
    message: 'Tests do not run there any more',
  },
  {
    kinds: ['github'],
    path: /^\/(?:on|true)\/.*paths-ignore\//,
    now: /^(?:\.\/)?(?:src|lib|app|pkg|packages|crates|cmd|internal)\b|^\*\*(?:\/\*)?$|\.(?:js|ts|py|go|rs|java)$/,
    unless: (_change, source) => !testsAtAll(source),
    message: 'A change of the code does not start the tests any more',
  },
  {
    kinds: ['github'],
    path: /^\/jobs\/[^/]+\/(?:steps\/.*\/)?if$/,
    now: /^(?:\$\{\{\s*)?(?:github\.event_name\s*==\s*'(?:workflow_dispatch|schedule|push|release)'|github\.ref\s*==\s*'refs\/heads\/\w+'|startsWith\(github\.ref,\s*'refs\/tags)/,
    unless: (change, source) =>
      !runsTests(change, source) || !/\bpull_request\b/.test(source.text) || isDelivery(change, source),
    message: 'A pull request does not start these tests any more',
  },
  {
    kinds: ['github'],
    path: /\/continue-on-error$/,
    now: ON,
    unless: (change, source) => !runsTests(change, source),
    message: 'Tests may fail here and nobody hears of it',
  },
  {
    kinds: ['github'],
    path: /\/shell$/,
    now: /^(?:ba)?sh \{0\}$/,
    unless: (change, source) => !runsTests(change, source),
    message: 'Tests may fail here and nobody hears of it',
  },
  { path: /\/(?:SKIP_?\w*TESTS?|NO_?TESTS?|TESTS?_SKIP\w*|SKIP_TESTS)$/i, now: ON, message: 'Tests are skipped' },
  {
    kinds: ['github'],
    path: /\/(?:fail_ci_if_error|fail-on-error|fail_on_error|fail-fast-tests)$/,
    before: ON,
    now: OFF,
    message: 'What the report says does not fail the run any more',
  },
  { kinds: ['coverage'], path: /\/informational$/, now: ON, message: 'The bar of coverage counts for nothing' },
  {
    kinds: ['gitlab'],
    path: /\/(?:only|refs)\//,
    now: /^(?:schedules|web|triggers|tags)$/,
    unless: (change, source) => !runsTests(change, source),
    message: 'A merge request does not start these tests any more',
  },
  {
    kinds: ['github', 'gitlab'],
    path: /\/(?:run|script)\b/,
    now: /--(?:retries|reruns|retry)[= ][2-9]/,
    severity: 'low',
    message: 'A test that fails is tried again until it passes',
  },
];

/** The same command stands elsewhere in the file, outside of comments, or came with another file. */
function stillRun({ before = '' }: SettingChange, source: SourceFile): boolean {
  const command = TESTS.exec(before)?.[0] ?? before;
  const live = source.text.replace(/^\s*#.*$/gm, '').replace(/\s#\s.*$/gm, '');
  return live.includes(command) || TESTS.test(live);
}

const COSTS: readonly Setting[] = [
  {
    kinds: ['github'],
    path: /\/with\/key$/,
    now: /github\.(?:sha|run_id|run_number)\b/,
    unless: ({ path, before = '' }, source) =>
      /github\.(?:sha|run_id)/.test(before) || /restore-keys/.test(source.text) || !/cache/i.test(path),
    message: 'No run finds what another one cached',
  },
  {
    kinds: ['github'],
    path: /(?:^|\/)concurrency(?:\/group)?$/,
    gone: true,
    unless: (_change, { text }) => /^\s*concurrency:/m.test(text),
    message: 'Runs that nobody waits for go on',
  },
  {
    kinds: ['github'],
    path: /\/timeout-minutes$/,
    gone: true,
    unless: (_change, { text }) => /timeout-minutes:/.test(text),
    severity: 'low',
    message: 'A job that hangs takes hours',
  },
  {
    kinds: ['github'],
    path: /\/with\/(?:cache-from|cache-to)$/,
    gone: true,
    unless: (_change, { text }) => /cache-(?:from|to):/.test(text),
    message: 'Every layer is built anew',
  },
  {
    kinds: ['github', 'gitlab'],
    path: /\/(?:run|script)\b/,
    now: /\bdocker\b.*\bbuild\b.*\s--no-cache\b/,
    unless: ({ before }) => before !== undefined && before.includes('--no-cache'),
    message: 'Every layer is built anew',
  },
  {
    kinds: ['github'],
    path: /^\/jobs\/[^/]+\/needs$/,
    now: /^(?:lint|format|style|typecheck|types|docs)$/i,
    severity: 'low',
    message: 'What ran side by side waits now',
  },
  {
    kinds: ['kubernetes'],
    path: /\/replicas$/,
    before: /^(?:[2-9]|\d\d+)$/,
    now: /^1$/,
    severity: 'low',
    message: 'One does what several did',
  },
  {
    kinds: ['kubernetes'],
    path: /\/imagePullPolicy$/,
    before: /IfNotPresent/,
    now: /Always/,
    severity: 'low',
    message: 'The image is fetched at every start',
  },
  {
    kinds: ['kubernetes'],
    path: /\/concurrencyPolicy$/,
    before: /Forbid|Replace/,
    now: /Allow/,
    message: 'Runs pile up if one takes longer than the time to the next',
  },
  {
    kinds: ['kubernetes'],
    path: /\/(?:sizeLimit|maxReplicas|activeDeadlineSeconds|ttlSecondsAfterFinished|backoffLimit)$/,
    gone: true,
    message: 'A bound is gone',
  },
  {
    kinds: ['compose'],
    path: /\/(?:logging|max-size|max-file|mem_limit|pids_limit)$/,
    gone: true,
    message: 'A bound is gone',
  },
  { kinds: ['ansible'], path: /\/serial$/, now: /^1$/, severity: 'low', message: 'One machine after the other' },
  {
    kinds: ['ansible', 'role'],
    path: /\/cache_valid_time$/,
    gone: true,
    message: 'The lists of packages are fetched at every run',
  },
  {
    kinds: ['ansible', 'role'],
    path: /\/(?:ansible\.builtin\.)?uri\/url$/,
    now: /\{\{\s*item\b/,
    message: 'One request for each element',
  },
];

const CONTRACTS: readonly Setting[] = [
  {
    kinds: ['action'],
    path: /^\/inputs\/[^/]+\/required$/,
    now: ON,
    unless: ({ path }, source) =>
      under(treesOf(source)[0], 'inputs', path.split('/')[2] ?? '', 'default') !== undefined || !oldHas(path, source),
    message: 'Whoever uses this action has to give it now',
  },
  {
    kinds: ['action'],
    path: /^\/inputs\/[^/]+\/default$/,
    before: /./,
    severity: 'low',
    message: 'Whoever relies on the default gets another',
  },
  {
    kinds: ['github'],
    path: /^\/(?:on|true)\/workflow_call\/(?:secrets|inputs)\/[^/]+\/required$/,
    now: ON,
    unless: ({ path }, source) => !oldHas(path, source),
    message: 'Whoever calls this has to give it now',
  },
  {
    kinds: ['openapi'],
    path: /\/required\/[^/]+$/,
    now: /\w/,
    unless: ({ path }, source) => !oldHas(path.replace(/\/[^/]+$/, ''), source),
    message: 'Whoever sends this has to give it now',
  },
  { kinds: ['openapi'], path: /\/properties\/[^/]+$/, gone: true, message: 'Others may read this' },
  { kinds: ['values'], path: /^\/[^/]+\/.+$/, gone: true, severity: 'low', message: 'Others may set this' },
  {
    kinds: ['compose'],
    path: /^\/services\/[^/]+$/,
    gone: true,
    severity: 'low',
    message: 'Others may name this service',
  },
  {
    kinds: ['kubernetes'],
    path: /^\/CustomResourceDefinition\/[^/]+\/spec\/versions\/[^/]+$/,
    gone: true,
    message: 'Objects of this version cannot be read any more',
  },
  { kinds: ['role'], path: /^\/[a-z]\w+$/, gone: true, message: 'Playbooks may set this' },
  { kinds: ['hooks'], path: /^\/[^/]+$/, gone: true, message: 'Others may name this hook' },
];

/** What the setting belongs to stood before the change. */
function oldHas(path: string, source: SourceFile): boolean {
  const parent = path.split('/').slice(1, -1);
  return under(treesOf({ text: source.oldText ?? '' })[0], ...parent) !== undefined;
}

/** Settings that do not mean what they seem to, or were left in from looking for a fault. */
export const settingSlips: readonly Rule[] = [
  settingRule(
    { id: 'code/pipeline-slip', severity: 'medium', remedy: 'Write it as the program that reads it understands it.' },
    [...SLIPS, ...NAMED_BY],
  ),
  settingRule({ id: 'code/debug-print', severity: 'medium', remedy: 'Remove it.' }, DEBUGS),
];
/** Settings by which tests count less than they did. */
export const settingTests: readonly Rule[] = [
  settingRule(
    { id: 'test/disarmed', severity: 'medium', remedy: 'Let the tests run, and a failed test fail the run.' },
    DISARMS,
  ),
];
/** Settings that cost more than before. */
export const settingCosts: readonly Rule[] = [
  settingRule(
    { id: 'performance/pipeline', severity: 'medium', remedy: 'Keep the bound, and what is kept between runs.' },
    COSTS,
  ),
];
/** Settings that others rely on. */
export const settingContracts: readonly Rule[] = [
  settingRule(
    {
      id: 'architect/changed-api',
      severity: 'medium',
      remedy: 'Keep it as it was, or say in the change log that it changes.',
      removes: true,
    },
    CONTRACTS,
  ),
];
