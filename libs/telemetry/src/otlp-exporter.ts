import { request } from 'node:http';
import { otlpRequest } from './otlp-encoding.js';
import type { Span } from './span-fields.js';
import type { SpanSink } from './tracer.js';

const FLUSH_MS = 1000;
const MAX_WAITING = 4096;
const MAX_IN_PARALLEL = 512;
const TIMEOUT_MS = 2000;
const PATH = '/v1/traces';

/** Collector, and the resource of the spans. */
export interface OtlpTarget {
  /** `http://host:port[/path]`, or `unix:///path` of a socket. */
  url: string;
  service: 'removebg-api' | 'removebg-worker';
  /** Random name of this process. */
  instance: string;
}

/**
 * Exports spans to an OTLP collector over HTTP once a second. Spans that it does not accept in time are dropped and counted.
 * It replaces the OpenTelemetry SDK, whose attributes are free text.
 */
export class OtlpExporter implements SpanSink {
  /** Number of dropped spans. */
  dropped = 0;
  private waiting: Span[] = [];
  private sending: Promise<void> = Promise.resolve();
  private readonly timer = setInterval(() => void this.flush(), FLUSH_MS).unref();

  constructor(private readonly target: OtlpTarget) {}

  /** Adds one span. */
  take(span: Span): void {
    if (this.waiting.length < MAX_WAITING) this.waiting.push(span);
    else this.dropped += 1;
  }

  /** Exports all spans so far; resolves when they are accepted or dropped. */
  flush(): Promise<void> {
    const spans = this.waiting;
    this.waiting = [];
    this.sending = this.sending.then(async () => {
      for (let at = 0; at < spans.length; at += MAX_IN_PARALLEL)
        await this.send(spans.slice(at, at + MAX_IN_PARALLEL));
    });
    return this.sending;
  }

  /** Exports the last spans and stops. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async send(spans: readonly Span[]): Promise<void> {
    const { service, instance, url } = this.target;
    const taken = await post(url, otlpRequest(service, instance, spans)).catch(() => false);
    if (!taken) this.dropped += spans.length;
  }
}

/** True when the collector accepted the text. */
function post(url: string, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, pathname } = new URL(url);
    const place =
      protocol === 'unix:'
        ? { socketPath: decodeURIComponent(pathname), path: PATH }
        : {
            host: hostname.replaceAll(/[[\]]/g, ''),
            port: port || 80,
            path: pathname === '/' ? PATH : pathname,
          };
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const sent = request({ ...place, method: 'POST', headers, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 300);
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', reject).end(text);
  });
}
