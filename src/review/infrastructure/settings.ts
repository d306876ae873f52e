import type { Severity } from '../../goal/wall.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { settingChanges, settingsKind, type SettingChange, type SettingsKind } from '../read/settings.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** A setting that is worse than it was: where it stands, what it was, what it is. `gone` alone asks that it was taken out. */
export type Setting = {
  kinds?: readonly SettingsKind[];
  path: RegExp;
  before?: RegExp;
  /** What it became; it was something else. */
  now?: RegExp;
  /** What it is, whatever it was. */
  is?: RegExp;
  gone?: true;
  unless?: (change: SettingChange, source: SourceFile) => boolean;
  severity?: Severity;
  message: string;
};

/** A rule of a table of settings, each told where the change made it so. */
export function settingRule(
  rule: Pick<Rule, 'id' | 'severity' | 'remedy' | 'removes'>,
  settings: readonly Setting[],
): Rule {
  return {
    ...rule,
    ignoresMoves: true,
    languages: ['yaml'],
    *find(reading: Reading) {
      for (const source of reading.files) {
        if (source.language.name !== 'yaml' || source.role === 'test') continue;
        const changes = settingChanges(source);
        if (changes.length === 0) continue;
        const kind = settingsKind(source);
        const own = settings.filter(({ kinds }) => kinds?.includes(kind) ?? true);
        for (const change of changes) {
          const worse = own.find((setting) => isStruck(setting, change) && setting.unless?.(change, source) !== true);
          if (worse)
            yield {
              file: source.path,
              line: change.line,
              message: `${worse.message}: \`${shorten(change.now ?? (worse.gone ? change.path.split('/').at(-1) : undefined) ?? change.text ?? change.before ?? '')}\``,
              ...(change.text === undefined ? {} : { text: change.text }),
              ...(worse.severity ? { severity: worse.severity } : {}),
            } satisfies Hit;
        }
      }
    },
  };
}

function isStruck({ path, before, now, is, gone }: Setting, change: SettingChange): boolean {
  if (!path.test(change.path)) return false;
  if (gone === true) return change.now === undefined && (before?.test(change.before ?? '') ?? true);
  if (change.now === undefined || is?.test(change.now) === false || now?.test(change.now) === false) return false;
  if (before) return change.before !== undefined && before.test(change.before);
  return !(now && change.before !== undefined && now.test(change.before));
}
