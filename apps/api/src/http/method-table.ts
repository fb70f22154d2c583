import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { sendProblem } from './problem.filter.js';

/**
 * Responds to a wrong method with 405 and the methods that the address has, where a bare router responds with 404; and to
 * OPTIONS with the same list.
 */
export class MethodTable {
  private readonly routes: { pattern: RegExp; methods: string[] }[] = [];

  /** Collects all routes of a server; to be called before the first is added. */
  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method }) => {
      const methods = [method].flat().filter((each) => each !== 'OPTIONS');
      this.routes.push({ pattern: patternOf(url), methods });
    });
    server.addHook('onRequest', (request, reply, done) => {
      if (request.is404 || request.method === 'OPTIONS') this.respond(request, reply, done);
      else done();
    });
  }

  /** Methods of the routes that an address matches. */
  allowed(path: string): string[] {
    const found = this.routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    return [...new Set(found)].sort();
  }

  private respond(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const path = request.url.split('?', 1)[0] ?? '';
    const isForAll = request.method === 'OPTIONS' && path === '*';
    const methods = isForAll ? ['DELETE', 'GET', 'HEAD', 'POST'] : this.allowed(path);
    if (methods.length === 0) {
      done();
      return;
    }
    void reply.header('Allow', [...methods, 'OPTIONS'].join(', '));
    if (request.method === 'OPTIONS') void reply.code(204).send();
    else sendProblem(reply, new Problem('method-not-allowed'));
  }
}

/** A parameter of a route stands for anything but a slash. */
function patternOf(url: string): RegExp {
  const text = url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[A-Za-z0-9_]+/g, '[^/]+');
  return new RegExp(`^${text}$`);
}
