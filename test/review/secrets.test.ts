import { expect, test } from '@jest/globals';
import { findingsIn, review, assembled as a } from './world.ts';

const random = 'q7Zt2LmX9vRb4KpW8sNd3GfH6jYc1TaE5uQo';
const jwt = a(
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  '.',
  'eyJzdWIiOiI5ODc2NTQzMjEwIiwibmFtZSI6IkEifQ',
  '.',
  'dBjftJeZ4CVPmB92K27uhbUJU1p1r3wW1gFWFOEjXk',
);

const SECRETS: readonly (readonly [what: string, path: string, line: string])[] = [
  ['an AWS key id', 'src/a.ts', a("const id = 'AK", "IAQ3EGRIDTXW7LZ5NB';")],
  ['an AWS secret key', '.env', a('aws_secret_access_key=', 'wJa7rXUtnF2MI/K7MD9NG/bPxRfiCYz3KqT8vLpe')],
  ['a GitHub token without quotes', '.env', a('GITHUB_TOKEN=gh', `p_${random}`)],
  ['a GitHub token', 'src/a.py', a('token = "gh', `o_${random}"`)],
  ['a GitHub server token of 520 characters', 'src/a.go', a('var t = "gh', `s_${random.repeat(15).slice(0, 516)}"`)],
  ['a fine-grained token', 'a.yml', a('token: github', `_pat_11ABCDE2Y0${random}`)],
  ['a Slack token', 'src/a.ts', a("const t = 'xo", "xb-2918374650-8473629105-Kd83jfLs92mXpQ7r';")],
  ['a Stripe key', 'src/a.rb', a('Stripe.api_key = "sk', '_live_4eC39HqLyjWDa7tT1zdp7dc"')],
  ['a Google key', 'src/a.js', a("const k = 'AI", "zaSyD4x8Kq2mW7vB9nL3pR6tY1uH5jF0gC8eQ';")],
  ['an npm token', '.npmrc', a('//registry.npmjs.org/:_authToken=np', `m_${random}`)],
  ['an OpenAI key', 'src/a.py', a('k = "sk-', `proj-${random}"`)],
  ['an Anthropic key', 'src/a.py', a('k = "sk-', `ant-api03-${random}"`)],
  ['a GitLab token', 'ci.sh', a('export T=gl', 'pat-x7Kq2mW9vB4nL8pR6tYz')],
  [
    'a SendGrid key',
    'src/a.ts',
    a("const k = 'S", "G.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr';"),
  ],
  ['a JWT', 'src/a.ts', `const t = '${jwt}';`],
  ['JSON "token"', 'config.json', a('{ "token": "', 'f3Kq9vLm2xWz8Rt5Yb7N" }')],
  ['a password in product code', 'src/A.java', a('String password = "', 'Tr0ub4dor&3x";')],
  ['a password in YAML', 'deploy.yml', a('db_password: ', 'k9#mQ2$vL8')],
  ['a password in a Dockerfile', 'Dockerfile', a('ENV DB_PASSWORD ', 'pq83Ks92mX')],
  ['a password in a URL', 'src/a.py', a('url = "postgres://app:', 'Kd83jfLs92@db.acme.io/app"')],
  [
    'a login of a real host in a test',
    'tests/a.py',
    a('URL = "redis://app:', 'Vq7Zt2LmX9vRb4Kp@cache-12.eu-west-1.redis.acme.cloud:6380"'),
  ],
  [
    'a Telegram bot token in a URL',
    'src/b.py',
    a('URL = "https://api.telegram.org/bot8604917352:A', 'Aq7Zt2LmX9vRb4KpW8sNd3GfH6jYc1TaE5/sendMessage"'),
  ],
  ['an API key in a header', 'src/a.sh', a('curl -H "Authorization: Bearer ', `${random}"`)],
  ['an API key in TypeScript', 'src/a.ts', a('const apiKey: string = "', 'b7f3e9d1c5a84026bf17d3e8"')],
  ['a client secret in code', 'src/a.cs', a('var clientSecret = "', 'Zx8~Q2mK9vL4nB7pR3tY";')],
  [
    'a password between user and network',
    'src/a.go',
    a('open("mysql", "app:', 'Zx8kQpL2vN4r@tcp(db.acme.io:3306)/a")'),
  ],
  ['a login before a host and port', 'src/a.py', a('connect("app:', 'Zx8kQpL2vN4r@db.acme.io:5432/a")')],
  ['a password wrapped in Some', 'src/a.rs', a('cfg.password = Some("', 'Zx8kQpL2vN4r".to_string());')],
  ['a token by String::from', 'src/a.rs', a('let api_token = String::from("', 'f3Kq9vLm2xWz8Rt5Yb7N");')],
  ['a secret by Optional.of', 'src/A.java', a('clientSecret = Optional.of("', 'f3Kq9vLm2xWz8Rt5Yb7N");')],
  [
    'a key of a MAC in an example',
    'docs/examples/config',
    a('EAB_HMAC_KEY="', 'tjgpBHi9UHmJUSKBjtEGI1eC7loMYxwuH9Fv"'),
  ],
  ['a key without a suffix', 'conf/defaults', a('ROUNDCUBE_DES_KEY=', 'tjgpBHi9UHmJUSKBjtEGI1eC')],
  ['a login of mail', 'src/a.py', a('SMTP_PASS = "', 'k9mQ2vL8xT"')],
  ['a secret in Terraform style', 'a.toml', a('secret_key = "', 'h8Kq2mW9vB4nL8pR6tYz1X"')],
];

test.each(SECRETS)('finds %s in %s', async (_what, path, line) => {
  const found = findingsIn(await review({ head: { [path]: `# first\n${line}\n` } })).filter(
    ({ rule }) => rule === 'security/secret',
  );
  expect(found).toMatchObject([{ file: path, line: 2, severity: 'critical' }]);
});

test('a comment that would switch secretlint off is not heeded', async () => {
  const account = Buffer.from(JSON.stringify({ email: 'kd83@acme.io', secretKey: random.repeat(3), att: 'x' }));
  const line = a('const account = "op', `s_${account.toString('base64')}"; // secretlint-disable-line\n`);
  const wall = await review({ head: { 'src/a.ts': `// secretlint-disable\n${line}` } });
  expect(findingsIn(wall).filter(({ rule }) => rule === 'security/secret')).toMatchObject([{ line: 2 }]);
});

test('finds a private key, also in a generated file', async () => {
  const pem = a(
    '-----BEGIN RSA PRIV',
    'ATE KEY-----\nMIIEpAIBAAKCAQEAx9ZqT7Kd83jfLs92mXpQ7rVbN4wE6yU1\n-----END RSA PRIV',
    'ATE KEY-----\n',
  );
  const wall = await review({ head: { 'dist/server.key': pem } });
  expect(findingsIn(wall).map(({ rule, line }) => `${rule}:${line}`)).toEqual(['security/secret:1']);
});

const PLACEHOLDERS: readonly (readonly [path: string, line: string])[] = [
  ['.env.example', 'GITHUB_TOKEN=your-token-here'],
  ['.env.example', 'API_KEY=changeme'],
  ['.env', 'TOKEN=${CI_TOKEN}'],
  ['README.md', 'export API_KEY=<your api key>'],
  ['src/a.ts', "const token = process.env.TOKEN ?? 'development';"],
  ['src/a.ts', "const key = 'xxxxxxxxxxxxxxxxxxxxxxxx';"],
  ['src/a.ts', "const tokenType = 'Bearer'; const passwordField = '#password2';"],
  ['src/a.ts', "const secret = await vault.read('app/secret');"],
  ['src/a.ts', "if (line.includes('-----BEGIN PRIVATE KEY-----')) return;"],
  ['src/a.py', 'password = getpass.getpass("Password: ")'],
  ['src/a.py', 'API_KEY_HEADER = "X-Api-Key-2024"'],
  ['config.yml', 'secretName: my-app-tls-2'],
  ['config.yml', 'token: ${{ secrets.NPM_TOKEN }}'],
  ['test/a.test.ts', "login({ user: 'a', password: 'secret123' });"],
  ['tests/test_a.py', 'client = Client("http://user:pass@host.test/")'],
  ['tests/test_a.py', 'URL = "redis://app:Vq7Zt2LmX9vRb4Kp@cache.example.com:6380"'],
  ['tests/test_a.py', 'URL = "redis://app:Vq7Zt2LmX9vRb4Kp@redis-1:6380"'],
  ['docker-compose.yml', 'DATABASE_URL: postgres://postgres:postgres@db:5432/app'],
  [
    'package-lock.json',
    '      "integrity": "sha512-q7Zt2LmX9vRb4KpW8sNd3GfH6jYc1TaE5uQoq7Zt2LmX9vRb4KpW8sNd3GfH6jYc1TaE5uQo=="',
  ],
  ['src/a.ts', "const AWS_EXAMPLE = 'AKIAIOSFODNN7EXAMPLE';"],
  ['src/a.go', 'token := lexer.Next()'],
  ['src/a.go', 'dsn := "root:%s@tcp(db:3306)/example"'],
  ['src/a.go', 'dsn := "user:password@tcp(localhost:3306)/example"'],
  ['src/a.ts', "const SORT_KEY = 'created-at-2024-desc';"],
  ['src/a.ts', "const CACHE_KEY = 'vscode-theme-v2-dark-mode-state';"],
  ['src/a.rs', 'let token = Some("identifier");'],
  ['src/a.ts', "const BYPASS = 'yes-2';"],
  ['src/a.ts', "export const tokens = { comma: ',', arrow: '=>' };"],
];

test.each(PLACEHOLDERS)('takes no offence in %s: %s', async (path, line) => {
  const found = findingsIn(await review({ head: { [path]: `${line}\n` } })).filter(
    ({ rule }) => rule === 'security/secret',
  );
  expect(found).toEqual([]);
});

test('never shows a secret', async () => {
  const secret = a('gh', `p_${random}`);
  const wall = await review({ head: { '.env': `GITHUB_TOKEN=${secret}\n` } });
  expect(findingsIn(wall)).toHaveLength(1);
  expect(JSON.stringify(wall)).not.toContain(random.slice(0, 8));
});
