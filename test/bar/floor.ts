import { PGlite } from '@electric-sql/pglite';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

/*
 * `node test/bar/floor.ts PORT FOLDER SECRET`: the least that takes a webhook in: signature, JSON, one row that is on disk. What omk's
 * own intake costs is measured beside it.
 */
const [port = '0', folder = '', secret = ''] = process.argv.slice(2);
const database = await PGlite.create(folder);
await database.exec('create table if not exists webhook (id text primary key, payload text not null)');

const server = createServer((request, response) => {
  void (async () => {
    const body = await buffer(request);
    const given = Buffer.from(String(request.headers['x-hub-signature-256']));
    const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return response.writeHead(401).end();
    const payload = JSON.stringify(JSON.parse(body.toString()));
    await database.query('insert into webhook values ($1, $2) on conflict do nothing', [
      request.headers['x-github-delivery'],
      payload,
    ]);
    return response.writeHead(202).end();
  })();
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
