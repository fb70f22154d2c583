import { connect, type Socket } from 'node:net';
import { get, type IncomingMessage } from 'node:http';
import { bearer, type JobKey } from './api-client.js';
import { eventually } from './eventually.js';

/** A connection on which a test writes HTTP by hand: slowly, wrongly, or not to the end. */
export class RawRequest {
  /** What the server has answered so far. */
  answer = '';
  /** True once the connection is closed, by whomever. */
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => (this.answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  /** Sends the head of a `POST`, to `/v1/jobs` by default. */
  static post(url: string, headers: Record<string, string | number>, path = '/v1/jobs'): RawRequest {
    const { hostname, port, host } = new URL(url);
    const request = new RawRequest(connect(Number(port), hostname));
    const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}`);
    request.socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    return request;
  }

  /** Sends part of the body; resolves when the kernel has it, or the connection is gone. */
  send(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      else this.socket.write(bytes, () => resolve());
    });
  }

  /** Status of the answer, once there is one. */
  status(timeoutMs = 10_000): Promise<number> {
    return eventually(
      () => Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1] ?? 0) || undefined,
      timeoutMs,
    );
  }

  /** Breaks the connection. */
  break(): void {
    this.socket.destroy();
  }
}

/** A client that reads the head of a result and reads on only on request. */
export class SlowReader {
  private constructor(
    readonly response: IncomingMessage,
    private readonly leave: () => void,
  ) {}

  /** Asks for the result of a finished job. */
  static open(url: string, job: JobKey): Promise<SlowReader> {
    return new Promise((resolve, reject) => {
      const request = get(`${url}/v1/jobs/${job.id}/result`, { headers: bearer(job), agent: false });
      request.once('error', reject);
      request.once('response', (response) => {
        response.on('error', () => undefined);
        response.pause();
        resolve(new SlowReader(response, () => request.destroy()));
      });
    });
  }

  /** Reads the rest. */
  async read(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.response) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  /** Breaks the connection. */
  break(): void {
    this.leave();
  }
}
