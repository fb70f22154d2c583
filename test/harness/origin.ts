import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createSecureServer } from 'node:tls';

/** Answers a request: on the bare connection, so that it can also answer wrongly. */
export type Answering = (socket: Socket, path: string, head: string) => void | Promise<void>;

/** A certificate and its key, PEM. */
export interface Identity {
  cert: string;
  key: string;
}

/** Makes a self-signed certificate, good for a minute's test, for these names. */
export function identityFor(...names: string[]): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=origin', '-addext', `subjectAltName=${names.join(',')}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  try {
    execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A host that images are fetched from, on a loopback port. It notes who comes and what they ask. */
export class Origin {
  connections = 0;
  readonly heads: string[] = [];
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly answer: Answering,
  ) {}

  /** Starts one, with TLS when it has an identity. */
  static async start(answer: Answering, identity?: Identity, host = '127.0.0.1'): Promise<Origin> {
    const server = identity === undefined ? createServer() : createSecureServer(identity);
    const origin = new Origin(server, answer);
    server.on(identity === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      origin.serve(socket);
    });
    if (identity !== undefined) server.on('connection', (socket: Socket) => origin.note(socket));
    server.on('tlsClientError', () => undefined);
    await once(server.listen(0, host), 'listening');
    return origin;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get openNow(): number {
    return this.open.size;
  }

  /** Ends it, and all its connections. */
  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private note(socket: Socket): void {
    this.connections++;
    this.open.add(socket);
    socket.on('error', () => undefined).once('close', () => this.open.delete(socket));
  }

  private serve(socket: Socket): void {
    if (!('encrypted' in socket)) this.note(socket);
    socket.on('error', () => undefined);
    let head = '';
    const read = (data: Buffer): void => {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read).resume();
      this.heads.push(head);
      void this.answer(socket, head.split(' ')[1] ?? '', head);
    };
    socket.on('data', read);
  }
}

/** The head of an answer, with lines of your own. */
export const headOf = (status: number, ...lines: string[]): string =>
  [`HTTP/1.1 ${status} Whatever`, ...lines, '', ''].join('\r\n');
