import { expect, test } from '@jest/globals';
import { findingsIn, review, type Files } from './world.ts';

/** A rule, the file in which it strikes (with its text), the line, and what stood there before, if anything. */
type Row = readonly [rule: string, head: Files, line: number, base?: Files];

const go = (body: string, path = 'pkg/a.go'): Files => ({ [path]: `package a\n\n${body}\n` });
const java = (body: string, path = 'src/main/java/a/A.java'): Files => ({ [path]: `public class A {\n${body}\n}\n` });
const rust = (body: string, path = 'src/a.rs'): Files => ({ [path]: `${body}\n` });

const FORETOLD = 'security/weak-crypto';

const SAFETY: readonly Row[] = [
  [
    FORETOLD,
    go('import "math/rand"\n\nvar pool = bufio.NewReader(rand.New(rand.NewSource(7)))'),
    5,
    go('import "crypto/rand"\n\nvar pool = bufio.NewReader(rand.Reader)'),
  ],
  [
    FORETOLD,
    { 'src/name.ts': 'export const name = () => Math.random().toString(36).slice(2);\n' },
    1,
    { 'src/name.ts': "export const name = () => randomBytes(12).toString('hex');\n" },
  ],
  [
    FORETOLD,
    { 'app/a.py': 'def name():\n    return "%x" % random.getrandbits(64)\n' },
    2,
    { 'app/a.py': 'def name():\n    return secrets.token_hex(8)\n' },
  ],
  [
    FORETOLD,
    go('import "math/rand"\n\nvar pool = rand.New(rand.NewSource(7))\n\nvar words = "from crypto/rand.Reader"'),
    5,
    go('import "crypto/rand"\n\nvar pool = rand.Reader\n\nvar words = "from crypto/rand.Reader"'),
  ],
  ['security/exposure', java('  @CrossOrigin(origins = "*")\n  void f() {}'), 2],
  [
    'security/exposure',
    go(
      'func f(w http.ResponseWriter) {\n\tw.Header().Set("Access-Control-Allow-Origin", "*")\n\tw.Header().Set("Access-Control-Allow-Credentials", "true")\n}',
    ),
    4,
  ],
  [FORETOLD, java('  Random source = new Random();'), 2, java('  SecureRandom source = new SecureRandom();')],
  [
    FORETOLD,
    rust('pub fn pick() -> u64 {\n    fastrand::u64(..)\n}'),
    2,
    rust('pub fn pick() -> u64 {\n    OsRng.next_u64()\n}'),
  ],
  [
    FORETOLD,
    go('import "math/rand"\n\nfunc newToken() string {\n\tr := rand.New(rand.NewSource(1))\n\treturn use(r)\n}'),
    6,
  ],
];

const inGo = (body: string): Files => ({ 'pkg/a_test.go': `package a\n\nfunc TestA(t *testing.T) {\n${body}\n}\n` });
const inJunit = (body: string): Files => ({
  'src/test/java/a/ATest.java': `class ATest {\n  @Test\n  void adds() {\n${body}\n  }\n}\n`,
});
const inRust = (body: string): Files => ({ 'tests/a.rs': `#[test]\nfn adds() {\n${body}\n}\n` });
const inBats = (body: string): Files => ({ 'test/a.bats': `@test "adds" {\n${body}\n}\n` });
const inPytest = (body: string): Files => ({ 'tests/test_a.py': `def test_a():\n    x = f()\n${body}\n` });
const inJest = (body: string): Files => ({ 'test/a.test.js': `it('adds', () => {\n${body}\n});\n` });

const WEAKER = 'test/assertion-weakened';
const NEVER = 'test/tautology';

const TESTS: readonly Row[] = [
  [WEAKER, inGo('\tassert.NotNil(t, f(x))'), 4, inGo('\tassert.Len(t, f(x), 3)')],
  [WEAKER, inGo('\tassert.NotEmpty(t, f(x))'), 4, inGo('\tassert.Contains(t, f(x), "abc")')],
  [WEAKER, inGo('\tassert.NotNil(t, rec.Body)'), 4, inGo('\tassert.EqualValues(t, 3, rec.Body)')],
  [
    WEAKER,
    inRust('    run()\n        .assert();'),
    4,
    inRust('    run()\n        .assert()\n        .success()\n        .stdout("a");'),
  ],
  [WEAKER, inRust('    assert!(f(x).is_some());'), 3, inRust('    assert_eq!(f(x).len(), 3);')],
  [WEAKER, inRust('    assert!(f(x).is_err());'), 3, inRust('    assert!(matches!(f(x), Err(Error::A)));')],
  [
    WEAKER,
    inJunit('    assertThat(f(x))\n        .isNotEmpty();'),
    5,
    inJunit('    assertThat(f(x))\n        .containsOnly(2, 3);'),
  ],
  [WEAKER, inJunit('    assertThat(f(x), is(notNullValue()));'), 4, inJunit('    assertThat(f(x), is(equalTo(3)));')],
  [WEAKER, inJunit('    assertThat(f(x)).isNotEmpty();'), 4, inJunit('    assertThat(f(x)).hasSize(3);')],
  [WEAKER, inJunit('    assertNotNull(f(x));'), 4, inJunit('    assertArrayEquals(new int[] {1}, f(x));')],
  [WEAKER, inBats('  run esc a\n  assert_output --partial "a"'), 3, inBats('  run esc a\n  assert_output "a b"')],
  [WEAKER, inPytest('    self.assertTrue(f(x))'), 3, inPytest('    self.assertListEqual(f(x), [1])')],
  [WEAKER, inPytest('    assert f(x)'), 3, inPytest('    assert len(f(x)) == 3')],
  [WEAKER, inJest('  expect(f(x).body).toBeTruthy();'), 2, inJest('  expect(f(x).body).toContain("abc");')],
  [WEAKER, inJest('  expect(f(x))\n    .toBeDefined();'), 3, inJest('  expect(f(x))\n    .toEqual(3);')],
  [NEVER, inJunit('    run();\n    assertThat(true).isTrue();'), 5],
  [NEVER, inJunit('    run();\n    assertThat("done")\n        .isNotNull();'), 5],
  [NEVER, inJunit('    run();\n    assertThat(1, is(1));'), 5],
  [NEVER, inJunit('    run();\n    assertNotNull("a");'), 5],
  [NEVER, inGo('\trun()\n\tassert.NotNil(t, "a")'), 5],
  [
    'test/caught',
    inJunit('    try {\n      assertEquals(1, run());\n    } catch (AssertionError e) {\n      log(e);\n    }'),
    6,
  ],
  [NEVER, inJunit('    assertThat(f());'), 4],
  [NEVER, inJunit('    assertThat(f()).contains("");'), 4],
  [NEVER, inGo('\tfor _, c := range []int{} {\n\t\tassert.Equal(t, c, f(c))\n\t}'), 4],
  [NEVER, inBats('  run f\n  assert [ "$status" -le 255 ]'), 3],
  ['test/caught', inGo('\tdefer func() { recover() }()\n\tassert.Equal(t, 1, f())'), 4],
  ['test/caught', inRust('    if let Ok(x) = f() {\n        assert_eq!(1, x);\n    }'), 3],
  ['test/unawaited-assertion', inGo('\tgo func() {\n\t\tassert.Equal(t, 1, f())\n\t}()'), 4],
  [
    'test/skipped',
    inJunit('    assumeTrue(onLinux());\n    assertEquals(1, f());'),
    4,
    inJunit('    assertEquals(1, f());'),
  ],
  [
    'test/disarmed',
    { 'pom.xml': '<project>\n    <exclude>**/ATest.java</exclude>\n</project>\n' },
    2,
    { 'pom.xml': '<project>\n</project>\n' },
  ],
  [WEAKER, inJunit('    verify(mock).send(any());'), 4, inJunit('    verify(mock).send("a");')],
  [WEAKER, inJunit('    assertThat(f()).contains(1);'), 4, inJunit('    assertThat(f()).containsExactly(1, 2);')],
  ['test/no-assertion', inBats('  source "${BASE}/utils.sh"\n\n  run esc a\n  true'), 1],
  ['test/no-assertion', inBats('  install_tool 1.2\n  run tool list\n  echo "$output"'), 1],
];

const NETWORK = 'mask_of() {\n  local bits=32\n  show "$bits"\n}';
const inLib = (body: string): Files => ({ 'lib/network.sh': `#!/bin/bash\n${body}\n` });

const shell = (body: string): Files => ({ 'bin/run.sh': `#!/bin/bash\n${body}\n` });
const inServlet = (body: string): Files => java(`  void f(HttpServletRequest req) {\n${body}\n  }`);
const image = (line: string): Files => ({ Dockerfile: `FROM debian:12\n${line}\n` });

const PAST = 'code/out-of-bounds';
const NONE = 'code/missing-result';
const FUTURE = 'code/floating-promise';
const UNHEARD = 'code/swallowed-error';
const NEVER_RUNS = 'code/unreachable';

const CODE: readonly Row[] = [
  [NONE, inServlet('    String a = req.getParameter("a").trim();'), 3],
  [NONE, inServlet('    String a = req.getHeader("Host").split(":")[0];'), 3],
  [NONE, inServlet('    int n = Integer.parseInt(System.getenv("PORT").trim());'), 3],
  [NONE, inServlet('    boolean b = req.getParameter("a").equals("yes");'), 3],
  [NONE, inServlet('    String a = reader.readLine().trim();'), 3],
  [PAST, inServlet('    Cookie c = req.getCookies()[0];'), 3],
  [PAST, inServlet('    String a = text.split(":")[1];'), 3],
  [PAST, inServlet('    for (int i = all.size(); i >= 0; i--) {\n      use(all.get(i));\n    }'), 3],
  [PAST, go('func f(h string) string {\n\tparts := strings.SplitN(h, " ", 2)\n\treturn parts[1]\n}'), 5],
  [PAST, go('func f(h string) string {\n\treturn strings.Fields(h)[2]\n}'), 4],
  [PAST, go('func f(h string) string {\n\tm := re.FindStringSubmatch(h)\n\treturn m[1]\n}'), 5],
  [PAST, go('func f() string {\n\treturn os.Args[1]\n}'), 4],
  [PAST, go('func f(xs []string) {\n\tfor i := len(xs); i >= 0; i-- {\n\t\tuse(xs[i])\n\t}\n}'), 4],
  [PAST, go('func f(xs []string) {\n\tn := len(xs)\n\tfor i := n; i > 0; i-- {\n\t\tuse(xs[i])\n\t}\n}'), 5],
  [PAST, { 'app/a.py': 'def f(xs):\n    for i in range(len(xs), -1, -1):\n        use(xs[i])\n' }, 2],
  [PAST, { 'app/a.py': 'def f(h):\n    return h.split(":")[1]\n' }, 2],
  [PAST, rust('pub fn f(xs: &[u8]) {\n    for i in (0..=xs.len()).rev() {\n        using(xs[i]);\n    }\n}'), 2],
  [PAST, rust("pub fn f(h: &str) -> &str {\n    let parts: Vec<&str> = h.split(':').collect();\n    parts[1]\n}"), 3],
  [
    FUTURE,
    rust('pub async fn f(c: &mut C) -> R {\n    "DROP"\n        .with(1)\n        .run(c);\n    Ok(())\n}'),
    4,
    rust(
      'pub async fn f(c: &mut C) -> R {\n    "DROP"\n        .with(1)\n        .run(c)\n        .await?;\n    Ok(())\n}',
    ),
  ],
  [
    FUTURE,
    rust(
      'pub async fn f(c: &mut C, n: u8) {\n    match n {\n        1 => {\n            c.say(n).run(1);\n        }\n        _ => {}\n    }\n}',
    ),
    4,
    rust(
      'pub async fn f(c: &mut C, n: u8) {\n    match n {\n        1 => {\n            c.say(n).run(1).await;\n        }\n        _ => {}\n    }\n}',
    ),
  ],
  [FUTURE, rust('pub async fn f(c: &C) {\n    c.say(1).await;\n    c.say(2);\n}'), 3],
  [FUTURE, rust('pub async fn f() {\n    tokio::time::sleep(Duration::from_secs(1));\n}'), 2],
  [NEVER_RUNS, shell('f() {\n  log a\n  exit "${2:-1}"\n  log b\n}'), 5],
  [NEVER_RUNS, shell('for x in a b; do\n  use "$x"\n  continue\n  log b\ndone'), 5],
  [NEVER_RUNS, shell('f() {\n  exec "$@" 2>&1\n  log b\n}'), 4],
  [UNHEARD, shell('f() {\n  rm -R "${D}" 2>/dev/null || true\n}'), 3, shell('f() {\n  rm -R "${D}" || fail "no"\n}')],
  ['code/shell-slip', shell('f() {\n  cp -a "${D}" /srv\n}'), 3, shell('f() {\n  cp -a "${D}" /srv || fail "no"\n}')],
  [UNHEARD, image('RUN ./manage.py check --deploy || true'), 2],
  [UNHEARD, image('RUN npm run lint || :'), 2],
];

const SLIPS: readonly Row[] = [
  ['code/held-lock', go('func f() {\n\tch := make(chan int)\n\tch <- 1\n\tuse(<-ch)\n}'), 5],
  [
    'code/held-lock',
    go('func f() {\n\tvar wg sync.WaitGroup\n\twg.Add(1)\n\tgo func() {\n\t\twork()\n\t}()\n\twg.Wait()\n}'),
    6,
  ],
  [
    'code/unclosed-resource',
    go('func f(ctx context.Context) {\n\tc, _ := context.WithTimeout(ctx, time.Second)\n\tuse(c)\n}'),
    4,
  ],
  ['code/wrong-call', go('func f(ctx context.Context) {\n\tuse(context.Background())\n}'), 4],
  ['code/lost-cause', go('func f(err error) error {\n\treturn fmt.Errorf("read: %v", err)\n}'), 4],
  [NONE, go('func f(xs []int) int {\n\treturn sum(xs) / len(xs)\n}'), 4],
  [NONE, java('  String f(String s) {\n    return s.substring(0, s.indexOf(":"));\n  }'), 3],
  [PAST, rust('pub fn f(v: &[u8]) -> u8 {\n    v[3]\n}'), 2],
  ['code/null-access', java('  String f(String a) {\n    return a == null ? a.trim() : "";\n  }'), 3],
  ['code/null-access', { 'src/a.ts': "export const f = (a?: string) => (a !== undefined ? 'x' : a.trim());\n" }, 1],
  [
    UNHEARD,
    java(
      '  void f() {\n    try {\n      nap();\n    } catch (InterruptedException e) {\n      log.warn("x");\n    }\n  }',
    ),
    5,
  ],
  [FUTURE, java('  void f() {\n    CompletableFuture.runAsync(() -> work());\n  }'), 3],
  [
    'code/shared-state',
    java(
      '  private static A one;\n  static A get() {\n    if (one == null) {\n      synchronized (A.class) {\n        if (one == null) one = new A();\n      }\n    }\n    return one;\n  }',
    ),
    6,
  ],
  ['code/shell-slip', shell('for i in {1..$n}; do\n  use "$i"\ndone'), 2],
  ['code/shell-slip', shell('files=(a b)\nfor f in $files; do\n  use "$f"\ndone'), 3],
  ['code/shell-slip', shell('find . -name *.sh'), 2],
];

const PARTS: Files = {
  'go.mod': 'module example.org/a/v2\n',
  'a.go': 'package a\n\nimport "net/http"\n\nvar X = http.X\n',
  'mid/m.go': 'package mid\n\nimport "example.org/a/v2/low"\n',
  'low/l.go': 'package low\n\nimport "example.org/a/v2"\n',
};
const parse = (head: string, owner: string): string =>
  `${head}\n\tif ip := req.Header.Get(${owner}HeaderA); ip != "" {\n\t\ti := strings.IndexAny(ip, ",")\n\t\tif i > 0 {\n\t\t\tip = strings.TrimSpace(ip[:i])\n\t\t}\n\t\tip = strings.TrimPrefix(ip, "[")\n\t\tip = strings.TrimSuffix(ip, "]")\n\t\treturn ip\n\t}\n\tif ip := req.Header.Get(${owner}HeaderB); ip != "" {\n\t\treturn ip\n\t}\n`;
const LEGACY = `package a\n\n${parse('func legacy(req *R) string {', '')}\ta, _ := net.Split(req.Addr)\n\treturn a\n}\n`;
const pom = (dependency: string): Files => ({
  'm/pom.xml': `<project>\n  <dependencies>\n${dependency}  </dependencies>\n</project>\n`,
});
const GUAVA =
  '    <dependency>\n      <groupId>com.google.guava</groupId>\n      <artifactId>guava</artifactId>\n    </dependency>\n';
const MODULES: Files = {
  'm/src/main/java/a/A.java': 'import java.util.List;\n',
  'n/src/main/java/a/B.java': 'import com.google.common.Lists;\n',
};
const cargo = (more: string): Files => ({ 'Cargo.toml': `[dependencies]\nregex-lite = "1"\n${more}` });
const USES_LITE = rust('// a regex of its own\nuse regex_lite::Regex;');
const NEEDED = 'architect/unused-dependency';
const GONE = 'architect/removed-api';
const LONG = `${shell('a() {\n  b\n}')['bin/run.sh'] ?? ''}every() {\n${Array.from({ length: 60 }, (_, at) => `  if [[ $1 = h${at} ]]; then\n    scp a "h${at}:"\n  fi\n`).join('')}}\n`;

const CHANGED = 'architect/changed-api';
const CONTRACT: readonly Row[] = [
  [CHANGED, java('  public final int f() {\n    return 1;\n  }'), 2, java('  public int f() {\n    return 1;\n  }')],
  [CHANGED, java('  public long f() {\n    return 1;\n  }'), 2, java('  public int f() {\n    return 1;\n  }')],
  [
    CHANGED,
    java('  public int f(String a) {\n    return 1;\n  }'),
    2,
    java('  public int f(CharSequence a) {\n    return 1;\n  }'),
  ],
  [
    CHANGED,
    java('  public int f() throws IOException {\n    return 1;\n  }'),
    2,
    java('  public int f() {\n    return 1;\n  }'),
  ],
  [CHANGED, java('  private final int limit = 3;'), 2, java('  protected final int limit = 3;')],
  [CHANGED, java('  int x;'), 2, java('  public static final int LIMIT = 3;\n  int x;')],
  [CHANGED, go('func F(a int64) {\n}'), 3, go('func F(a int) {\n}')],
  [CHANGED, go('type T struct {\n\tA int `json:"b"`\n}'), 4, go('type T struct {\n\tA int `json:"a"`\n}')],
  [GONE, go('const A = 1'), 3, go('const A = 1\nconst B = 2')],
  [CHANGED, { 'go.mod': 'module a\n\ngo 1.25\n' }, 3, { 'go.mod': 'module a\n\ngo 1.20\n' }],
  [
    CHANGED,
    { 'Cargo.toml': '[package]\nrust-version = "1.85"\n' },
    2,
    { 'Cargo.toml': '[package]\nrust-version = "1.65"\n' },
  ],
];

const ARCHITECTURE: readonly Row[] = [
  [
    'architect/import-circle',
    { 'a.go': 'package a\n\nimport (\n\t"example.org/a/v2/mid"\n)\n\nvar X = mid.X\n' },
    4,
    PARTS,
  ],
  [
    'architect/copy',
    { 'mid/m.go': `package mid\n\n${parse('func remote(req *R) string {', 'echo.')}\treturn req.Addr\n}\n` },
    3,
    { 'ip.go': LEGACY, 'mid/m.go': 'package mid\n' },
  ],
  [NEEDED, cargo('regex = "1"\n'), 3, { ...cargo(''), ...USES_LITE }],
  ['architect/equivalent-dependency', cargo('regex = "1"\n'), 3, { ...cargo(''), ...USES_LITE }],
  [NEEDED, pom(GUAVA), 5, { ...pom(''), ...MODULES }],
  [
    GONE,
    java('  protected A(Clock clock, long limit) {\n    this.limit = limit;\n  }'),
    2,
    java(
      '  protected A(long limit) {\n    this(Clock.system(), limit);\n  }\n\n  protected A(Clock clock, long limit) {\n    this.limit = limit;\n  }',
    ),
  ],
  [
    GONE,
    java('  public int f(int a, int b) {\n    return a;\n  }'),
    2,
    java('  public int f(int a) {\n    return f(a, 1);\n  }\n\n  public int f(int a, int b) {\n    return a;\n  }'),
  ],
  ['architect/function-growth', { 'bin/run.sh': LONG }, 5, shell('a() {\n  b\n}')],
];

const UNTESTED: readonly Row[] = [
  [
    'test/untested-change',
    inLib(NETWORK.replace('show', '[[ $1 != */* ]] && bits=24\n  show')),
    4,
    { ...inLib(NETWORK), 'test/parts.bats': '@test "masks" {\n  run mask_of 10.0.0.1\n  assert_output 32\n}\n' },
  ],
];

const Q = 'performance/query-in-loop';
const COSTS: readonly Row[] = [
  [
    Q,
    go(
      'func f(rows *sql.Rows) {\n\tfor rows.Next() {\n\t\tvar n int\n\t\tdb.QueryRow("SELECT 1 WHERE a = ?", n).Scan(&n)\n\t}\n}',
    ),
    6,
  ],
  [
    'performance/pattern-in-loop',
    go('func f(sc *bufio.Scanner) {\n\tfor sc.Scan() {\n\t\tre := regexp.MustCompile("a+")\n\t\tuse(re)\n\t}\n}'),
    5,
  ],
  [
    Q,
    rust(
      'pub async fn f(client: &C, ids: &[i32]) -> R {\n    for id in ids {\n        let row = client.query_one("SELECT", &[id]).await?;\n        using(row);\n    }\n    Ok(())\n}',
    ),
    3,
  ],
  [
    Q,
    rust(
      'pub fn f(conn: &mut C, ids: &[i32]) {\n    for id in ids {\n        let row = users.find(id).first::<User>(conn)?;\n        using(row);\n    }\n}',
    ),
    3,
  ],
];

const inEach = (line: string, more = ''): Files =>
  java(
    `  void f(List<String> all, Map<String, Long> map) {\n    for (String x : all) {\n      ${line}\n    }\n  }\n${more}`,
  );
const DEAR: readonly Row[] = [
  [
    'performance/nested-search',
    inEach('if (known.contains(x)) use(x);', '  private final List<String> known = load();'),
    4,
  ],
  [
    'performance/copy-in-loop',
    inEach('seen.add(x);', '  private final CopyOnWriteArrayList<String> seen = make();'),
    4,
  ],
  ['performance/copy-in-loop', inEach('use(new ArrayList<>(all), x);'), 4],
  ['performance/pattern-in-loop', inEach('use(x.replaceAll("a+", "b"));'), 4],
  [Q, java('  void f(List<Long> ids) {\n    ids.forEach(id -> repository.deleteById(id));\n  }'), 3],
  ['performance/unbounded-work', java('  Executor e = Executors.newCachedThreadPool();'), 2],
  [
    'performance/unbounded-work',
    java(
      '  private static final Map<String, Long> CACHE = new HashMap<>();\n  Long f(String k) {\n    return CACHE.computeIfAbsent(k, this::load);\n  }',
    ),
    2,
  ],
  ['performance/unbounded-work', go('func f(u string) {\n\tuse(http.Get(u))\n}'), 4],
  [
    'performance/blocking-call',
    java('  synchronized void f(String u) {\n    use(client.send(u, ofString()));\n  }'),
    3,
  ],
  [
    'performance/blocking-call',
    go(
      'func (s *S) f(q string) {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\trows, err := s.db.Query(q)\n\tuse(rows, err)\n}',
    ),
    6,
  ],
  ['performance/polling', go('func f() {\n\tfor {\n\t\tif started() {\n\t\t\tbreak\n\t\t}\n\t}\n}'), 4],
  [
    'performance/concat-in-loop',
    rust(
      'pub fn f(xs: &[String]) -> String {\n    let mut s = String::new();\n    for x in xs {\n        s = format!("{s}{x}");\n    }\n    s\n}',
    ),
    4,
  ],
  [
    'performance/object-in-loop',
    rust(
      'pub async fn f(us: &[String]) {\n    for u in us {\n        let c = reqwest::Client::new();\n        using(c, u);\n    }\n}',
    ),
    3,
  ],
];

const READER = 'anti-slop/addresses-reader';
const WORDS: readonly Row[] = [
  [
    'anti-slop/retelling',
    go(
      'func f(domain string) int {\n\t// get the position of the comma in the domain\n\tposition := strings.Index(domain, ",")\n\treturn position\n}',
    ),
    4,
  ],
  [READER, rust('// Message to the reviewer: left as it was.\nfn f() {}'), 1],
  [READER, rust('// I kept the loop, as you wanted it to behave like curl.\nfn f() {}'), 1],
  [READER, { 'src/a.py': 'x = 1\n# as the reviewer suggested, moved into a helper\ny = 2\n' }, 2],
];

test.each([
  ...SAFETY,
  ...TESTS,
  ...CODE,
  ...SLIPS,
  ...CONTRACT,
  ...ARCHITECTURE,
  ...UNTESTED,
  ...COSTS,
  ...DEAR,
  ...WORDS,
])('%s is found in %j at line %d', async (rule, head, line, ...[base]) => {
  const wall = await review({ head, base: base ?? {} });
  expect(findingsIn(wall).map((finding) => [finding.rule, finding.line])).toContainEqual([rule, line]);
});

/** What looks like it and is right. */
const RIGHT: readonly (readonly [rule: string, head: Files, base?: Files])[] = [
  [WEAKER, inGo('\tassert.NotNil(t, f(x))\n\tassert.Len(t, f(x), 3)'), inGo('\tassert.Len(t, f(x), 3)')],
  [
    WEAKER,
    inJunit('    assertThat(f(x))\n        .isEmpty();'),
    inJunit('    assertThat(f(x))\n        .containsOnly(2, 3);'),
  ],
  [
    WEAKER,
    inRust('    run()\n        .assert()\n        .failure();'),
    inRust('    run()\n        .assert()\n        .success();'),
  ],
  [WEAKER, inGo('\tassert.NotNil(t, g(y))'), inGo('\tassert.Len(t, f(x), 3)')],
  [NEVER, inJunit('    assertThat(f()).contains("a");')],
  [NEVER, inJunit('    assertThat(f(), is(3));')],
  ['test/unawaited-assertion', inGo('\tgo func() {\n\t\tassert.Equal(t, 1, f())\n\t\tclose(done)\n\t}()\n\t<-done')],
  [
    'test/caught',
    inRust('    if let Ok(x) = f() {\n        assert_eq!(1, x);\n    } else {\n        panic!();\n    }'),
  ],
  [NEVER, inJunit('    assertThat(200).isEqualTo(run());')],
  [NEVER, inJest('  expect(3).toBe(add(1, 2));')],
  ['test/no-assertion', inBats('  run esc a\n  grep b "$log"')],
  ['architect/import-circle', { 'low/l.go': 'package low\n\nimport "net/url"\n' }, PARTS],
  [NEEDED, cargo('regex = "1"\n'), { ...cargo(''), ...rust('use regex::Regex;') }],
  [NEEDED, pom(GUAVA), { ...pom(''), 'm/src/main/java/a/A.java': 'import com.google.common.Lists;\n' }],
  [
    CHANGED,
    java('  public int f(final int other) {\n    return 1;\n  }'),
    java('  public int f(int a) {\n    return 1;\n  }'),
  ],
  [CHANGED, { 'go.mod': 'module a\n\ngo 1.20\n' }, { 'go.mod': 'module a\n\ngo 1.25\n' }],
  [GONE, java('  public int f(int b) {\n    return b;\n  }'), java('  public int f(int a) {\n    return a;\n  }')],
  [
    GONE,
    java('  public A(final long limit,\n           Clock clock) {\n    this.limit = limit;\n  }'),
    java('  public A(long limit, Clock clock) {\n    this.limit = limit;\n  }'),
  ],
  [
    'performance/blocking-call',
    go(
      'func (s *S) f(q string) {\n\ts.mu.Lock()\n\ts.n++\n\ts.mu.Unlock()\n\trows, err := s.db.Query(q)\n\tuse(rows, err)\n}',
    ),
  ],
  [
    'performance/polling',
    go('func f() {\n\tfor {\n\t\tif _, err := conn.Read(b); err != nil {\n\t\t\treturn\n\t\t}\n\t}\n}'),
  ],
  [
    'performance/nested-search',
    inEach('if (known.contains(x)) use(x);', '  private final Set<String> known = load();'),
  ],
  [READER, { 'src/a.ts': '// I chose a Map here because look-ups are many.\nexport const a = new Map();\n' }],
  [NONE, inServlet('    if (req.getParameter("a") != null) {\n      use(req.getParameter("a").trim());\n    }')],
  [NONE, inServlet('    boolean b = "yes".equals(req.getParameter("a"));')],
  [
    PAST,
    go(
      'func f(h string) string {\n\tparts := strings.SplitN(h, " ", 2)\n\tif len(parts) < 2 {\n\t\treturn ""\n\t}\n\treturn parts[1]\n}',
    ),
  ],
  [PAST, go('func f(xs []string) {\n\tfor i := len(xs); i > 0; i-- {\n\t\tuse(xs[i-1])\n\t}\n}')],
  [PAST, { 'app/a.py': 'def f(h):\n    if ":" in h:\n        return h.split(":")[1]\n' }],
  [PAST, { 'app/a.py': 'def f(h):\n    return h.split(":")[0]\n' }],
  [FUTURE, rust('pub async fn f(c: &C) {\n    c.say(1).await;\n    tokio::spawn(c.say(2));\n}')],
  [FUTURE, rust('pub fn f(c: &C) {\n    c.say(2);\n}\npub async fn g(c: &C) {\n    c.say(1).await;\n}')],
  ['code/held-lock', go('func f() {\n\tch := make(chan int, 1)\n\tch <- 1\n\tuse(<-ch)\n}')],
  ['code/held-lock', go('func f() {\n\tch := make(chan int)\n\tgo take(ch)\n\tch <- 1\n}')],
  [NONE, go('func f(xs []int) int {\n\tif len(xs) == 0 {\n\t\treturn 0\n\t}\n\treturn sum(xs) / len(xs)\n}')],
  ['code/null-access', java('  String f(String a) {\n    return a == null ? "" : a.trim();\n  }')],
  [
    'code/shared-state',
    java(
      '  private static volatile A one;\n  static A get() {\n    if (one == null) {\n      synchronized (A.class) {\n        if (one == null) one = new A();\n      }\n    }\n    return one;\n  }',
    ),
  ],
  ['code/shell-slip', shell('files="a b"\nfor f in $files; do\n  use "$f"\ndone')],
  [NEVER_RUNS, shell('case "$1" in\n  a)\n    exit 1\n    ;;\nesac\nif b; then\n  exit 0\nfi\nrun')],
  [UNHEARD, image('RUN rm /etc/motd || true')],
  [FORETOLD, go('import "math/rand"\n\nfunc jitter() int {\n\treturn rand.Intn(9)\n}')],
];

test.each(RIGHT)('%s is not said of %j', async (rule, head, ...[base]) => {
  expect(findingsIn(await review({ head, base: base ?? {} })).map((finding) => finding.rule)).not.toContain(rule);
});
