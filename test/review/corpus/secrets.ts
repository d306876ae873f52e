import type { Fault } from './faults.ts';

const HEX = '7c3e91b5d20f4a86';
const MIXED = 'q7RzT2mVx9LbK4wNcY8dJ3hF';

/** Values that only look real, joined here so that no whole secret stands in this repository. */
const VALUES: readonly (readonly [path: string, before: string, parts: readonly string[], after: string])[] = [
  ['src/aws.ts', "const id = '", ['AK', 'IAQ7RZT2MVX9LBK4WN'], "';"],
  ['deploy/env.sh', 'export AWS_SECRET_ACCESS_KEY=', [MIXED, 'a1B2', 'Z5k9Qw0Er7Ty'], ''],
  ['src/gh.py', 'token = "', ['gh', 'p_', MIXED, 'A9sD8fG7hJ6k'], '"'],
  ['src/gh2.go', 'const tok = "', ['github', '_pat_11', MIXED, '_', MIXED, MIXED], '"'],
  ['ci/gitlab.yml', 'token: ', ['gl', 'pat-', MIXED.slice(0, 20)], ''],
  ['src/slack.rb', "SLACK = '", ['xo', 'xb-4928374650-9182736450-', MIXED], "'"],
  ['src/hook.ts', "post('", ['https://hooks.slack', '.com/services/T9K3L8M2N/B7V6C5X4Z/', MIXED], "');"],
  ['src/pay.ts', "new Stripe('", ['sk', '_live_', MIXED], "');"],
  ['app/maps.js', "key: '", ['AI', 'zaSy', MIXED, 'Pq5Zw8Xc2'], "',"],
  ['.npmrc', '//registry.npmjs.org/:_authToken=', ['np', 'm_', MIXED, 'A9sD8fG7hJ6k'], ''],
  ['app/llm.py', 'client = Client("', ['sk-', 'ant-api03-', MIXED, MIXED], '")'],
  ['app/openai.ts', "apiKey: '", ['sk-', 'proj-', MIXED, MIXED], "',"],
  ['app/mail.php', "$key = '", ['SG', '.', MIXED.slice(0, 22), '.', MIXED, MIXED.slice(3, 22)], "';"],
  ['app/sms.ts', "const key = '", ['SK', HEX, HEX], "';"],
  ['app/bot.py', 'BOT = "', ['7392', '845610:AA', MIXED, 'Hq5Zw8Xc2'], '"'],
  ['infra/do.tf', 'token = "', ['do', 'p_v1_', HEX, HEX, HEX, HEX], '"'],
  ['app/shop.rb', "TOKEN = '", ['shp', 'at_', HEX, HEX], "'"],
  ['app/vault.go', 'tok := "', ['hv', 's.', MIXED, 'Zx9'], '"'],
  ['app/azure.cs', 'var c = "', ['Default;Account', 'Key=', MIXED, MIXED, MIXED, MIXED.slice(0, 14), '=='], '";'],
  ['app/hf.py', 'login("', ['hf', '_', 'qRzTmVxLbKwNcYdJhFqRzTmVxLbKwNcYdJ'], '")'],
  ['app/docker.sh', 'docker login -p ', ['dckr', '_pat_', MIXED, 'abc'], ''],
  ['app/sentry.js', "const t = '", ['snt', 'rys_', MIXED, MIXED], "';"],
  ['app/pypi.cfg', 'password = ', ['py', 'pi-AgEIcHlwaS5vcmc', MIXED, MIXED], ''],
  ['app/linear.ts', "const k = '", ['lin', '_api_', MIXED, 'A9sD8fG7hJ6kL5pO'], "';"],
  ['app/db.ts', "connect('", ['postgres://shop:', 'w8Kd!3xPq', '@db.internal.shop.net/orders'], "');"],
  ['config/app.yml', 'password: ', ['Tr0ub', 'ad0ur&7Kx'], ''],
  ['config/prod.json', '{ "clientSecret": "', [MIXED, 'Zq1'], '" }'],
  ['app/Config.java', 'static final String API_KEY = "', [HEX, HEX.slice(2), 'b7'], '";'],
  ['config/.env.production', 'JWT_SECRET=', [MIXED, '_', HEX], ''],
  ['app/key.ts', 'const pem = `-----BEGIN ', ['RSA PRIVATE', ' KEY-----\\nMIIEpAIBAAKCAQEA', MIXED, MIXED], '`;'],
  ['Dockerfile', 'ENV DB_PASSWORD=', ['s3Cr3t', '-Kx9w2Lm'], ''],
  ['app/auth.go', 'req.Header.Set("Authorization", "Bearer ', [MIXED, HEX, MIXED.slice(4)], '")'],
];

/** One planted secret each. */
export const SECRETS: readonly Fault[] = VALUES.map(
  ([path, before, parts, after]) => ['security', path, `§${before}${parts.join('')}${after}\n`] as const,
);
