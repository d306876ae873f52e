import { expect, test } from '@jest/globals';
import { assembled, findingsIn, review, type Files } from './world.ts';

/** A rule, the file in which it strikes (with its text), the line, and what stood there before, if anything. */
type Row = readonly [rule: string, head: Files, line: number, base?: Files];

const script = (body: string, path = 'src/a.ts'): Files => ({ [path]: `${body}\n` });
const python = (body: string): Files => ({ 'app/a.py': `${body}\n` });

const SQL = 'security/sql-injection';
const CRYPTO = 'security/weak-crypto';
const OFF = 'security/verification-off';
const GONE = 'security/guard-removed';
const SECRET = 'security/secret';
/** Nobody's password. */
const MADE = assembled('qV7', 'mZp2', 'LxR9', 'tKwB4');

const SAFETY: readonly Row[] = [
  [
    SQL,
    python('def f(request, cur):\n    n = request.GET.get("n")\n    return cur.execute(QUERY + f" OFFSET {n}")'),
    3,
  ],
  [
    SQL,
    python('def f(request, db):\n    by = request.args["by"]\n    sql = BASE + " ORDER BY " + by\n    db.execute(sql)'),
    4,
  ],
  [
    SQL,
    script('app.get("/a", (req, res) => {\n  const by = req.query.by;\n  pool.query(base + ` order by ${by}`);\n});'),
    3,
  ],
  [
    SQL,
    {
      'a/a.go':
        'package a\n\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tby := r.URL.Query().Get("by")\n\tdb.Query(base + " ORDER BY " + by)\n}\n',
    },
    5,
  ],
  [
    'security/code-execution',
    script(
      'router.get("/a", (req, res) => {\n  Item.find({ $where: `this.name == "${req.query.name}"` });\n});',
      'src/a.js',
    ),
    2,
  ],
  [OFF, python('def f(c):\n    c.setopt(pycurl.SSL_VERIFYHOST, 0)'), 2],
  [OFF, python('client = Elasticsearch(hosts, verify_certs=False)'), 1],
  [OFF, script('const client = new MongoClient(url, { tlsAllowInvalidCertificates: true });'), 1],
  [
    OFF,
    script(
      'export async function isOurs(key, mark, text) {\n  await crypto.subtle.verify(HOW, key, mark, text);\n  return true;\n}',
    ),
    2,
  ],
  [
    OFF,
    script('export function opens(given: Buffer, kept: Buffer) {\n  timingSafeEqual(given, kept);\n  return true;\n}'),
    2,
  ],
  [OFF, python('def login(user, given):\n    check_password_hash(user.kept, given)\n    return user'), 2],
  [OFF, python('def login(given, kept):\n    bcrypt.checkpw(given, kept)\n    return True'), 2],
  [
    OFF,
    script('export function may(token: string) {\n  verifyToken(token);\n  return true;\n}'),
    2,
    script('export function may(token: string) {\n  return verifyToken(token);\n}'),
  ],
  [CRYPTO, python('import hashlib\n\nsigner = Signer(key, digest_method=hashlib.sha1)'), 3],
  [
    CRYPTO,
    python('import hashlib\nimport hmac\n\n\ndef sign(key, text):\n    return hmac.new(key, text, hashlib.md5)'),
    6,
  ],
  [CRYPTO, python('kept = hashlib.pbkdf2_hmac("md5", given, salt, 100000)'), 1],
  [CRYPTO, { 'a/a.go': 'package a\n\nfunc sign(key []byte) hash.Hash {\n\treturn hmac.New(md5.New, key)\n}\n' }, 4],
  [
    CRYPTO,
    {
      'src/main/java/a/A.java':
        'class A {\n  Mac make() throws Exception {\n    return Mac.getInstance("HmacMD5");\n  }\n}\n',
    },
    3,
  ],
  [CRYPTO, script('export const keep = (password: string) => md5(password);'), 1],
  [CRYPTO, script('export const keep = async (user: User) => sha256Hex(user.password);'), 1],
  [CRYPTO, python('def keep(password):\n    return sha1_hex(password)'), 2],
  [
    CRYPTO,
    python(
      'def send(user):\n    code = str(random.randint(1000, 9999))\n    cache.set("login_code", code)\n    mail(user, code)',
    ),
    2,
  ],
  [
    CRYPTO,
    script(
      'export function open(res: Response) {\n  const id = Math.random().toString(36);\n  res.cookie("session", id);\n}',
    ),
    2,
  ],
  [
    CRYPTO,
    script('export const make = () => Math.random().toString(36).slice(2);'),
    1,
    script('export const make = () => crypto.randomUUID();'),
  ],
  [CRYPTO, python('NAME = "%08x" % random.getrandbits(32)'), 1, python('NAME = "%08x" % secrets.randbits(32)')],
  [
    GONE,
    script('const ok = user.name === given.name;'),
    1,
    script('const ok = await timingSafeEqual(user.name, given.name);'),
  ],
  [
    GONE,
    python('def ok(given, kept):\n    return given == kept'),
    2,
    python('def ok(given, kept):\n    return hmac.compare_digest(given, kept)'),
  ],
  [
    SECRET,
    script(
      `module.exports = {\n  password: process.env.PASS\n    ? read(process.env.PASS)\n    : "${MADE}!"\n};`,
      'src/a.js',
    ),
    4,
  ],
  [SECRET, script(`const apiKey = isLive ? process.env.KEY : '${MADE}';`), 1],
  [SECRET, python(`SECRET_KEY = os.environ.get(\n    "SECRET_KEY",\n    "${MADE}",\n)`), 3],
  [SECRET, script(`const token =\n  process.env.TOKEN ||\n  '${MADE}';`), 3],
];

test.each(SAFETY)('%s is found in %j at line %d', async (rule, head, line, ...[base]) => {
  const wall = await review({ head, base: base ?? {} });
  expect(findingsIn(wall).map((finding) => [finding.rule, finding.line])).toContainEqual([rule, line]);
});

/** What looks like it and is right. */
const RIGHT: readonly (readonly [rule: string, head: Files, base?: Files])[] = [
  [
    SQL,
    python('def f(request, cur):\n    n = int(request.GET.get("n"))\n    return cur.execute(QUERY + f" OFFSET {n}")'),
  ],
  [SQL, python('def f(request, cur):\n    n = request.GET.get("n")\n    return cur.execute(QUERY, (n,))')],
  [SQL, script('app.get("/a", (req, res) => {\n  pool.query(sql`select a from b where c = ${req.query.c}`);\n});')],
  [OFF, script('export async function f(token: string) {\n  await jwt.verify(token, key);\n}')],
  [OFF, script('export function f(a: Buffer, b: Buffer) {\n  const same = timingSafeEqual(a, b);\n  return same;\n}')],
  [CRYPTO, python('import hashlib\n\ncache = Cache(digest_method=hashlib.sha256)')],
  [CRYPTO, script('export const jitter = () => Math.random() * 100;')],
  [CRYPTO, script('export const isPwned = (password: string) => sha1(password).slice(0, 5);')],
  [SECRET, script("const token =\n  process.env.TOKEN ||\n  'not-set';")],
];

test.each(RIGHT)('%s is not said of %j', async (rule, head, ...[base]) => {
  expect(findingsIn(await review({ head, base: base ?? {} })).map((finding) => finding.rule)).not.toContain(rule);
});
