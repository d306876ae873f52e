import { COMMANDS } from '../command.ts';
import { encodeCell, encodeCodeCell, renderTable } from '../text.ts';

const PLACES = { issue: 'issue', pull: 'pull request', both: 'both' } as const;
const OPTIONS =
  'Options of `run`, before the text: `--budget-usd 5`, `--budget-tokens 2M`, `--budget-time 90m`, `--max-agents 2`, ' +
  '`--delivery local`, `draft-pr` or `auto-pr`, `--merge disabled`, `manual` or `gated`, `--base <branch>`, `--plan` (stop for approval), ' +
  '`--dry-run` (change nothing on GitHub).';

/** The table of commands with only those that apply there; everything for the README. */
export function renderHelp(where: 'issue' | 'pull' | 'everywhere'): string {
  const shown = COMMANDS.filter((info) => where === 'everywhere' || info.where === 'both' || info.where === where);
  const rows = shown.map((info) => [
    encodeCodeCell(info.usage),
    PLACES[info.where],
    info.needs,
    encodeCell(info.effect),
  ]);
  const table = renderTable(['Command', 'Where', 'Who', 'Effect'], rows);
  return where === 'pull' ? table : `${table}\n\n${OPTIONS}`;
}
