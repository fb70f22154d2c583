import { connect, type Socket } from 'node:net';
import { pause } from './eventually.js';

/** One answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

/** A connection on which a test writes whatever bytes it likes. */
export class RawConnection {
  /** Everything that has come back, one character a byte. */
  text = '';
  /** True once the connection is closed, by whomever. */
  closed = false;
  private readonly socket: Socket;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    this.socket.on('data', (data) => (this.text += data.toString('latin1')));
    this.socket.on('error', () => undefined);
    for (const event of ['end', 'close'] as const) this.socket.on(event, () => (this.closed = true));
  }

  /** Sends bytes; resolves when the kernel has them, or the connection is gone. */
  send(bytes: Uint8Array | string): Promise<void> {
    if (this.socket.destroyed) return Promise.resolve();
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return new Promise((resolve) => {
      // A write that can no longer be done calls back as well, with an error.
      this.socket.write(data, () => resolve());
    });
  }

  /** Ends the sending side. */
  halfClose(): void {
    this.socket.end();
  }

  /** Breaks the connection; with `reset` not even politely. */
  break(reset = false): void {
    if (reset) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** Waits until the other side has closed the connection, and closes this side too. False when that took longer. */
  async closes(withinMs: number): Promise<boolean> {
    for (const until = Date.now() + withinMs; !this.closed && Date.now() < until;) await pause(20);
    if (this.closed) this.socket.destroy();
    return this.closed;
  }

  /** Waits until `count` answers are complete, or the connection is closed, or the time is over. */
  async answers(count = 1, withinMs = 5000): Promise<RawAnswer[]> {
    for (const until = Date.now() + withinMs; Date.now() < until && !this.closed;) {
      if (parseAnswers(this.text).length >= count) break;
      await pause(10);
    }
    return parseAnswers(this.text);
  }
}

/** The complete answers in what came over a connection; interim ones (1xx) are left out. */
export function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest.startsWith('HTTP/1.');) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) break;
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const status = Number(first.split(' ')[1]);
    rest = rest.slice(end + 4);
    if (status < 200) continue;
    const length = headers.get('content-length');
    const bytes = length === undefined ? rest.length : Number(length);
    if (rest.length < bytes) break;
    answers.push({ status, headers, body: rest.slice(0, bytes) });
    rest = rest.slice(bytes);
  }
  return answers;
}
