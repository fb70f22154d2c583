import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem, imageTooLarge } from '#contracts/problem-catalog.js';
import type { Settings } from '#config/settings.schema.js';
import { limitSlowBodies, closeAfterResponse, drainUnreadBodies } from './request-body-limits.js';
import { limitConnections, limitForwardedClients, closeIdleConnections } from './connection-limits.js';
import { shareWith } from './cors.js';
import { delayFinalResponses } from './final-responses.js';
import {
  refuseCrossSiteRequests,
  requireKnownHost,
  validateRequestHead,
  MethodTable,
} from './request-validation.js';
import {
  sendProblem,
  handleSpecialRequests,
  MAX_HEAD_BYTES,
  respondToMalformedRequest,
  setSecurityHeaders,
  securityHeaders,
  type LimitsByCode,
} from './problem-responses.js';
import { routeConfig } from './route-config.js';

/** Size of a form without its image: boundaries, options, and ignored fields. */
const MULTIPART_OVERHEAD_BYTES = 1_048_576;

/** How much larger an image may become as text. */
export const TEXT_GROWTH = 1.5;

/** Time in which the head of a request must arrive, in milliseconds. */
export const HEAD_TIMEOUT_MS = 10_000;

/** Time that a connection without a request stays open, in milliseconds. */
export const KEEP_ALIVE_MS = 5000;

/** Largest size of one image file, in bytes. */
export const maxUploadBytes = (settings: Settings): number => settings.MAX_UPLOAD_MB * 1_048_576;

/**
 * The HTTP server, with limits on time and size before anything is read. Bodies are streams, so that guards run before a
 * byte of an upload is read, and nothing is buffered or written to disk.
 */
export function createAdapter(settings: Settings): FastifyAdapter {
  const trusted = trustedProxies(settings);
  return new FastifyAdapter({
    trustProxy: trusted.length > 0 && trusted,
    bodyLimit: maxUploadBytes(settings) + MULTIPART_OVERHEAD_BYTES,
    connectionTimeout: 0,
    requestTimeout: uploadTimeoutMs(settings),
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: HEAD_TIMEOUT_MS,
      connectionsCheckingInterval: 2000,
      maxHeaderSize: MAX_HEAD_BYTES,
      // `validateRequestHead` checks it, so that the response has the common format.
      requireHostHeader: false,
    },
    // `addHeadRoutes` adds them where a GET can be repeated.
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
    rewriteUrl: ({ url = '/' }) => withoutTrailingSlash(url),
    // URLs that the router cannot parse. Fastify's own response would echo them.
    frameworkErrors: (error: FastifyError, _request: unknown, reply: unknown) => {
      const code = error.code === 'FST_ERR_BAD_URL' ? 'invalid-request' : 'not-found';
      sendProblem((reply as FastifyReply).headers(securityHeaders()), new Problem(code));
    },
    clientErrorHandler: respondToMalformedRequest,
    logger: false,
  });
}

/** Prefixes of API routes, which have no trailing slash. Pages may have one. */
const API_PREFIXES = ['/v1/', '/v1.0/', '/api/'];

/** Removes the trailing slash that many programs add to URLs of the API. */
function withoutTrailingSlash(url: string): string {
  const end = url.includes('?') ? url.indexOf('?') : url.length;
  const isApi = API_PREFIXES.some((prefix) => url.startsWith(prefix) && end > prefix.length);
  return isApi && url[end - 1] === '/' ? url.slice(0, end - 1) + url.slice(end) : url;
}

/**
 * Adds a HEAD route for each GET route: the same response without its body (RFC 9110, 9.3.2). Routes whose response can be
 * read once, or is a stream, have none. To be called before the first route is added.
 */
function addHeadRoutes(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (route.method === 'GET' && route.config?.withoutHead !== true) {
      // Node itself sends no body in response to HEAD, and keeps the length.
      server.route({ ...route, method: 'HEAD' });
    }
  });
}

/** Body parsing and size limits, to be set up before Nest adds its routes. */
export async function prepareServer(server: FastifyInstance, settings: Settings): Promise<void> {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  server.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });
  const imageBytes = maxUploadBytes(settings);
  server.decorate('limitsByCode', limitsOf(settings));
  setSecurityHeaders(server);
  await shareWith(server, settings.CORS_ORIGINS);
  drainUnreadBodies(server, textBodyBytes(imageBytes));
  server.addHook('onRequest', (request, reply, done) => {
    const fault = validateRequestHead(request.raw);
    repairContentType(request.raw.headers);
    const isTooLarge = announcedBytes(request) > maxBodyBytes(request, imageBytes);
    // Such a head may hide another request (request smuggling): no further request on the connection is handled.
    if (fault !== undefined) sendProblem(closeAfterResponse(reply), fault);
    else if (isTooLarge) sendProblem(reply, imageTooLarge(imageBytes));
    else done();
  });
  requireKnownHost(server, settings);
  refuseCrossSiteRequests(server, settings.CORS_ORIGINS);
  limitForwardedClients(server, settings.MAX_CONNECTIONS_PER_ADDRESS);
  delayFinalResponses(server);
  new MethodTable(server);
  addHeadRoutes(server);
  limitSlowBodies(server, uploadTimeoutMs(settings));
  closeIdleConnections(server.server);
  handleSpecialRequests(
    server.server,
    ({ headers }) => Number(headers['content-length'] ?? 0) <= textBodyBytes(imageBytes),
  );
  limitConnections(server.server, {
    max: settings.MAX_CONNECTIONS,
    maxPerNetwork: settings.MAX_CONNECTIONS_PER_ADDRESS,
    proxies: trustedProxies(settings),
  });
}

const limitsOf = ({ JOB_DEADLINE_S, MAX_IMAGE_MEMORY_MB }: Settings): LimitsByCode => ({
  'deadline-exceeded': {
    ...{ limit: JOB_DEADLINE_S, unit: 'seconds' },
    detail: `The limit is ${JOB_DEADLINE_S} seconds for one image. Scale the image down.`,
  },
  'image-memory-exceeded': {
    ...{ limit: MAX_IMAGE_MEMORY_MB, unit: 'MiB' },
    detail: `The limit is ${MAX_IMAGE_MEMORY_MB} MiB for one image. Scale the image down.`,
  },
});

/** A media type (RFC 9110, 8.3.1), as Fastify parses it. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

/** Replaces a malformed Content-Type, which Fastify would reject. The content of the body decides. */
function repairContentType(headers: IncomingHttpHeaders): void {
  const type = headers['content-type'];
  if (type !== undefined && !MEDIA_TYPE.test(type)) headers['content-type'] = 'application/octet-stream';
}

const uploadTimeoutMs = ({ UPLOAD_TIMEOUT_S }: Settings): number => UPLOAD_TIMEOUT_S * 1000;

const trustedProxies = ({ TRUST_PROXY }: Settings): string[] =>
  TRUST_PROXY?.split(',').map((proxy) => proxy.trim()) ?? [];

/** Largest body with an image of `imageBytes` as text, in bytes. */
export const textBodyBytes = (imageBytes: number): number =>
  imageBytes * TEXT_GROWTH + MULTIPART_OVERHEAD_BYTES;

/** Body size in `Content-Length`; 0 without the header. */
export const announcedBytes = (request: FastifyRequest): number =>
  Number(request.headers['content-length'] ?? 0);

/** Media types of bodies that may contain an image as text. */
const TEXT_TYPE = /^(?:application\/(?:json|x-www-form-urlencoded)|text\/)/i;

/** Largest body of a request with an image of `imageBytes`, in bytes. */
export function maxBodyBytes(request: FastifyRequest, imageBytes: number): number {
  const type = request.headers['content-type'] ?? '';
  if (routeConfig(request).takesBase64 === true || TEXT_TYPE.test(type)) return textBodyBytes(imageBytes);
  return /^multipart\//i.test(type) ? imageBytes + MULTIPART_OVERHEAD_BYTES : imageBytes;
}
