import { createServer, request, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hasApiKey } from './api-key-header.js';
import { hasBody } from './request-body-limits.js';

/** Node parses HTTP in one slab of 64 KiB a process; a little more overwrites all of it. */
const WIPE_BYTES = 70_000;

/** A body is followed by a wipe within this time; bodies in between share one. */
const DELAY_MS = 5;

/**
 * Node's HTTP parser reads all connections of a process through one slab, and the end of the last body stays in it until
 * the next request; so does the head of a request with an API key. After each body, complete or not, after the response
 * to it, and after each key, zeros are sent through the same parser: from this process to itself, over an abstract
 * socket (Linux) or an unpublished loopback port.
 */
export function wipeParserAfterBodies(server: FastifyInstance): void {
  const parser = new ParserWipe();
  const wipe = (): void => parser.wipeSoon();
  server.addHook('onRequest', ({ raw }, reply, done) => {
    if (hasBody(raw) || hasApiKey(raw.headers)) {
      raw.once('end', wipe).once('close', wipe);
      reply.raw.once('finish', wipe);
    }
    done();
  });
  // Requests that the parser refuses never reach a hook.
  server.server.on('clientError', wipe);
  server.addHook('onClose', () => parser.close());
}

class ParserWipe {
  private timer: NodeJS.Timeout | undefined;
  private server: Promise<Server> | undefined;

  wipeSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.wipe().catch(() => undefined);
    }, DELAY_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    (await this.server)?.close();
  }

  private async wipe(): Promise<void> {
    this.server ??= listen();
    const address = (await this.server).address();
    const where = typeof address === 'string' ? { socketPath: address } : { port: address?.port };
    await new Promise<void>((resolve, reject) => {
      const sent = request({ ...where, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
        response.resume().once('end', resolve).once('error', reject);
      });
      sent.once('error', reject).end(Buffer.alloc(WIPE_BYTES));
    });
  }
}

function listen(): Promise<Server> {
  const server = createServer((incoming, response) => {
    incoming.resume().once('end', () => response.end());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = (): void => resolve(server.unref());
    if (process.platform === 'linux') server.listen(`\0removebg-wipe-${process.pid}`, listening);
    else server.listen(0, '127.0.0.1', listening);
  });
}
