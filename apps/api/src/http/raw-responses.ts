import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { securityHeaders } from './security-headers.js';

/** How long a refused client has to read the response. */
const LINGER_MS = 1000;

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
};

/** Errors of Node's parser that have a code of their own; all others are `invalid-request`. */
const CODE_OF_FAILURE: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'invalid-request',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
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
  else closeInTurn(socket, CODE_OF_FAILURE[error.code ?? ''] ?? 'invalid-request');
}

/**
 * Closes a connection with a response of this code, after those that are due before it. What follows a request that was
 * refused, or is part of one that has its response, gets none of its own.
 */
function closeInTurn(socket: Duplex, code: ProblemCode): void {
  const { request, response } = exchanges.get(socket) ?? {};
  const isUnanswered = response?.headersSent === false && response.socket === socket;
  if (request === undefined || response === undefined) closeWith(socket, code);
  else if (!request.complete && isUnanswered) closeWith(socket, code);
  else {
    const close = (): void => (request.complete ? closeWith(socket, code) : closeAfterWrites(socket));
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
    closeInTurn(socket, 'method-not-allowed');
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    remember(request, response);
    const { status, body, headers } = renderRawResponse('expectation-failed');
    response.writeHead(status, headers).end(body);
  });
  // A client that asks first gets a refusal before it sends anything.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (isAcceptable(request)) response.writeContinue();
    server.emit('request', request, response);
  });
}

/** Writes a response of this code straight to the socket, and closes it; nothing is written to one that is being closed. */
export function closeWith(socket: Duplex, code: ProblemCode): void {
  if (!socket.writable) {
    closeAfterWrites(socket);
    return;
  }
  const { status, body, headers } = renderRawResponse(code);
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

function renderRawResponse(code: ProblemCode): {
  status: number;
  body: string;
  headers: Record<string, string>;
} {
  const problem = new Problem(code);
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
