import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode } from '#contracts/problem.catalogue.js';
import { securityHeaders } from './security-headers.js';

/** How long a client that was told off may take to read it. */
const LINGER_MS = 1000;

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
};

/** What Node's parser calls the failures that are no mere nonsense. */
const CODE_OF_FAILURE: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'invalid-request',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers a connection on which no request could be made out, and closes it. Nothing of what it sent is repeated. */
export function respondToMalformedRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  closeWith(socket, CODE_OF_FAILURE[error.code ?? ''] ?? 'invalid-request');
}

/** What Node would answer, or not answer, by itself: CONNECT, and `Expect` in its two forms. */
export function handleSpecialRequests(
  server: Server,
  isAcceptable: (request: IncomingMessage) => boolean,
): void {
  server.on('connect', (_request: IncomingMessage, socket: Duplex) =>
    closeWith(socket, 'method-not-allowed'),
  );
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { status, body, headers } = wholeAnswer('expectation-failed');
    response.writeHead(status, headers).end(body);
  });
  // Who asks first hears of a refusal before sending anything.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (isAcceptable(request)) response.writeContinue();
    server.emit('request', request, response);
  });
}

/** Answers a connection past whatever was to be said on it, and closes it. */
export function closeWith(socket: Duplex, code: ProblemCode): void {
  const { status, body, headers } = wholeAnswer(code);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function wholeAnswer(code: ProblemCode): { status: number; body: string; headers: Record<string, string> } {
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
