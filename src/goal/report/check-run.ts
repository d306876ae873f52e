import { describeRound, type ReviewRound } from '../ledger.ts';
import { adviceOf, waive, wallVerdict, type Finding, type Wall } from '../wall.ts';
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
  const said = round ? [`\nReview ${describeRound(round, waivers)}.\n`] : [];
  return {
    name: WALL_CHECK,
    head: wall.head,
    key: `wall-${wall.head}-${wall.base}`,
    conclusion: verdict.kind === 'passed' ? 'success' : 'failure',
    title:
      verdict.kind === 'passed'
        ? 'The review wall passed'
        : `Blocked by ${[...verdict.by, ...verdict.missing].join(', ') || 'anti-slop'}`,
    summary: clip([table, ...said, ...whole, ...fixed, ...waived].join('\n'), 60_000),
    annotations: findings.filter(({ file }) => file !== '').map(toAnnotation),
  };
}

function toAnnotation(finding: Finding): WallAnnotation {
  const { id, rule, file, line, severity } = finding;
  const level = severity === 'low' ? 'notice' : severity === 'medium' ? 'warning' : 'failure';
  const words = `${rule} (${severity}): ${adviceOf(finding)}\n\nAccept it with: /omk accept ${id} REASON`;
  return { path: file, line: Math.max(1, line), level, message: clip(words, 4_000) };
}
