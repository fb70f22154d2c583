import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { OutputFacts } from '#broker/job.record.js';
import { callOf } from '../telemetry/request.count.js';
import { MIME_OF_FORMAT } from '#contracts/job.options.js';
import type { DeliveryWay } from '#telemetry/metric.labels.js';
import { endOut, writeOut } from './response.writer.js';
import type { ResultSink } from './result.delivery.js';

/** A sink that is the answer to a request. */
export interface AnswerSink extends ResultSink {
  /** Cuts the connection if the answer had begun: a shortened image must not look whole. False if it had not. */
  abort(): boolean;
}

/** What the head of an answer tells of a result, however the image comes. */
export const headersOfResult = (output: OutputFacts): OutgoingHttpHeaders => ({
  'Cache-Control': 'no-store',
  'X-Width': output.width,
  'X-Height': output.height,
  'X-Foreground-Top': output.foreground.top,
  'X-Foreground-Left': output.foreground.left,
  'X-Foreground-Width': output.foreground.width,
  'X-Foreground-Height': output.foreground.height,
  'Server-Timing': serverTiming(output),
});

/** Takes an answer out of Fastify's hands and sends its head: 200, headers set on the reply before, and these. */
export function sendHead(reply: FastifyReply, headers: OutgoingHttpHeaders): void {
  reply.hijack();
  const set = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  reply.raw.writeHead(200, {
    ...(Object.fromEntries(set) as Record<string, string | number | string[]>),
    ...headers,
  });
}

/**
 * The result as the body of an HTTP answer. Fastify is bypassed from the first byte on, so that each chunk can
 * be awaited and wiped; headers set on the reply before are sent.
 */
export class ResponseSink implements AnswerSink {
  private begun = false;

  /** `receiptLink`: address of the receipt, for a reader who has the token that opens it. */
  constructor(
    private readonly reply: FastifyReply,
    private readonly receiptLink?: string,
  ) {}

  /** Which call it answers. */
  get way(): DeliveryWay {
    const call = callOf(this.reply.request.routeOptions.url);
    if (call === 'result') return 'poll';
    if (call === 'submit') return 'wait';
    return call === 'batch' ? 'batch' : 'compat';
  }

  /** The head has been sent. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /** Sends the head. */
  begin(output: OutputFacts): void {
    this.begun = true;
    sendHead(this.reply, {
      ...headersOfResult(output),
      'Content-Type': MIME_OF_FORMAT[output.format],
      'Content-Length': output.bytes,
      'Content-Disposition': `attachment; filename="cutout.${output.format}"`,
      ...(this.receiptLink !== undefined && { Link: `<${this.receiptLink}>; rel="receipt"` }),
    });
  }

  /** Sends one chunk. */
  write(plain: Buffer): Promise<void> {
    return writeOut(this.reply.raw, plain);
  }

  /** Ends the body. */
  finish(): Promise<void> {
    return endOut(this.reply.raw);
  }

  /** Cuts the connection if the body had begun. */
  abort(): boolean {
    if (this.begun) this.reply.raw.destroy();
    return this.begun;
  }
}

/** Wall time of the worker's stages (W3C Server Timing), and which model ran where. */
function serverTiming({ timingsMs, model, provider }: OutputFacts): string {
  return Object.entries(timingsMs)
    .map(([stage, ms]) => {
      const what = stage === 'infer' ? `;desc="${model} on ${provider}"` : '';
      return `${stage}${what};dur=${ms.toFixed(1)}`;
    })
    .join(', ');
}
