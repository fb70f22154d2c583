import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import type { Settings } from '#settings/settings.schema.js';
import { limitSlowBodies, closeAfterResponse, drainUnreadBodies } from './request-body-limits.js';
import { limitConnections, limitForwardedClients, closeIdleConnections } from './connection-limits.js';
import { shareWith } from './cors.js';
import { paceFinalAnswers } from './final-answers.js';
import {
  refuseCrossSiteRequests,
  requireKnownHost,
  validateRequestHead,
  MethodTable,
} from './request-validation.js';
import { addHeadRoutes } from './head-routes.js';
import {
  sendProblem,
  routeConfig,
  handleSpecialRequests,
  respondToMalformedRequest,
  setSecurityHeaders,
  securityHeaders,
} from './problem-responses.js';

/** What multipart framing may add around one image. */
const MULTIPART_OVERHEAD_BYTES = 65_536;

/** How much larger an image may become as text. */
const TEXT_GROWTH = 1.5;

/** Largest upload of one image file, in bytes. */
export const maxUploadBytes = (settings: Settings): number => settings.MAX_UPLOAD_MB * 1_048_576;

/**
 * The HTTP server: bounded in time and size before anything is read. Bodies are handed on as streams, so that
 * guards run before a byte of an upload is taken in, and nothing is buffered or spooled.
 */
export function createAdapter(settings: Settings): FastifyAdapter {
  const trusted = trustedProxies(settings);
  return new FastifyAdapter({
    trustProxy: trusted.length > 0 && trusted,
    bodyLimit: maxUploadBytes(settings) + MULTIPART_OVERHEAD_BYTES,
    connectionTimeout: 0,
    requestTimeout: uploadTimeoutMs(settings),
    keepAliveTimeout: 5000,
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2000,
      maxHeaderSize: 16_384,
      // `validateRequestHead` checks it, with the response of all other faults.
      requireHostHeader: false,
    },
    // `addHeadRoutes` knows which routes can be read again.
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
    // Addresses that the router cannot parse: Fastify's own response would echo them.
    frameworkErrors: (error: FastifyError, _request: unknown, reply: unknown) => {
      const code = error.code === 'FST_ERR_BAD_URL' ? 'invalid-request' : 'not-found';
      sendProblem((reply as FastifyReply).headers(securityHeaders()), new Problem(code));
    },
    clientErrorHandler: respondToMalformedRequest,
    logger: false,
  });
}

/** Body parsing and size limits, to be set up before Nest adds its routes. */
export async function prepareServer(server: FastifyInstance, settings: Settings): Promise<void> {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  server.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });
  const imageBytes = maxUploadBytes(settings);
  setSecurityHeaders(server);
  await shareWith(server, settings.CORS_ORIGINS);
  drainUnreadBodies(server, textBodyBytes(imageBytes));
  server.addHook('onRequest', (request, reply, done) => {
    const fault = validateRequestHead(request.raw);
    const isTooLarge = announcedBytes(request) > maxBodyBytes(request, imageBytes);
    // Such a head may hide another request behind it: none that follows is handled.
    if (fault !== undefined) sendProblem(closeAfterResponse(reply), new Problem(fault));
    else if (isTooLarge) sendProblem(reply, new Problem('image-too-large'));
    else done();
  });
  requireKnownHost(server, settings);
  refuseCrossSiteRequests(server, settings.CORS_ORIGINS);
  limitForwardedClients(server, settings.MAX_CONNECTIONS_PER_ADDRESS);
  paceFinalAnswers(server);
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

const uploadTimeoutMs = ({ UPLOAD_TIMEOUT_S }: Settings): number => UPLOAD_TIMEOUT_S * 1000;

const trustedProxies = ({ TRUST_PROXY }: Settings): string[] =>
  TRUST_PROXY?.split(',').map((proxy) => proxy.trim()) ?? [];

/** Largest body that carries an image of `imageBytes` as text, in bytes. */
export const textBodyBytes = (imageBytes: number): number =>
  imageBytes * TEXT_GROWTH + MULTIPART_OVERHEAD_BYTES;

/** Body size a request announces; 0 when it announces none. */
export const announcedBytes = (request: FastifyRequest): number =>
  Number(request.headers['content-length'] ?? 0);

/** Largest body of a request that brings an image of `imageBytes`. */
export function maxBodyBytes(request: FastifyRequest, imageBytes: number): number {
  if (routeConfig(request).takesBase64 === true) return textBodyBytes(imageBytes);
  const isForm = request.headers['content-type']?.startsWith('multipart/') === true;
  return isForm ? imageBytes + MULTIPART_OVERHEAD_BYTES : imageBytes;
}
