import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { throttleNetwork } from './client-network.js';
import { sendProblem } from './problem.filter.js';

/** A request may end at any moment; a second is what the shortest of them take. */
const RETRY_AFTER_S = 1;

/**
 * Bounds the requests that one client behind a trusted proxy has open at a time, as its connections are bounded where
 * there is no proxy: 429. The proxy's own connections are those of many and say nothing of one client.
 */
export function limitForwardedClients(server: FastifyInstance, maxPerNetwork: number): void {
  const open = new Map<string, number>();
  server.addHook('onRequest', (request, reply, done) => {
    // A connection that was reset in the meantime no longer knows where it came from.
    const { ip } = request as { ip?: string };
    const network = ip === undefined ? undefined : throttleNetwork(ip);
    if (network === undefined || network === throttleNetwork(request.socket.remoteAddress ?? '')) {
      done();
      return;
    }
    const count = (open.get(network) ?? 0) + 1;
    if (count > maxPerNetwork) {
      sendProblem(reply, new Problem('too-many-open-requests', { retryAfterS: RETRY_AFTER_S }));
      return;
    }
    open.set(network, count);
    reply.raw.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
    done();
  });
}
