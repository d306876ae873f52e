import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { functionAround } from '../read/flow.ts';
import type { SourceFile } from '../read/reading.ts';
import type { Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

function functionText(line: number, source: SourceFile): string {
  const fn = functionAround({ line, source });
  return fn
    ? source.lines
        .slice(fn.start - 1, fn.end)
        .map(({ text }) => text)
        .join('\n')
    : source.text;
}

const deserialisation = sinkRules(
  {
    id: 'security/unsafe-deserialisation',
    severity: 'high',
    remedy: 'Use a format that holds data only, such as JSON, or the safe loader.',
  },
  [
    {
      languages: ['python'],
      pattern:
        /(?<![\w.])(?:c?[pP]ickle|dill|cloudpickle|marshal|jsonpickle|shelve|joblib)\.(?:loads?|decode|open|Unpickler)\(/,
      message: '`$&…)` can run code that its input names',
    },
    {
      languages: ['python'],
      pattern:
        /\byaml\.(?:load|load_all)\((?!.*(?:Safe|Base)Loader)|\byaml\.(?:unsafe_load|full_load)(?:_all)?\(|\bLoader\s*=\s*(?:yaml\.)?(?:Unsafe|Full)?Loader\b/,
      unless: (line, source) =>
        /SafeLoader|BaseLoader|YAML\(/.test(
          (source.lineAt(line.number + 1)?.code ?? '') + (source.lineAt(line.number + 2)?.code ?? ''),
        ),
      message: 'This YAML loader can make any object',
    },
    {
      languages: ['python'],
      pattern: /(?<![\w.])(?:loads?|Unpickler)\(/,
      unless: (line, source) =>
        !/^from (?:c?[pP]ickle|dill|cloudpickle|marshal|joblib|jsonpickle) import .*\b(?:loads?|Unpickler)\b/m.test(
          source.text,
        ) || /\bdef\b/.test(line.code),
      message: '`$&…)` can run code that its input names',
    },
    {
      languages: ['python'],
      pattern: /\bresolve_entities\s*=\s*True\b|\bfeature_external_ges\s*,\s*(?:True|1)\b/,
      severity: 'medium',
      message: 'This parser follows what a document names outside of itself',
      remedy: 'Turn external entities off, or use defusedxml.',
    },
    {
      languages: JVM,
      pattern: /\bnew Yaml\(\s*new Constructor\(/,
      message: 'This YAML loader can make any object',
      remedy: 'Use SafeConstructor.',
    },
    {
      languages: ['go', 'java', 'kotlin', ...SCRIPTS],
      pattern:
        /\bfilepath\.Join\([^()]*,\s*(?:f|file|zf|zipFile|header|hdr|h|entry|e)\.Name\s*\)|\bnew File\([^()]*,\s*\w*[eE]ntry\w*\.getName\(\)\s*\)|\.resolve\(\s*\w*[eE]ntry\w*\.getName\(\)\s*\)|\bpath\.(?:join|resolve)\([^()]*,\s*(?:entry|file|header)\.(?:path|fileName|name|entryName)\s*\)/,
      unless: (line, source) =>
        !/archive\/(?:zip|tar)|java\.util\.(?:zip|jar)|yauzl|unzipper|adm-zip|tar-stream|jszip|commons\.compress/.test(
          source.text,
        ) || /HasPrefix|IsLocal|startsWith\(|normalize\(|SecureJoin|\.\.["'/]/.test(functionText(line.number, source)),
      message: 'An entry of an archive may be written outside of its folder',
      remedy: 'Refuse an entry whose path leaves the folder.',
    },
    {
      languages: ['python'],
      pattern: /\btorch\.load\((?!.*weights_only\s*=\s*True)|\bnp\.load\(.*allow_pickle\s*=\s*True/,
      severity: 'medium',
      message: 'Loading this file can run code',
    },
    {
      languages: ['python'],
      pattern: /\.extractall\((?!.*\bfilter\s*=)/,
      unless: (_line, source) => !/\btarfile\b/.test(source.text),
      severity: 'medium',
      message: 'An archive may write outside of its folder',
      remedy: "Pass filter='data'.",
    },
    {
      languages: JVM,
      pattern:
        /\b(?:DocumentBuilderFactory|SAXParserFactory|XMLInputFactory|TransformerFactory|SchemaFactory)\.new(?:Instance|Factory|DefaultInstance)\(/,
      unless: (_line, source) =>
        /setFeature|ACCESS_EXTERNAL|SUPPORT_DTD|setExpandEntityReferences|SECURE_PROCESSING/.test(source.text),
      severity: 'medium',
      message: 'This parser follows what a document names outside of itself',
      remedy: 'Turn document types and external entities off.',
    },
    {
      languages: JVM,
      pattern: /\.readObject\(\)|\bnew XMLDecoder\(|\.enableDefaultTyping\(|activateDefaultTyping\(/,
      unless: (line, source) =>
        /private void readObject|defaultReadObject|ObjectInputStream in\)/.test(line.code) ||
        /private void readObject/.test(source.lineAt(line.number - 1)?.code ?? ''),
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: ['ruby'],
      pattern: /\bMarshal\.load\(|\bYAML\.(?:unsafe_load|load)\(/,
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: ['php'],
      pattern: /(?<![\w>:])unserialize\(\s*(?!.*allowed_classes)/,
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: ['csharp'],
      pattern:
        /\bnew (?:BinaryFormatter|SoapFormatter|NetDataContractSerializer|LosFormatter)\(|TypeNameHandling\.(?:All|Auto|Objects)/,
      message: 'Objects are made from untrusted bytes',
    },
    {
      languages: SCRIPTS,
      pattern: /\b(?:unserialize|node_serialize\.unserialize|serialize\.unserialize)\(/,
      unless: (_line, source) => !/node-serialize/.test(source.text),
      message: 'Objects are made from untrusted bytes',
    },
  ],
);

/** Objects and files made from what may be hostile. */
export const objectRules: readonly Rule[] = deserialisation;
