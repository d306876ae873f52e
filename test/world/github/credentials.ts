import { createHmac, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { Refusal } from './answer.ts';
import type { App, Grants, Installation, Repository, State, Token } from './state.ts';

/** Who calls. */
export type Caller = { kind: 'nobody' } | { kind: 'app'; app: App } | { kind: 'installation'; token: Token };

export type AppKey = { privateKey: string; publicKey: KeyObject };

let generated: AppKey | undefined;

/** The RSA key pair of the app under test, made once per process because that is slow. */
export function appKey(): AppKey {
  if (generated) return generated;
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKey = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  return (generated = { privateKey, publicKey: pair.publicKey });
}

/** Reads an `authorization` header. Throws the 401 that GitHub gives for a bad one. */
export function readCaller(state: State, app: App, header: string | undefined): Caller {
  if (header === undefined) return { kind: 'nobody' };
  const credential = /^(?:bearer|token) (\S+)$/i.exec(header)?.[1] ?? '';
  if (!credential.startsWith('ghs_')) return { kind: 'app', app: readJwt(credential, app) };
  const token = findLiveToken(state, credential);
  if (!token) throw new Refusal(401, 'Bad credentials');
  return { kind: 'installation', token };
}

/** The token, if it has neither expired nor been revoked. */
export function findLiveToken(state: State, value: string): Token | undefined {
  const token = state.tokens.get(value);
  const live = token && !token.revoked && !token.installation.suspended && token.expiresAt > state.clock.now();
  return live && state.installations.includes(token.installation) ? token : undefined;
}

const jwtLimitSeconds = 600;
/** GitHub allows for clocks that differ a little. */
const driftSeconds = 60;

/** Judged by the machine's time, not the world's, because Octokit signs with the machine's. */
function readJwt(jwt: string, app: App): App {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const claims = decode(payload);
  const good = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${payload}`),
    appKey().publicKey,
    Buffer.from(signature, 'base64url'),
  );
  if (decode(header)?.['alg'] !== 'RS256' || !claims || !good)
    throw new Refusal(401, 'A JSON web token could not be decoded');
  const { iss, iat, exp } = claims;
  const now = Date.now() / 1000;
  if (String(iss) !== String(app.id)) throw new Refusal(404, 'Integration not found');
  if (typeof iat !== 'number' || iat > now + driftSeconds) {
    throw new Refusal(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof exp !== 'number' || exp < now) {
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > now + jwtLimitSeconds + driftSeconds || exp - iat > jwtLimitSeconds + driftSeconds) {
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  }
  return app;
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

export type TokenWish = { repositories: Repository[] | undefined; permissions: Grants | undefined; lifeMs: number };

const tokenLength = 520;

/** Makes an installation token in today's long form, `ghs_<app id>_<something like a JWT>`. */
export function mintToken(state: State, installation: Installation, wish: TokenWish): Token {
  const head = `ghs_${installation.app.id}_`;
  const claims = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT' })).toString('base64url');
  const noise = createHmac('sha512', 'fake').update(`${state.nextId()}`).digest('base64url').repeat(6);
  const value = `${head}${claims}.${noise.slice(0, 200)}.${noise}`.slice(0, tokenLength);
  const token: Token = {
    value,
    installation,
    repositories: wish.repositories ?? installation.repositories,
    narrowed: wish.repositories !== undefined,
    permissions: { ...(wish.permissions ?? installation.permissions), metadata: 'read' },
    expiresAt: new Date(state.clock.now().getTime() + wish.lifeMs),
    revoked: false,
  };
  state.tokens.set(value, token);
  return token;
}

/** Whether the grants cover `contents:read` or the like. Write covers read. */
export function grants(permissions: Grants, need: string): boolean {
  const [name = '', level] = need.split(':');
  const has = permissions[name];
  return has === 'write' || (has === 'read' && level === 'read');
}
