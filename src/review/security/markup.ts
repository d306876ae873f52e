import { isBuilt, isFromRequest, type Place, type Value } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';
import { callRules, sinkRules } from './sinks.ts';

const markup = sinkRules(
  {
    id: 'security/markup-injection',
    severity: 'high',
    remedy: 'Set text instead of markup, or clean the markup first.',
  },
  [
    {
      languages: SCRIPTS,
      pattern:
        /\.(?:innerHTML|outerHTML)\s*\+?=(?!=)\s*(?!['"`]·*['"`]\s*;?\s*$|\s*(?:\w*[Pp]urify|sanitize|escape))\S/,
      unless: (line) => /purify|sanitiz|escape/i.test(line.code),
      message: 'Values are put into the page as markup',
    },
    {
      languages: SCRIPTS,
      pattern: /\bdangerouslySetInnerHTML=\{\{\s*__html:\s*(?!['"`]·*['"`])/,
      unless: (line) => /purify|sanitiz|escape/i.test(line.code),
      message: 'Values are put into the page as markup',
    },
    {
      languages: SCRIPTS,
      pattern: /\bdocument\.write(?:ln)?\(\s*(?!['"]·*['"]\s*\))|\.insertAdjacentHTML\([^,]+,\s*(?!['"`]·*['"`]\s*\))/,
      unless: (line) => /purify|sanitiz|escape/i.test(line.code),
      message: 'Values are put into the page as markup',
    },
    {
      languages: SCRIPTS,
      view: 'text',
      pattern:
        /\bres(?:ponse)?\.(?:send|write|end)\(\s*(?:["'`][^"'`]*<.*["'`]\s*\+\s*|`[^`]*<[^`]*\$\{)\s*req(?:uest)?\.(?:query|params|body)\b/,
      unless: (line) => /purify|sanitiz|escape|encode/i.test(line.code),
      message: 'Input is sent back as markup',
    },
    {
      languages: ['python'],
      pattern:
        /\b(?:mark_safe|Markup)\(\s*(?:f['"]|['"]·*['"]\s*(?:%|\+|\.format)|[\w.]+\s*[%+])|\brender_template_string\(\s*(?!['"])|\bautoescape\s*=\s*False\b/,
      message: 'Values are put into the page as markup',
    },
    {
      languages: ['go'],
      pattern: /\btemplate\.(?:HTML|JS|URL)\(\s*(?!["`])[\w.]/,
      message: 'Values are put into the page as markup',
    },
    {
      languages: ['php'],
      pattern: /\b(?:echo|print)\b.*\$_(?:GET|POST|REQUEST|COOKIE)\b/,
      unless: (line) => /htmlspecialchars|htmlentities|intval/.test(line.code),
      message: 'Input is printed as markup',
    },
  ],
);

const MARKUP = {
  id: 'security/markup-injection',
  severity: 'high',
  remedy: 'Set text instead of markup, or clean the markup first.',
} as const;

/** Markup with a value of the request in it. */
function isReflected(value: Value, place: Place): boolean {
  return SHOWS_MARKUP.test(value.text) && isFromRequest(value, place);
}

const SHOWS_MARKUP = /<\/?[a-z][\w-]*[^<>]*>/i;
const ESCAPED = /purify|sanitiz|escape|encode/i;

const reflected = callRules(MARKUP, [
  {
    languages: SCRIPTS,
    call: /\b(?:res|response|reply|ctx)\.(?:send|write|end|html)\(/,
    is: isReflected,
    unless: ({ code }) => ESCAPED.test(code),
    message: 'Input is sent back as markup',
  },
  {
    languages: SCRIPTS,
    call: /(?:\$\([^()]*\)|\$\w+)\.(?:html|append|prepend|before|after)\(/,
    many: 1,
    is: (value, place) => SHOWS_MARKUP.test(value.text) && isBuilt(value, place),
    unless: ({ code }) => ESCAPED.test(code),
    message: 'Values are put into the page as markup',
  },
  {
    languages: ['go'],
    call: /\bfmt\.Fprint(?:f|ln)?\(|\bio\.WriteString\(|\bw\.Write\(/,
    whole: true,
    is: isReflected,
    unless: ({ code }) => ESCAPED.test(code),
    message: 'Input is sent back as markup',
  },
  {
    languages: ['java', 'kotlin'],
    call: /\.getWriter\(\)\.(?:print(?:ln|f)?|write|append)\(|\b(?:out|writer)\.(?:print(?:ln|f)?|write)\(/,
    is: isReflected,
    unless: ({ code }) => ESCAPED.test(code),
    message: 'Input is sent back as markup',
  },
  {
    languages: ['python'],
    call: /\b(?:HttpResponse|HTMLResponse|make_response|Response)\(/,
    is: isReflected,
    unless: ({ code }) => ESCAPED.test(code),
    message: 'Input is sent back as markup',
  },
]);

/** `return f"<h1>{name}</h1>"` of a handler. */
const returned: Rule = {
  ...MARKUP,
  languages: ['python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python'], ['product', 'script']))
      for (const line of source.added) {
        const code = /^\s*return\s+(?=\S)/.exec(line.code)?.[0];
        if (code === undefined || !SHOWS_MARKUP.test(line.text)) continue;
        const value = { code: line.code.slice(code.length), text: line.text.slice(code.length) };
        if (!ESCAPED.test(value.code) && isReflected(value, { line: line.number, source }))
          yield { file: source.path, line: line.number, message: 'Input is sent back as markup' } satisfies Hit;
      }
  },
};

/** A page from a library that escapes nothing. */
const unescaped: Rule[] = [
  ...sinkRules({ ...MARKUP, severity: 'medium' }, [
    {
      languages: ['python'],
      pattern: /(?<![\w.])(?:jinja2\.)?Environment\((?!.*autoescape)/,
      unless: (line, source) =>
        !/\bjinja2\b/.test(source.text) || !/html|mail|web|page|view|site/i.test(source.path + line.text),
      message: 'This environment escapes nothing',
      remedy: 'Pass autoescape=select_autoescape().',
    },
    {
      languages: ['go'],
      view: 'text',
      pattern: /"text\/template"/,
      unless: (_line, source) =>
        !/<(?:html|h1|p|div|a|body)\b/.test(source.text) || !/http\.ResponseWriter/.test(source.text),
      message: 'text/template escapes nothing in a page',
      remedy: 'Use html/template.',
    },
  ]),
];

/** Values put into a page as markup. */
export const markupRules: readonly Rule[] = [...markup, ...reflected, returned, ...unescaped];
