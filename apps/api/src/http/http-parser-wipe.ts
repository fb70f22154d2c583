import { createServer, request, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hasApiKey } from './api-key-header.js';
import { hasBody } from './unread-bodies.js';

/** Node parses HTTP in one slab of 64 KiB a process; a little more overwrites all of it. */
const SCRUB_BYTES = 70_000;

/** A body is followed by a scrub within this time; bodies in between share one. */
const DELAY_MS = 50;

/**
 * Node's HTTP parser reads all connections of a process through one slab, and the end of the last body stays in
 * it until the next request; so does the head of a request that shows an API key. After each body, wanted or not, whole
 * or broken off, and after each key, zeros are sent through the same
 * parser: from this process to itself, over an abstract socket (Linux) or a loopback port nobody is told of.
 */
export function wipeParserAfterBodies(server: FastifyInstance): void {
  const scrub = new ParserWipe();
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    if (hasBody(raw) || hasApiKey(raw.headers))
      raw.once('end', () => scrub.soon()).once('close', () => scrub.soon());
    done();
  });
  server.addHook('onClose', () => scrub.close());
}

class ParserWipe {
  private timer: NodeJS.Timeout | undefined;
  private server: Promise<Server> | undefined;

  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.scrub().catch(() => undefined);
    }, DELAY_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    (await this.server)?.close();
  }

  private async scrub(): Promise<void> {
    this.server ??= listen();
    const address = (await this.server).address();
    const where = typeof address === 'string' ? { socketPath: address } : { port: address?.port };
    await new Promise<void>((resolve, reject) => {
      const sent = request({ ...where, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
        response.resume().once('end', resolve).once('error', reject);
      });
      sent.once('error', reject).end(Buffer.alloc(SCRUB_BYTES));
    });
  }
}

function listen(): Promise<Server> {
  const server = createServer((incoming, answer) => {
    incoming.resume().once('end', () => answer.end());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = (): void => resolve(server.unref());
    if (process.platform === 'linux') server.listen(`\0removebg-scrub-${process.pid}`, listening);
    else server.listen(0, '127.0.0.1', listening);
  });
}
