import { describeRound, type ReviewRound } from '../ledger.ts';
import { adviceOf, SEVERITIES, waive, wallVerdict, type Finding, type Wall } from '../wall.ts';
import { clip, encodeCell, renderTable } from '../text.ts';
import { renderPassStatus } from './words.ts';

/** The name under which the wall's verdict stands on a head. */
const WALL_CHECK = 'omk / review wall';

/** What `createCheckRun` is given, but for what the caller adds: a finding stands at its line, the whole in the summary. */
type WallCheck = {
  name: string;
  head: string;
  /** One check a head and base. */
  key: string;
  conclusion: 'success' | 'failure';
  title: string;
  summary: string;
  annotations: WallAnnotation[];
};

type WallAnnotation = {
  path: string;
  line: number;
  level: 'notice' | 'warning' | 'failure';
  message: string;
};

/** The wall as a check run. Findings that a person let through do not fail it and are said in the summary. */
export function renderCheckRun(
  wall: Wall,
  waivers: readonly { finding: string; reason: string }[] = [],
  round?: ReviewRound,
): WallCheck {
  const shown = waive(wall, waivers);
  const verdict = wallVerdict(shown);
  const findings = shown.passes.flatMap((pass) => pass.findings);
  const rows = shown.passes.map(({ pass, status, severity, feedback }) => [
    pass,
    renderPassStatus(status),
    severity,
    encodeCell(feedback),
  ]);
  const table = renderTable(['Pass', 'Status', 'Severity', 'Feedback'], rows);
  const placed = findings.filter(({ file }) => file !== '').toSorted((a, b) => rank(b) - rank(a));
  const unshown = placed.length - MOST_ANNOTATIONS;
  const more = unshown > 0 ? [`- ${unshown} more findings have no annotation; the proof lists them.`] : [];
  const whole = findings.filter(({ file }) => file === '').map((finding) => `- ${encodeCell(adviceOf(finding))}`);
  const waived = waivers.map(
    ({ finding, reason }) => `- \`${finding}\` was let through by a person: ${encodeCell(reason)}`,
  );
  const ids = new Set(waivers.map(({ finding }) => finding));
  const fixed = (round?.fixed ?? [])
    .filter(({ id }) => !ids.has(id))
    .map(
      ({ id, rule, file, message }) => `- \`${id}\` is fixed: ${rule} in ${encodeCell(file)}: ${encodeCell(message)}`,
    );
  const counted = round && describeRound(round, waivers);
  const said = counted === undefined ? [] : [`\nReview ${counted}.\n`];
  return {
    name: WALL_CHECK,
    head: wall.head,
    key: `wall-${wall.head}-${wall.base}`,
    conclusion: verdict.kind === 'passed' ? 'success' : 'failure',
    title:
      verdict.kind === 'passed'
        ? 'The review wall passed'
        : `Blocked by ${[...verdict.by, ...verdict.missing].join(', ') || 'anti-slop'}`,
    summary: clip([table, ...said, ...whole, ...more, ...fixed, ...waived].join('\n'), 60_000),
    annotations: placed.slice(0, MOST_ANNOTATIONS).map(toAnnotation),
  };
}

/** Ten calls to GitHub; nobody reads more, and the worst come first. */
const MOST_ANNOTATIONS = 500;

function rank({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity);
}

function toAnnotation(finding: Finding): WallAnnotation {
  const { id, rule, file, line, severity } = finding;
  const level = severity === 'low' ? 'notice' : severity === 'medium' ? 'warning' : 'failure';
  const words = `${rule} (${severity}): ${adviceOf(finding)}\n\nAccept it with: /omk accept ${id} REASON`;
  return { path: file, line: Math.max(1, line), level, message: clip(words, 4_000) };
}
