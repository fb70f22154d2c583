import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyInstance } from 'fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode, type ProblemFacts } from '#contracts/problem-catalog.js';
import type { Log } from '#telemetry/log.js';
import { wipe } from '#crypto/wipe.js';
import { HTML_MIME } from '../pages/html-page.js';
import { notFoundHtml } from '../pages/not-found-page.js';
import { languageOf } from '../pages/page-shell.js';
import { occurredProblemHtml } from '../pages/problem-pages.js';
import { NO_STORE } from './cache-control.js';
import { wantsPage } from './content-negotiation.js';
import { routeConfig } from './route-config.js';

/** An error response before it is sent. */
export interface ProblemResponse {
  status: number;
  contentType: string;
  /** Text as it is; anything else becomes JSON. */
  body: unknown;
}

/** Facts about the limit behind a code. */
export type LimitsByCode = Readonly<Partial<Record<ProblemCode, ProblemFacts>>>;

/** Renders a problem in the format that the clients of a route expect. */
export type ProblemRenderer = (problem: Problem, reply: FastifyReply) => ProblemResponse;

declare module 'fastify' {
  interface FastifyInstance {
    /** Facts of problems that workers report, by code. */
    limitsByCode?: LimitsByCode;
  }
  interface FastifyRequest {
    /** Code of the problem that the request was refused with. */
    refusalCode?: ProblemCode;
  }
  interface FastifyContextConfig {
    /** Format of the route's errors; RFC 9457 by default. */
    renderProblem?: ProblemRenderer;
  }
}

/** `application/problem+json` (RFC 9457). */
export const renderProblem: ProblemRenderer = (problem) => ({
  status: problem.status,
  contentType: 'application/problem+json; charset=utf-8',
  body: problem.toBody(),
});

/** A page, for a browser. */
const renderProblemPage: ProblemRenderer = (problem, { request }) => ({
  status: problem.status,
  contentType: HTML_MIME,
  body:
    problem.code === 'not-found'
      ? notFoundHtml(languageOf(request.url), detailForPage(problem))
      : occurredProblemHtml(problem.toBody()),
});

/** The detail of a route. That of unknown addresses is for programs. */
function detailForPage({ facts: { detail } }: Problem): string | undefined {
  return detail === NO_ROUTE ? undefined : detail;
}

/** A problem in the format of its route, or as a page for a browser. */
export function renderForRoute(
  reply: FastifyReply,
  problem: Problem,
  render = routeConfig(reply.request).renderProblem,
): ProblemResponse {
  const fallback = wantsPage(reply.request) ? renderProblemPage : renderProblem;
  return (render ?? fallback)(problem, reply);
}

/** Codes of errors that Nest and Fastify throw. Their messages may echo input and are dropped. */
const CODE_OF_STATUS: Record<number, ProblemCode> = {
  400: 'invalid-request',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'image-too-large',
  414: 'invalid-request',
  415: 'image-type-unsupported',
  429: 'rate-limited',
  431: 'headers-too-large',
  503: 'broker-unavailable',
};

const NO_ROUTE = 'There is nothing at this URL. The reference at /docs lists all operations.';

const FACTS_OF_STATUS: Record<number, ProblemFacts> = { 404: { detail: NO_ROUTE } };

/** Required with each 401 (RFC 9110). */
const CHALLENGE = 'Bearer realm="removebg-bd"';

/** The problem for a thrown value; undefined for a bug of the service. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status >= 500) return undefined;
  return new Problem(CODE_OF_STATUS[status] ?? 'invalid-request', FACTS_OF_STATUS[status]);
}

/**
 * Sends a problem: as `application/problem+json` (RFC 9457), in the format of its route, or as a page.
 * @param render format for a request that has no route
 */
export function sendProblem(reply: FastifyReply, problem: Problem, render?: ProblemRenderer): void {
  // A request that the router could not parse belongs to no server.
  const { limitsByCode } = (reply.server as FastifyInstance | undefined) ?? {};
  const facts = { ...limitsByCode?.[problem.code], ...problem.facts };
  const { status, contentType, body } = renderForRoute(reply, new Problem(problem.code, facts), render);
  reply.request.refusalCode = problem.code;
  if (problem.facts.retryAfterS !== undefined) void reply.header('Retry-After', problem.facts.retryAfterS);
  if (status === 401) void reply.header('WWW-Authenticate', CHALLENGE);
  void reply
    .code(status)
    .headers({ ...NO_STORE, 'Content-Type': contentType })
    .serializer((text: string) => text)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Sends the responses to all errors. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  /** Renders the error, unless the response has started: then the connection is closed. */
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem === undefined) this.log.defect(error);
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, problem ?? new Problem('internal-error'));
  }
}

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "worker-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A web worker has the policy of its own response. Only the worker that decodes HEIC photos may compile WebAssembly. */
const HEIC_WORKER = '/assets/heic.js';
const HEIC_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

const policyOf = (url: string): string => (url === HEIC_WORKER ? HEIC_WORKER_POLICY : PAGE_POLICY);

/** Headers of all responses to the URL `url`. */
export const securityHeaders = (url = ''): Record<string, string> => ({
  'Content-Security-Policy': policyOf(url),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Sets the security headers of all responses. To be called before anything that may respond. */
export function setSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders(request.url));
    done();
  });
}

/** How long a refused client has to read the response. */
const LINGER_MS = 1000;

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
};

/** Bytes of the head of a request: its first line and all headers. */
export const MAX_HEAD_BYTES = 16_384;

/** Codes of errors of Node's HTTP parser; `invalid-request` by default. */
const REFUSAL_OF_FAILURE: Record<string, [ProblemCode, ProblemFacts?]> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', { limit: MAX_HEAD_BYTES, unit: 'bytes' }],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['invalid-request'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout'],
};

/** The last request that was parsed on each connection, and its response. Responses are finished in order. */
const exchanges = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();

/**
 * Responds to bytes that are not a valid request, and closes the connection. The response does not echo them, and Node's
 * copy of them, which may contain an image, is wiped.
 */
export function respondToMalformedRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { rawPacket } = error as { rawPacket?: unknown };
  if (Buffer.isBuffer(rawPacket)) wipe(rawPacket);
  if (error.code === 'ECONNRESET') socket.destroy();
  else closeInTurn(socket, new Problem(...(REFUSAL_OF_FAILURE[error.code ?? ''] ?? ['invalid-request'])));
}

/**
 * Sends the response to a problem after all earlier responses, and closes the connection. Bytes after a rejected request,
 * or within a request that has its response, get no response of their own.
 */
function closeInTurn(socket: Duplex, problem: Problem): void {
  const { request, response } = exchanges.get(socket) ?? {};
  const isUnanswered = response?.headersSent === false && response.socket === socket;
  if (request === undefined || response === undefined) closeWith(socket, problem);
  else if (!request.complete && isUnanswered) closeWith(socket, problem);
  else {
    const close = (): void => (request.complete ? closeWith(socket, problem) : closeAfterWrites(socket));
    if (response.closed) close();
    else response.once('close', close);
  }
}

/** Handles requests that Node would answer itself: CONNECT, and the two forms of `Expect`. */
export function handleSpecialRequests(
  server: Server,
  isAcceptable: (request: IncomingMessage) => boolean,
): void {
  const remember = (request: IncomingMessage, response: ServerResponse): void =>
    void exchanges.set(request.socket, { request, response });
  server.prependListener('request', remember);
  server.on('connect', (_request: IncomingMessage, socket: Duplex, first: Buffer) => {
    wipe(first);
    // Node no longer parses this connection: further bytes are read and wiped.
    socket.on('data', (piece: Buffer) => wipe(piece));
    closeInTurn(socket, new Problem('method-not-allowed'));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    remember(request, response);
    const { status, body, headers } = renderRawResponse(new Problem('expectation-failed'));
    response.writeHead(status, headers).end(body);
  });
  // A client that waits for 100 Continue is rejected before it sends its body.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (isAcceptable(request)) response.writeContinue();
    server.emit('request', request, response);
  });
}

/** Writes the response to a problem to the socket and closes it, unless the socket is already closing. */
export function closeWith(socket: Duplex, problem: Problem): void {
  if (!socket.writable) {
    closeAfterWrites(socket);
    return;
  }
  const { status, body, headers } = renderRawResponse(problem);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`);
  closeAfterWrites(socket);
}

/** Closes a connection after its data has been sent and the client has had time to read it. */
export function closeAfterWrites(socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function renderRawResponse(problem: Problem): {
  status: number;
  body: string;
  headers: Record<string, string>;
} {
  const body = JSON.stringify(problem.toBody());
  return {
    status: problem.status,
    body,
    headers: {
      ...securityHeaders(),
      ...NO_STORE,
      'Content-Type': 'application/problem+json',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    },
  };
}
