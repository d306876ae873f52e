import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request, or says false when it is not its own. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** The path that a request asks for; empty if what it asks for is no path. */
export function pathOf({ url }: IncomingMessage): string {
  return URL.parse(url ?? '', 'http://omk')?.pathname ?? '';
}

/** Where the server is reached. `stop` answers what is under way and takes nothing new. */
export type Site = { url: string; stop(): Promise<void> };

type Place = { HOST: string; PORT: number };

/** Serves with the first handler that takes a request; 404 when none does, 500 when one throws. Throws when the port is not free. */
export async function serve(
  { HOST, PORT }: Place,
  { handlers, log }: { handlers: Handler[]; log: { error(details: object, text: string): void } },
): Promise<Site> {
  const server = createServer((request, response) => {
    answer(request, response, handlers).catch((err: unknown) => {
      log.error({ err, url: request.url }, 'a request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(PORT, HOST);
  await once(server, 'listening');
  const { address, family, port } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return {
    url,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: Handler[]): Promise<void> {
  for (const handler of handlers) if (await handler(request, response)) return;
  response.writeHead(404, { 'content-type': 'text/plain' }).end('Nothing is here.\n');
}
