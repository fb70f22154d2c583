import { request } from 'node:http';
import { otlpRequest } from './otlp-encoding.js';
import type { Span } from './span-fields.js';
import type { SpanSink } from './tracer.js';

const FLUSH_MS = 1000;
const MAX_WAITING = 4096;
const MAX_IN_PARALLEL = 512;
const TIMEOUT_MS = 2000;
const PATH = '/v1/traces';

/** Where spans go, and in whose name. */
export interface OtlpTarget {
  /** `http://host:port[/path]`, or `unix:///path` of a socket. */
  url: string;
  service: 'removebg-api' | 'removebg-worker';
  /** Random name of this process. */
  instance: string;
}

/**
 * Hands spans to an OTLP collector over HTTP, once a second. A collector that is slow or away costs spans, never an
 * image: what cannot be handed over is dropped and counted.
 */
export class OtlpExporter implements SpanSink {
  /** Spans that were lost so far. */
  dropped = 0;
  private waiting: Span[] = [];
  private sending: Promise<void> = Promise.resolve();
  private readonly timer = setInterval(() => void this.flush(), FLUSH_MS).unref();

  constructor(private readonly target: OtlpTarget) {}

  /** Takes one span. */
  take(span: Span): void {
    if (this.waiting.length < MAX_WAITING) this.waiting.push(span);
    else this.dropped += 1;
  }

  /** Hands over what has come so far; resolves when it has been taken or dropped. */
  flush(): Promise<void> {
    const spans = this.waiting;
    this.waiting = [];
    this.sending = this.sending.then(async () => {
      for (let at = 0; at < spans.length; at += MAX_IN_PARALLEL)
        await this.send(spans.slice(at, at + MAX_IN_PARALLEL));
    });
    return this.sending;
  }

  /** Hands over the last spans and ends. */
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

/** True when the collector took the text. */
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
