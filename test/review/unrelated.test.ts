import { describe, expect, test } from '@jest/globals';
import { defaultPolicy } from '../../src/goal/policy.ts';
import type { Finding } from '../../src/goal/wall.ts';
import { reviewChange } from '../../src/review/review.ts';
import { findingsIn, patchBetween, type Files } from './world.ts';

const MANIFESTS = { 'packages/shop/package.json': '{}\n', 'packages/mail/package.json': '{}\n' };
const CART = `export function totalOf(cart: Cart): number {
  let total = 0;
  for (const product of cart.products) total += product.price * product.quantity;
  const discount = cart.voucher?.percent ?? 0;
  const reduced = total - (total * discount) / 100;
  return Math.max(reduced, cart.minimum);
}
`;
const SMTP = `export function greet(socket: Socket): void {
  socket.write(\`EHLO \${socket.hostname}\\r\\n\`);
  socket.on('drain', () => socket.resume());
  socket.setKeepAlive(socket.tls);
  socket.unref();
}
`;

async function strays(head: Files, about = ''): Promise<Finding[]> {
  const wall = await reviewChange({
    base: 'a'.repeat(40),
    head: 'b'.repeat(40),
    patch: patchBetween({}, head),
    readNew: (path) => Promise.resolve(head[path]),
    readOld: () => Promise.resolve(undefined),
    paths: [...Object.keys(head), ...Object.keys(MANIFESTS)],
    policy: defaultPolicy().review,
    gates: [],
    about,
  });
  return findingsIn(wall).filter(({ rule }) => rule === 'anti-slop/unrelated');
}

describe('What has nothing to do with the rest of a change', () => {
  const head = { 'packages/shop/src/cart.ts': CART, 'packages/mail/src/smtp.ts': SMTP };

  test('is told, and blocks if it is another package and nobody asked for it', async () => {
    expect(await strays(head)).toMatchObject([{ file: 'packages/mail/src/smtp.ts', severity: 'low' }]);
    expect(await strays(head, 'Take the voucher off the total of a cart.')).toMatchObject([
      { file: 'packages/mail/src/smtp.ts', severity: 'medium' },
    ]);
  });

  test('is told alone where it is a test', async () => {
    const files = { 'packages/shop/src/cart.ts': CART, 'packages/mail/test/smtp.test.ts': SMTP };
    expect((await strays(files, 'Take the voucher off the total of a cart.')).map(({ severity }) => severity)).toEqual([
      'low',
    ]);
  });

  test.each(['style: make clippy happy', 'Fix typos', 'chore: run the formatter', 'Rename things everywhere'])(
    'is told alone where the goal is a sweep: %s',
    async (about) => expect((await strays(head, about)).map(({ severity }) => severity)).toEqual(['low']),
  );

  test.each([
    ['the goal speaks of it', head, 'Vouchers in the cart, and keep the SMTP connection alive.'],
    [
      'an import ties it',
      { ...head, 'packages/shop/src/cart.ts': `import { greet } from '../../mail/src/smtp';\n${CART}` },
      '',
    ],
    [
      'a word ties it',
      { ...head, 'packages/mail/src/smtp.ts': `${SMTP}export const subject = (cart: Cart) => cart;\n` },
      '',
    ],
    ['it stands in the same folder', { 'src/cart.ts': CART, 'src/smtp.ts': SMTP }, ''],
    [
      'a third file ties both',
      { ...head, 'src/checkout.ts': 'export const pay = (cart: Cart, socket: Socket) => send(cart, socket);\n' },
      '',
    ],
    ['the notes speak of it', { ...head, 'CHANGELOG.md': '- The SMTP greeting keeps the connection alive.\n' }, ''],
    ['it is a trifle', { ...head, 'packages/mail/src/smtp.ts': 'export const port = 25;\n' }, ''],
    [
      'no part of the change is the larger one',
      { ...head, 'lib/clock.ts': 'export const tick = (zone: Zone) => zone.now();\n'.repeat(8) },
      '',
    ],
  ])('is not told where %s', async (_why, files, about) => expect(await strays(files, about)).toEqual([]));
});
