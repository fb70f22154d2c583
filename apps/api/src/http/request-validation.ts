import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyRequest, FastifyReply } from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import { isLoopback } from '#config/settings.js';
import type { Settings } from '#config/settings.schema.js';
import { sendProblem, type ProblemRenderer } from './problem-responses.js';
import { closeAfterResponse } from './request-body-limits.js';
import { routeConfig } from './route-config.js';

/** Header lines of one request; the parser limits their bytes. */
export const MAX_HEADERS = 100;

/** A name, an IPv4 or a bracketed IPv6 address, optionally with a port (RFC 9112, 3.2; RFC 3986, 3.2.2). */
const HOST = /^(?:[A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Headers that may occur once. Repeated ones let two servers interpret a request differently (request smuggling). */
const SINGULAR = [
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'authorization',
];

/**
 * Checks the head of a request beyond the checks of the parser, so that no other server can interpret it differently.
 * Undefined when it is valid.
 */
export function validateRequestHead({
  rawHeaders,
  headers,
  httpVersion,
}: IncomingMessage): Problem | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return new Problem('invalid-request');
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return new Problem('headers-too-large', { limit: MAX_HEADERS, unit: 'headers' });
  }
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  if (SINGULAR.some((name) => names.indexOf(name) !== names.lastIndexOf(name)))
    return new Problem('invalid-request');
  const hasValidHost = headers.host === undefined ? httpVersion === '1.0' : HOST.test(headers.host);
  if (!hasValidHost) return new Problem('invalid-request');
  return checkBodyHeaders(headers, httpVersion);
}

function checkBodyHeaders(headers: IncomingMessage['headers'], httpVersion: string): Problem | undefined {
  const transfer = headers['transfer-encoding'];
  const isPlain = transfer === undefined || (httpVersion === '1.1' && transfer.toLowerCase() === 'chunked');
  if (!isPlain) return new Problem('invalid-request');
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  return encoding === 'identity' ? undefined : new Problem('content-encoding-unsupported');
}

/**
 * On a loopback address, accepts only requests whose `Host` is this machine or the host of `PUBLIC_URL`; 421 otherwise. A
 * web page could resolve its own name to this machine (DNS rebinding), and its requests would then be same-origin.
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

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `Sec-Fetch-Site` of requests from the service's own page, or from no page (W3C Fetch Metadata, 2.3). */
const OWN_SITES: readonly unknown[] = ['same-origin', 'none'];

/**
 * Rejects requests with effects from pages of origins that are not allowed. `same-site` is rejected like `cross-site`: all
 * ports of a machine are one site. Clients other than browsers send no `Sec-Fetch-Site` and are not affected.
 */
export function refuseCrossSiteRequests(server: FastifyInstance, allowedOrigins: readonly string[]): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (hasEffect(request) && isForeign(request, allowedOrigins)) {
      sendProblem(reply, new Problem('cross-site-request'));
    } else done();
  });
}

const hasEffect = (request: FastifyRequest): boolean =>
  !SAFE_METHODS.has(request.method) || routeConfig(request).hasEffect === true;

function isForeign({ headers }: FastifyRequest, allowedOrigins: readonly string[]): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || OWN_SITES.includes(site)) return false;
  return headers.origin === undefined || !allowedOrigins.includes(headers.origin);
}

/**
 * Responds to unsupported methods with 405 and the supported ones, where Fastify would respond with 404; and to OPTIONS
 * with the same list.
 */
export class MethodTable {
  private readonly routes: {
    pattern: RegExp;
    methods: string[];
    renderProblem: ProblemRenderer | undefined;
  }[] = [];

  /** Collects the routes of a server. To be called before the first route is added. */
  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method, config }) => {
      const methods = [method].flat().filter((each) => each !== 'OPTIONS');
      this.routes.push({ pattern: patternOf(url), methods, renderProblem: config?.renderProblem });
    });
    server.addHook('onRequest', (request, reply, done) => {
      if (request.is404 || request.method === 'OPTIONS') this.respond(request, reply, done);
      else done();
    });
  }

  /** Methods of the routes that match a path. */
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
    else sendProblem(reply, methodNotAllowed(methods), this.rendererOf(path));
  }

  /** The error format of the routes that match a path. */
  private rendererOf(path: string): ProblemRenderer | undefined {
    const routes = this.routes.filter(({ pattern }) => pattern.test(path));
    return routes.find(({ renderProblem }) => renderProblem !== undefined)?.renderProblem;
  }
}

const methodNotAllowed = (methods: readonly string[]): Problem =>
  new Problem('method-not-allowed', {
    accepted: methods,
    detail: `This URL accepts ${methods.join(' and ')}. Send the request with ${methods.length > 1 ? 'one of these methods' : 'this method'}.`,
  });

/** The pattern of a route. Parameters match everything except a slash. */
function patternOf(url: string): RegExp {
  const text = url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[A-Za-z0-9_]+/g, '[^/]+');
  return new RegExp(`^${text}$`);
}
