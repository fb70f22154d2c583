import { readFileSync } from 'node:fs';
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { SseMessages } from '#sdk/sse-reader.js';

/** A complete answer. */
export interface EdgeAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** What a request adds to the plain call. */
export interface EdgeExtras {
  headers?: Record<string, string | number>;
  body?: Uint8Array;
  /** Address to come from. */
  localAddress?: string;
}

/** One event and when it arrived, in milliseconds of this process's clock. */
export interface TimedEvent {
  name: string;
  data: Record<string, unknown>;
  atMs: number;
}

/** Speaks HTTP/1.1 with a service, through TLS where its certificate is given; each request on its own connection. */
export class EdgeClient {
  private readonly trust: { ca?: Buffer };

  constructor(
    readonly url: string,
    certificate?: string,
  ) {
    this.trust = certificate === undefined ? {} : { ca: readFileSync(certificate) };
  }

  /** Any request, read to its end. */
  async call(method: string, path: string, extras: EdgeExtras = {}): Promise<EdgeAnswer> {
    const response = await this.open(method, path, extras);
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) };
  }

  /** Reads an event stream to its end. */
  async events(path: string, extras: EdgeExtras = {}): Promise<TimedEvent[]> {
    const response = await this.open('GET', path, extras);
    const messages = new SseMessages();
    const events: TimedEvent[] = [];
    for await (const piece of response) {
      const atMs = performance.now();
      for (const { name, data } of messages.push(piece as Buffer))
        events.push({ name, data: JSON.parse(data) as Record<string, unknown>, atMs });
    }
    return events;
  }

  /** Sends a request; resolves with the head of its answer. */
  open(method: string, path: string, { headers = {}, body, localAddress }: EdgeExtras = {}) {
    const { protocol, hostname, port } = new URL(this.url);
    const options: RequestOptions = { method, hostname, port, path, headers, agent: false, family: 4 };
    if (localAddress !== undefined) options.localAddress = localAddress;
    const begin = protocol === 'https:' ? secureRequest : plainRequest;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = begin({ ...options, ...this.trust }, resolve);
      sent.once('error', reject);
      sent.end(body);
    });
  }
}
