import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyContextConfig, FastifyReply, FastifyRequest, FastifyInstance } from 'fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode, type ProblemFacts } from '#contracts/problem-catalog.js';
import type { Log } from '#telemetry/log.js';
import { wipe } from '#crypto/wipe.js';
import { HTML_MIME } from '../pages/html-page.js';
import { occurredProblemHtml } from '../pages/problem-pages.js';
import { wantsPage } from './content-negotiation.js';

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
    /** Limits that a worker found exceeded: only its code comes from there. */
    limitsByCode?: LimitsByCode;
  }
  interface FastifyContextConfig {
    /** Format of the route's errors; RFC 9457 by default. */
    renderProblem?: ProblemRenderer;
    /** The route takes an image as text in any form: in base64, with line ends, or with escapes. */
    takesBase64?: boolean;
    /** A GET that makes the service work: pages of other origins may not send it. */
    hasEffect?: boolean;
    /** A GET that can be read once, or that streams: it has no HEAD. */
    withoutHead?: boolean;
  }
}

/** `application/problem+json` (RFC 9457). */
export const renderProblem: ProblemRenderer = (problem) => ({
  status: problem.status,
  contentType: 'application/problem+json; charset=utf-8',
  body: problem.toBody(),
});

/** A page, for a person whose browser ran into the problem. */
const renderProblemPage: ProblemRenderer = (problem) => ({
  status: problem.status,
  contentType: HTML_MIME,
  body: occurredProblemHtml(problem.toBody()),
});

/** Configuration of a request's route; empty for a request that the router refused to read. */
export const routeConfig = ({ routeOptions }: FastifyRequest): FastifyContextConfig =>
  (routeOptions as { config?: FastifyContextConfig }).config ?? {};

/** A problem in the format of the route that it occurs on; a page where a browser asks for one. */
export function renderForRoute(reply: FastifyReply, problem: Problem): ProblemResponse {
  const fallback = wantsPage(reply.request) ? renderProblemPage : renderProblem;
  return (routeConfig(reply.request).renderProblem ?? fallback)(problem, reply);
}

const refusals = new WeakMap<FastifyReply['raw'], ProblemCode>();

/** Notes the code with which a request was refused, for metrics. */
export const setRefusalCode = ({ raw }: FastifyReply, code: ProblemCode): void =>
  void refusals.set(raw, code);

/** The code that a request was refused with. */
export const refusalCodeOf = ({ raw }: FastifyReply): ProblemCode | undefined => refusals.get(raw);

/** Codes of failures that Nest and Fastify raise themselves. Their messages may echo input and are dropped. */
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

const FACTS_OF_STATUS: Record<number, ProblemFacts> = {
  404: { detail: 'There is nothing at this address. All addresses of the API are at /docs.' },
};

/** RFC 9110 wants one with each 401. */
const CHALLENGE = 'Bearer realm="removebg-bd"';

/** The problem that any thrown value amounts to; undefined for a defect of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status >= 500) return undefined;
  return new Problem(CODE_OF_STATUS[status] ?? 'invalid-request', FACTS_OF_STATUS[status]);
}

/** Answers with `application/problem+json` (RFC 9457), in the format that clients of the call know, or with a page. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  // A request that the router could not read belongs to no server.
  const { limitsByCode } = (reply.server as FastifyInstance | undefined) ?? {};
  const facts = { ...limitsByCode?.[problem.code], ...problem.facts };
  const { status, contentType, body } = renderForRoute(reply, new Problem(problem.code, facts));
  setRefusalCode(reply, problem.code);
  if (problem.facts.retryAfterS !== undefined) void reply.header('Retry-After', problem.facts.retryAfterS);
  if (status === 401) void reply.header('WWW-Authenticate', CHALLENGE);
  void reply
    .code(status)
    .header('Cache-Control', 'no-store')
    .header('Content-Type', contentType)
    .serializer((text: string) => text)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The one exit of all errors. */
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

/** The program that draws the reference sets style attributes and has its signs inline; all else is as strict. */
const DOCS_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
  'blob:',
  'blob: data:',
);

/** A worker has the policy of its own response: only the one that decodes HEIC photos may compile WebAssembly. */
const HEIC_WORKER = '/assets/heic.js';
const HEIC_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

function policyOf(url: string): string {
  if (url === HEIC_WORKER) return HEIC_WORKER_POLICY;
  return url.startsWith('/docs') ? DOCS_POLICY : PAGE_POLICY;
}

/** Headers of every answer, whatever it is, to the address `url`. */
export const securityHeaders = (url = ''): Record<string, string> => ({
  'Content-Security-Policy': policyOf(url),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Puts them on every answer that a request gets; to be called before anything that may answer. */
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

/** Errors of Node's parser that have a code of their own; all others are `invalid-request`. */
const REFUSAL_OF_FAILURE: Record<string, [ProblemCode, ProblemFacts?]> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', { limit: MAX_HEAD_BYTES, unit: 'bytes' }],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['invalid-request'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout'],
};

/** The last request that was parsed on each connection, and its response. Responses are finished in order. */
const exchanges = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();

/**
 * Responds on a connection whose bytes are no request, and closes it. The response repeats none of them, and Node's copy
 * of them, which may be an image, is wiped.
 */
export function respondToMalformedRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { rawPacket } = error as { rawPacket?: unknown };
  if (Buffer.isBuffer(rawPacket)) wipe(rawPacket);
  if (error.code === 'ECONNRESET') socket.destroy();
  else closeInTurn(socket, new Problem(...(REFUSAL_OF_FAILURE[error.code ?? ''] ?? ['invalid-request'])));
}

/**
 * Closes a connection with the response to a problem, after those that are due before it. What follows a request that was
 * refused, or is part of one that has its response, gets none of its own.
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

/** Handles what Node would respond to by itself: CONNECT, and `Expect` in its two forms. */
export function handleSpecialRequests(
  server: Server,
  isAcceptable: (request: IncomingMessage) => boolean,
): void {
  const remember = (request: IncomingMessage, response: ServerResponse): void =>
    void exchanges.set(request.socket, { request, response });
  server.prependListener('request', remember);
  server.on('connect', (_request: IncomingMessage, socket: Duplex, first: Buffer) => {
    wipe(first);
    // From here on Node parses nothing: what still comes is read, and wiped.
    socket.on('data', (piece: Buffer) => wipe(piece));
    closeInTurn(socket, new Problem('method-not-allowed'));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    remember(request, response);
    const { status, body, headers } = renderRawResponse(new Problem('expectation-failed'));
    response.writeHead(status, headers).end(body);
  });
  // A client that asks first gets a refusal before it sends anything.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (isAcceptable(request)) response.writeContinue();
    server.emit('request', request, response);
  });
}

/** Writes the response to a problem straight to the socket, and closes it; nothing is written to one that is being closed. */
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

/** Closes a connection once what was written has gone out, and the client has had time to read it. */
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
      'Cache-Control': 'no-store',
      'Content-Type': 'application/problem+json',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    },
  };
}
