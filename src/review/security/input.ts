import { isFromRequest, type Place } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { Rule } from '../rules.ts';
import { callRules, sinkRules } from './sinks.ts';

const INPUT = {
  id: 'security/untrusted-input',
  severity: 'high',
  remedy: 'Check the value against what is allowed before it is used.',
} as const;

const FILE = 'A path from the request reaches the file system';
const ADDRESS = 'The request says which address is called';
const REDIRECT = 'The request says where people are sent';
const JVM: readonly LanguageName[] = ['java', 'kotlin'];

const flows = callRules(INPUT, [
  {
    languages: SCRIPTS,
    call: /\b(?:readFile|readFileSync|createReadStream|createWriteStream|sendFile|download|unlink|unlinkSync|rm|rmSync|writeFile|writeFileSync|readdir|readdirSync)\(/,
    many: 1,
    is: isFromRequest,
    unless: ({ code }) => /\broot:/.test(code),
    message: FILE,
  },
  {
    languages: SCRIPTS,
    call: /\bpath\.(?:join|resolve)\(/,
    is: isFromRequest,
    unless: isHeldAfterwards,
    message: FILE,
  },
  {
    languages: ['python'],
    call: /(?<![\w.])(?:open|send_file|FileResponse)\(|\bos\.(?:path\.join|remove|unlink|listdir)\(|\bPath\(|\.joinpath\(|\bshutil\.\w+\(/,
    is: isFromRequest,
    unless: isHeldAfterwards,
    message: FILE,
  },
  {
    languages: ['go'],
    call: /\bos\.(?:Open|OpenFile|Create|ReadFile|WriteFile|Remove|RemoveAll)\(|\bioutil\.ReadFile\(|\bhttp\.ServeFile\(|\bfilepath\.Join\(|\bc\.File\(/,
    is: isFromRequest,
    unless: isHeldAfterwards,
    message: FILE,
  },
  {
    languages: JVM,
    call: /\bnew (?:File|FileInputStream|FileReader|FileOutputStream)\(|\bPaths?\.(?:get|of)\(|\.resolve\(/,
    is: isFromRequest,
    unless: isHeldAfterwards,
    message: FILE,
  },
  {
    languages: ['rust'],
    call: /\b(?:fs::(?:read|read_to_string|write|remove_file)|File::(?:open|create)|NamedFile::open)\(|\.join\(/,
    many: 1,
    is: isFromRequest,
    unless: isHeldAfterwards,
    message: FILE,
  },
  {
    languages: SCRIPTS,
    call: /(?<![\w$.])(?:fetch|axios(?:\.\w+)?|got(?:\.\w+)?|request(?:\.get)?|ky(?:\.\w+)?|https?\.(?:get|request))\(/,
    many: 1,
    is: (value, place) => !/^\s*`[a-z]+:\/\/[^$]+\/[^`]*\$/.test(value.text) && isFromRequest(value, place),
    message: ADDRESS,
  },
  {
    languages: ['python'],
    call: /\b(?:requests|httpx)\.(?:get|post|put|delete|patch|head|request)\(|\burlopen\(/,
    many: 1,
    is: (value, place) => !/^\s*f["'][a-z]+:\/\/[^{]+\//.test(value.text) && isFromRequest(value, place),
    message: ADDRESS,
  },
  {
    languages: ['go'],
    call: /\bhttp\.(?:Get|Post|Head)\(|\bhttp\.NewRequest(?:WithContext)?\(/,
    is: isFromRequest,
    unless: ({ code }) => /\bNewRequest.*\br\.Method\b/.test(code),
    message: ADDRESS,
  },
  {
    languages: JVM,
    call: /\bnew URL\(|\bURI\.create\(|\.(?:getForObject|getForEntity|exchange|postForObject|openConnection)\(/,
    many: 1,
    is: isFromRequest,
    message: ADDRESS,
  },
  {
    languages: ['rust'],
    call: /\breqwest::(?:blocking::)?get\(|\bclient\.get\(/,
    many: 1,
    is: isFromRequest,
    message: ADDRESS,
  },
  {
    languages: SCRIPTS,
    call: /\b(?:res|reply|response|ctx)\.redirect\(/,
    is: isFromRequest,
    severity: 'medium',
    message: REDIRECT,
  },
  {
    languages: ['python'],
    call: /(?<![\w.])(?:redirect|HttpResponseRedirect|RedirectResponse)\(/,
    many: 1,
    is: isFromRequest,
    severity: 'medium',
    message: REDIRECT,
  },
  {
    languages: ['go'],
    call: /\bhttp\.Redirect\(|\bc\.Redirect\(/,
    is: (value, place) => !/\bURL\.Path\b|\.String\(/.test(value.code) && isFromRequest(value, place),
    severity: 'medium',
    message: REDIRECT,
  },
  {
    languages: JVM,
    call: /\.sendRedirect\(/,
    is: isFromRequest,
    severity: 'medium',
    message: REDIRECT,
  },
  {
    languages: SCRIPTS,
    call: /\bnew RegExp\(/,
    many: 1,
    is: isFromRequest,
    severity: 'medium',
    message: 'The request supplies a pattern',
  },
  {
    languages: ['python'],
    call: /\bre\.(?:compile|search|match|fullmatch|findall|sub)\(/,
    many: 1,
    is: isFromRequest,
    severity: 'medium',
    message: 'The request supplies a pattern',
  },
]);

/** The path that is made here is held against its folder in the lines that follow. */
function isHeldAfterwards(_statement: unknown, { line, source }: Place): boolean {
  for (let at = line; at <= line + 6; at += 1)
    if (
      /startsWith\(|startswith\(|HasPrefix\(|is_relative_to\(|relative\(|Rel\(|commonpath|normalize\(\)|starts_with\(/.test(
        source.lineAt(at)?.code ?? '',
      )
    )
      return true;
  return false;
}

const input = sinkRules(INPUT, [
  {
    languages: ['php'],
    pattern:
      /\b(?:include|require)(?:_once)?\b.*\$_(?:GET|POST|REQUEST|COOKIE)\b|\b(?:file_get_contents|fopen|readfile|unlink)\(.*\$_(?:GET|POST|REQUEST)\b/,
    message: FILE,
  },
  {
    languages: SCRIPTS,
    pattern:
      /\b(?:findOne|find|findOneAndUpdate|updateOne|deleteOne|deleteMany|countDocuments)\(\s*(?:\{[^}]*:\s*)?req\.(?:body|query)(?:\.\w+)?\s*[,})]/,
    severity: 'medium',
    message: 'An object from the request becomes part of a query',
    remedy: 'Make the value a text first, or check its type.',
  },
]);

/** What a request says, used as it stands. */
export const inputRules: readonly Rule[] = [...flows, ...input];
