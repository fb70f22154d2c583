import { isIPv4 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { isLoopback } from '#settings/settings.js';
import type { Settings } from '#settings/settings.schema.js';
import { sendProblem } from './problem.filter.js';
import { closeAfterResponse } from './unread-bodies.js';

/**
 * On a loopback address, answers only requests whose `Host` names this machine or is the name of `PUBLIC_URL`; 421
 * otherwise. A browser on this machine can be led here under any other name (DNS rebinding), and the page that leads it
 * would then count as one of the service's own.
 */
export function requireKnownHost(server: FastifyInstance, { HOST, PUBLIC_URL }: Settings): void {
  if (!isLoopback(HOST)) return;
  const publicName = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).hostname;
  server.addHook('onRequest', (request, reply, done) => {
    const { host } = request.raw.headers;
    if (host === undefined || isKnownHost(host, publicName)) done();
    else sendProblem(closeAfterResponse(reply), new Problem('misdirected-request'));
  });
}

/** True for a `Host` that names a loopback address, `localhost` or `publicName`, with any port. */
export function isKnownHost(host: string, publicName: string | undefined): boolean {
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  if (name === 'localhost' || name === '[::1]' || name === publicName?.toLowerCase()) return true;
  return isIPv4(name) && name.startsWith('127.');
}
