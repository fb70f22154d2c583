import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { MIME_OF_FORMAT } from '#contracts/job-options.js';
import type { DeliveryWay } from '#telemetry/metric-labels.js';
import { setRateLimitHeaders } from '../http/rate-limit-headers.js';
import { ClientDisconnectedError, type ResultWriter } from './result-delivery.service.js';

/** A client that reads nothing for this long is disconnected. */
export const STALL_MS = 30_000;

/** Writes a result as the response to a request. */
export interface AbortableResultWriter extends ResultWriter {
  /** Closes the connection if the response has started, since a truncated image must not look complete. False if not. */
  abort(): boolean;
}

/** Headers that depend on a result. */
export type ResultHeaders = (output: OutputFacts) => OutgoingHttpHeaders;

/** Headers of all responses with a result. */
export const resultHeaders = (output: OutputFacts): OutgoingHttpHeaders => ({
  'X-Width': output.width,
  'X-Height': output.height,
  'X-Foreground-Top': output.foreground.top,
  'X-Foreground-Left': output.foreground.left,
  'X-Foreground-Width': output.foreground.width,
  'X-Foreground-Height': output.foreground.height,
  ...(output.confidence !== undefined && { 'X-Confidence': output.confidence.toFixed(2) }),
  ...(output.hints.length > 0 && { 'X-Hints': output.hints.join(', ') }),
  'Server-Timing': serverTiming(output),
});

/** Sends the head of a raw response without Fastify: status 200, the headers of the reply, and these headers. */
export function sendHead(reply: FastifyReply, headers: OutgoingHttpHeaders): void {
  setRateLimitHeaders(reply);
  reply.hijack();
  const set = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  reply.raw.writeHead(200, {
    ...(Object.fromEntries(set) as Record<string, string | number | string[]>),
    ...headers,
  });
}

/**
 * Writes a result as the body of an HTTP response. Fastify is bypassed, so that each chunk can be awaited and wiped.
 */
export class HttpResultWriter implements AbortableResultWriter {
  private isStarted = false;
  private readonly receiptLink: string | undefined;
  private readonly headers: ResultHeaders | undefined;

  /** How the result is delivered, for the metrics. */
  readonly way: DeliveryWay;

  /**
   * @param receiptLink URL of the receipt, for a client that has the token of the job
   * @param headers of a compatible endpoint, besides those of all results
   */
  constructor(
    private readonly reply: FastifyReply,
    { via, receiptLink, headers }: { via: DeliveryWay; receiptLink?: string; headers?: ResultHeaders },
  ) {
    this.way = via;
    this.receiptLink = receiptLink;
    this.headers = headers;
  }

  /** The head has been sent. */
  get hasStarted(): boolean {
    return this.isStarted;
  }

  /** Sends the head. */
  start(output: OutputFacts): void {
    this.isStarted = true;
    sendHead(this.reply, {
      ...resultHeaders(output),
      ...this.headers?.(output),
      'Content-Type': MIME_OF_FORMAT[output.format],
      'Content-Length': output.bytes,
      'Content-Disposition': `attachment; filename="cutout.${output.format}"`,
      ...(this.receiptLink !== undefined && { Link: `<${this.receiptLink}>; rel="receipt"` }),
    });
  }

  /** Sends one chunk. */
  write(plain: Buffer): Promise<void> {
    return writeAndFlush(this.reply.raw, plain);
  }

  /** Ends the body. */
  finish(): Promise<void> {
    return endAndFlush(this.reply.raw);
  }

  /** Closes the connection if the response has started. */
  abort(): boolean {
    if (this.isStarted) this.reply.raw.destroy();
    return this.isStarted;
  }
}

/** Durations of the worker's stages, model and provider (W3C Server Timing). */
function serverTiming({ timingsMs, model, provider }: OutputFacts): string {
  return Object.entries(timingsMs)
    .map(([stage, ms]) => {
      const description = stage === 'infer' ? `;desc="${model} on ${provider}"` : '';
      return `${stage}${description};dur=${ms.toFixed(1)}`;
    })
    .join(', ');
}

/**
 * Writes to a raw response and resolves when the kernel has the bytes, so that they can be wiped.
 * @throws ClientDisconnectedError when the connection closed or stalled
 */
export function writeAndFlush(response: ServerResponse, bytes: Buffer): Promise<void> {
  return settled(response, (done) => {
    if (response.destroyed || response.writableEnded) done(new ClientDisconnectedError());
    else response.write(bytes, done);
  });
}

/** Ends a raw response and resolves when the kernel has its last byte. @throws ClientDisconnectedError */
export function endAndFlush(response: ServerResponse): Promise<void> {
  return settled(response, (done) => {
    if (response.destroyed) done(new ClientDisconnectedError());
    else response.end(() => done());
  });
}

function settled(
  response: ServerResponse,
  act: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => finish(new ClientDisconnectedError());
    const timer = setTimeout(() => response.destroy(), STALL_MS);
    const finish = (error?: Error | null): void => {
      clearTimeout(timer);
      response.off('close', onClose);
      if (error) reject(new ClientDisconnectedError());
      else resolve();
    };
    response.once('close', onClose);
    act(finish);
  });
}
