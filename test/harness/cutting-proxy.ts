import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that went through, and what came of it. */
export interface Passage {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** 0 while there is no answer, or when none came. */
  status: number;
  /** `Retry-After` of the answer, milliseconds. */
  retryAfterMs: number | undefined;
  /** When the request began, and when its answer did, by `performance.now()`. */
  began: number;
  answered: number;
}

/**
 * A proxy in front of the service that does what proxies do to clients: cuts event streams after a while, holds them
 * back until they end, or loses an answer. Its target can be changed, as when a service is restarted elsewhere.
 */
export class CuttingProxy {
  readonly passages: Passage[] = [];
  /** What happens to event streams; `cut` ends them after `cutMs`. */
  events: 'pass' | 'cut' | 'hold' = 'pass';
  cutMs = 1000;
  /** Requests whose answer is lost, once each: the service has done them. */
  readonly losesAnswerOf: RegExp[] = [];
  /** Nothing is passed on until `release`. */
  holdAll = false;
  private readonly held: (() => void)[] = [];
  private readonly server: Server;

  private constructor(public target: string) {
    this.server = createServer((incoming, outgoing) => this.receive(incoming, outgoing));
  }

  /** Listens on a free port. */
  static async start(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Requests that match, in their order. */
  of(method: string, path: RegExp): Passage[] {
    return this.passages.filter((passage) => passage.method === method && path.test(passage.path));
  }

  /** Ends it, and every connection. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Passes on what was held, and everything from now on. */
  release(): void {
    this.holdAll = false;
    for (const go of this.held.splice(0)) go();
  }

  private receive(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url: path = '', headers } = incoming;
    const passage: Passage = {
      ...{ method, path, headers, status: 0, retryAfterMs: undefined },
      ...{ began: performance.now(), answered: 0 },
    };
    this.passages.push(passage);
    if (this.holdAll) this.held.push(() => this.pass(incoming, outgoing, passage));
    else this.pass(incoming, outgoing, passage);
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse, passage: Passage): void {
    const { method, path, headers } = passage;
    const onward = request(`${this.target}${path}`, { method, headers, agent: false }, (answer) => {
      const { statusCode = 0 } = answer;
      passage.status = statusCode;
      passage.answered = performance.now();
      const retryAfter = answer.headers['retry-after'];
      if (retryAfter !== undefined) passage.retryAfterMs = Number(retryAfter) * 1000;
      this.answer(answer, outgoing, `${method} ${path}`);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    // A client that left while its request was held had sent all of it.
    if (incoming.destroyed) onward.end();
    else incoming.pipe(onward);
  }

  private answer(answer: IncomingMessage, outgoing: ServerResponse, line: string): void {
    answer.on('error', () => outgoing.destroy());
    const at = this.losesAnswerOf.findIndex((pattern) => pattern.test(line));
    if (at >= 0) {
      this.losesAnswerOf.splice(at, 1);
      outgoing.destroy();
      return;
    }
    const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
    if (isStream && this.events === 'hold') {
      answer.resume();
      return;
    }
    if (isStream && this.events === 'cut') {
      const timer = setTimeout(() => outgoing.destroy(), this.cutMs);
      outgoing.on('close', () => clearTimeout(timer));
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  }
}
