import { isShadowed } from '../read/flow.ts';
import { importsOf } from '../read/imports.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { all, PYTHON_CLASSES, PYTHON_MEMBERS } from './python-members.ts';

/** What more modules of Python and what packages of Go offer, that models like to add to. */
const MODULES: Partial<Record<LanguageName, Readonly<Record<string, ReadonlySet<string>>>>> = {
  python: {
    json: all(
      'JSONDecodeError JSONDecoder JSONEncoder codecs decoder detect_encoding dump dumps encoder load loads scanner tool',
    ),
    math: all(
      'acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs factorial floor fma fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau trunc ulp',
    ),
    re: all(
      'A ASCII DEBUG DOTALL I IGNORECASE L LOCALE M MULTILINE Match NOFLAG Pattern PatternError RegexFlag S Scanner T TEMPLATE U UNICODE VERBOSE X compile copyreg enum error escape findall finditer fullmatch functools match purge search split sub subn template',
    ),
    random: all(
      'BPF LOG4 NV_MAGICCONST RECIP_BPF Random SG_MAGICCONST SystemRandom TWOPI betavariate binomialvariate choice choices expovariate gammavariate gauss getrandbits getstate lognormvariate normalvariate paretovariate randbytes randint random randrange sample seed setstate shuffle triangular uniform vonmisesvariate weibullvariate',
    ),
    shutil: all(
      'COPY_BUFSIZE Error ExecError ReadError RegistryError SameFileError SpecialFileError chown collections copy copy2 copyfile copyfileobj copymode copystat copytree disk_usage errno fnmatch get_archive_formats get_terminal_size get_unpack_formats ignore_patterns make_archive move nt os posix register_archive_format register_unpack_format rmtree stat sys unpack_archive unregister_archive_format unregister_unpack_format which zlib bz2 lzma',
    ),
    time: all(
      'CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_MONOTONIC_RAW CLOCK_PROCESS_CPUTIME_ID CLOCK_REALTIME CLOCK_TAI CLOCK_THREAD_CPUTIME_ID altzone asctime clock clock_getres clock_gettime clock_gettime_ns clock_settime clock_settime_ns ctime daylight get_clock_info gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns pthread_getcpuclockid sleep strftime strptime struct_time thread_time thread_time_ns time time_ns timezone tzname tzset',
    ),
    itertools: all(
      'accumulate batched chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest izip imap ifilter',
    ),
    hashlib: all(
      'algorithms_available algorithms_guaranteed blake2b blake2s file_digest md5 new pbkdf2_hmac scrypt sha1 sha224 sha256 sha384 sha3_224 sha3_256 sha3_384 sha3_512 sha512 shake_128 shake_256',
    ),
  },
  go: {
    strings: all(
      'Builder Clone Compare Contains ContainsAny ContainsFunc ContainsRune Count Cut CutPrefix CutSuffix EqualFold Fields FieldsFunc FieldsFuncSeq FieldsSeq HasPrefix HasSuffix Index IndexAny IndexByte IndexFunc IndexRune Join LastIndex LastIndexAny LastIndexByte LastIndexFunc Lines Map NewReader NewReplacer Reader Repeat Replace ReplaceAll Replacer Split SplitAfter SplitAfterN SplitAfterSeq SplitN SplitSeq Title ToLower ToLowerSpecial ToTitle ToTitleSpecial ToUpper ToUpperSpecial ToValidUTF8 Trim TrimFunc TrimLeft TrimLeftFunc TrimPrefix TrimRight TrimRightFunc TrimSpace TrimSuffix',
    ),
    strconv: all(
      'AppendBool AppendFloat AppendInt AppendQuote AppendQuoteRune AppendQuoteRuneToASCII AppendQuoteRuneToGraphic AppendQuoteToASCII AppendQuoteToGraphic AppendUint Atoi CanBackquote ErrRange ErrSyntax FormatBool FormatComplex FormatFloat FormatInt FormatUint IntSize IsGraphic IsPrint Itoa NumError ParseBool ParseComplex ParseFloat ParseInt ParseUint Quote QuoteRune QuoteRuneToASCII QuoteRuneToGraphic QuoteToASCII QuoteToGraphic QuotedPrefix Unquote UnquoteChar',
    ),
    errors: all('As AsType ErrUnsupported Is Join New Unwrap'),
    slices: all(
      'All AppendSeq Backward BinarySearch BinarySearchFunc Chunk Clip Clone Collect Compact CompactFunc Compare CompareFunc Concat Contains ContainsFunc Delete DeleteFunc Equal EqualFunc Grow Index IndexFunc Insert IsSorted IsSortedFunc Max MaxFunc Min MinFunc Repeat Replace Reverse Sort SortFunc SortStableFunc Sorted SortedFunc SortedStableFunc Values',
    ),
    sort: all(
      'Find Float64Slice Float64s Float64sAreSorted IntSlice Interface Ints IntsAreSorted IsSorted Reverse Search SearchFloat64s SearchInts SearchStrings Slice SliceIsSorted SliceStable Sort Stable StringSlice Strings StringsAreSorted',
    ),
    filepath: all(
      'Abs Base Clean Dir ErrBadPattern EvalSymlinks Ext FromSlash Glob HasPrefix IsAbs IsLocal Join ListSeparator Localize Match Rel Separator SkipAll SkipDir Split SplitList ToSlash VolumeName Walk WalkDir WalkFunc',
    ),
  },
};

/** What was there in versions of Node and JavaScript of old, or will be in the next. */
const OF_OTHER_VERSIONS = all(
  'isArray isBoolean isBuffer isDate isError isFunction isNull isNullOrUndefined isNumber isObject isPrimitive isRegExp isString isSymbol isUndefined log print puts debug pump exists existsSync lchmod lchmodSync createCipher createDecipher createCredentials createSecurePair parseQuery enroll unenroll active sumPrecise rawJSON isRawJSON allKeyed observe unobserve defer accept cast getNotifier openAsBlob hash zstdCompress zstdDecompress register registerHooks',
);
const BUILTIN =
  /^(?:node:)?(fs|fs\/promises|path|os|crypto|util|url|child_process|http|https|events|stream|stream\/promises|zlib|querystring|timers\/promises|readline|worker_threads|perf_hooks|dns|net)$/;

/** A name that a file gives to a module, a class or an object of its platform, and what that offers. */
type Offer = { what: string; has: (member: string) => boolean };

/** In a type of TypeScript, and in a list of constants, more stands than can be looked up: names in small letters alone are judged. */
const ofTable = (what: string, members: ReadonlySet<string>): Offer => ({
  what,
  has: (member) => members.has(member) || /^[A-Z][A-Z\d_]*$/.test(member),
});

const ofObject = (what: string, value: object): Offer => ({
  what,
  has: (member) =>
    member in value || member in Function.prototype || /^[A-Z]/.test(member) || OF_OTHER_VERSIONS.has(member),
});

const OFFERED_GLOBALS: ReadonlyMap<string, Offer> = new Map(
  Object.entries({ Math, JSON, Object, Array, Number, Promise, Reflect, Date }).map(([name, value]) => [
    name,
    ofObject(name, value),
  ]),
);

function builtin(specifier: string): Offer | undefined {
  const name = BUILTIN.exec(specifier)?.[1];
  const value = name === undefined ? undefined : process.getBuiltinModule(name);
  return name === undefined || value === undefined ? undefined : ofObject(name, value);
}

/** What each name stands for; a module that a file takes in pieces is judged where it is taken. */
function offersIn(source: SourceFile): ReadonlyMap<string, Offer> {
  const found = new Map<string, Offer>();
  const { name } = source.language;
  if (name === 'go')
    for (const { specifier } of importsOf(source.lines, 'go')) {
      const module = specifier.split('/').at(-1) ?? '';
      const members = MODULES.go?.[module];
      if (members && /^(?:\w+|path\/filepath)$/.test(specifier))
        found.set(module, { what: module, has: (member) => members.has(member) });
    }
  else if (name === 'python') for (const { code } of source.lines) notePython(code, found);
  else noteScript(source.text, found);
  return found;
}

function notePython(code: string, found: Map<string, Offer>): void {
  if (!/^\s*(?:import|from)\b/.test(code)) return;
  const note = (name: string, module: string) => {
    const members = PYTHON_MEMBERS[module];
    const whole = MODULES.python?.[module];
    if (members) found.set(name, ofTable(module, members));
    else if (whole) found.set(name, { what: module, has: (member) => whole.has(member) });
    if (module === 'os' && PYTHON_MEMBERS['os.path'])
      found.set(`${name}.path`, ofTable('os.path', PYTHON_MEMBERS['os.path']));
    const type = module === 'datetime' ? PYTHON_CLASSES['datetime'] : undefined;
    if (type) found.set(`${name}.datetime`, ofTable('datetime', type));
  };
  for (const part of /^\s*import\s+([\w., ]+?)\s*$/.exec(code)?.[1]?.split(',') ?? []) {
    const [module = '', alias = module] = part.trim().split(/\s+as\s+/);
    note(alias, module);
  }
  const [, from = '', list = ''] = /^\s*from\s+(os|datetime|pathlib)\s+import\s+\(?([^()]*)/.exec(code) ?? [];
  for (const part of list.split(',')) {
    const [name = '', alias = name] = part.trim().split(/\s+as\s+/);
    const type = from === 'os' ? undefined : PYTHON_CLASSES[name];
    if (from === 'os' && name === 'path') note(alias, 'os.path');
    else if (type) found.set(alias, ofTable(name, type));
  }
}

const BOUND =
  /^\s*(?:import\s+(?:\*\s+as\s+)?([\w$]+)\s+from\s*['"]([\w:/]+)['"]|(?:const|let|var)\s+([\w$]+)\s*=\s*require\(\s*['"]([\w:/]+)['"]\s*\)\s*;?\s*$)/gm;

function noteScript(text: string, found: Map<string, Offer>): void {
  for (const [, imported, from, required, of] of text.matchAll(BOUND)) {
    const offer = builtin(from ?? of ?? '');
    if (offer) found.set(imported ?? required ?? '', offer);
  }
}

/** What the platform offers by this name, unless the file gives the name to something of its own. */
function globalOffer(name: string, member: string, { text, language }: SourceFile): Offer | undefined {
  const offer = language.name === 'python' || language.name === 'go' ? undefined : OFFERED_GLOBALS.get(name);
  if (!offer || offer.has(member)) return undefined;
  const own = new RegExp(
    `\\b(?:import|const|let|var|class|function|declare|namespace)\\s[^;=\\n]*\\b${name}\\b|[(,]\\s*${name}\\s*[,)]\\s*(?:\\{|=>)`,
  );
  return own.test(text) ? undefined : offer;
}

const MEMBER = /(?<![\w.$])([A-Za-z]\w*)\.([A-Za-z]\w*)(?:\.([A-Za-z]\w*))?/g;
const membersOf = linesLike(/\.\w+/);

/** The file itself adds it, or asks whether it is there. */
function isOwn(name: string, member: string, { text }: SourceFile): boolean {
  return new RegExp(
    `typeof ${name}\\.${member}\\b|\\b${name}\\.${member}\\s*(?:=(?!=)|\\|\\||\\?\\?|\\?\\.|&&|\\?\\s)|["'\`]${member}["'\`] in ${name}\\b|!${name}\\.${member}\\b|hasattr\\(${name}, ["']${member}|["'\`]${member}["'\`]\\s*[,:]`,
  ).test(text);
}

/** `json.parse(text)` in Python: the module is known, and it has nothing of that name. */
const inventedFunction: Rule = {
  id: 'anti-slop/invented-member',
  severity: 'medium',
  remedy: 'Call what there is.',
  languages: [...SCRIPTS, 'python', 'go'],
  *find(reading) {
    for (const source of sourcesOf(reading, inventedFunction.languages, ['product', 'script', 'test'])) {
      const lines = membersOf(source);
      const offers = lines.length === 0 ? NONE : offersIn(source);
      for (const line of lines) {
        if (line.startsIn !== 'code' || /^\s*(?:import|from)\b/.test(line.code)) continue;
        for (const [, first = '', second = '', third] of line.code.matchAll(MEMBER)) {
          const deep = third === undefined ? undefined : offers.get(`${first}.${second}`);
          const [name, member] = deep && third !== undefined ? [`${first}.${second}`, third] : [first, second];
          const offer = deep ?? offers.get(first) ?? globalOffer(first, member, source);
          const place = { line: line.number, source };
          if (offer && !offer.has(member) && !isOwn(name, member, source) && !isShadowed(first, place))
            yield {
              file: source.path,
              line: line.number,
              message: `\`${offer.what}\` has nothing called \`${member}\``,
            } satisfies Hit;
        }
      }
    }
  },
};

const NONE: ReadonlyMap<string, Offer> = new Map();

/** The file asks whether the name is there: another version of the platform has it. */
function isDoubted(name: string, { text }: SourceFile): boolean {
  return new RegExp(
    `typeof ${name}\\b|(?:\\(|!|&& |\\|\\| )${name}\\b(?=\\s*(?:\\)|&&|\\|\\||\\?))|\\b${name} (?:===?|!==?) (?:undefined|null)|\\b${name} \\?`,
  ).test(text);
}

/** `from os import read_file`, `import { randomString } from 'node:crypto'`: the module has nothing of that name. */
const inventedImport: Rule = {
  id: 'anti-slop/invented-member',
  severity: 'medium',
  remedy: 'Import what there is.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, inventedImport.languages, ['product', 'script'])) {
      const python = source.language.name === 'python';
      for (const { specifier, names, line, typeOnly } of importsOf(source.lines, source.language.name)) {
        if (names.length === 0 || typeOnly || !source.isAdded(line)) continue;
        const table = python ? PYTHON_MEMBERS[specifier] : undefined;
        const offer = python ? table && ofTable(specifier, table) : builtin(specifier);
        const missing = offer && names.find((name) => /^[a-z]/.test(name) && !offer.has(name));
        if (
          missing === undefined ||
          isDoubted(missing, source) ||
          source
            .blocks()
            .around(line)
            .some(({ header }) => /^try\b/.test(header))
        )
          continue;
        yield { file: source.path, line, message: `\`${specifier}\` has nothing called \`${missing}\`` } satisfies Hit;
      }
    }
  },
};

/** Names that modules, classes and objects of the platform do not have. */
export const moduleRules: readonly Rule[] = [inventedFunction, inventedImport];
