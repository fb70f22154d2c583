import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { CUT, sendWithRetries, sendRaw } from '../../apps/audit/src/path/raw-client.js';
import { announced, inChunks, multipart, plainBody } from '../../apps/audit/src/path/request-bodies.js';

const BODY = Buffer.alloc(1000, 'x');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const TOO_MANY =
  'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** A server that shows what came, byte by byte, and answers with the next of its answers once a body is whole. */
class RawServer {
  readonly requests: string[] = [];
  private constructor(
    private readonly server: Server,
    private readonly answers: (string | undefined)[],
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(answers: (string | undefined)[], listening = createServer()): Promise<RawServer> {
    const server = new RawServer(listening, answers);
    await once(listening.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
  }

  private serve(socket: Socket): void {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      const isWhole = text.endsWith('\r\n0\r\n\r\n') || text.endsWith(`\r\n\r\n${BODY.toString()}`);
      if (!isWhole) return;
      this.requests.push(text);
      const answer = this.answers.shift();
      if (answer === undefined) socket.destroy();
      else socket.end(answer);
    });
  }
}

describe("the audit's requests", () => {
  let server: RawServer;
  afterEach(() => server.stop());
  const request = announced('/x', plainBody(BODY, 'image/jpeg'));

  test('given a body, when it is sent with its length, then it arrives as it is', async () => {
    server = await RawServer.start([OK]);
    const { status, body } = await sendRaw(server.url, request);
    expect({ status, body: body.toString() }).toEqual({ status: 200, body: 'ok' });
    expect(server.requests[0]).toMatch(/^POST \/x HTTP\/1\.1\r\n/);
    expect(server.requests[0]).toMatch(/Content-Length: 1000\r\n/);
  });

  test('given a body, when it is sent in chunks of 256 bytes, then each of them is an HTTP chunk', async () => {
    server = await RawServer.start([OK]);
    await sendRaw(server.url, inChunks(request, 256));
    const sizes = [...server.requests[0]!.matchAll(/\r\n([0-9a-f]+)\r\nx/g)].map(([, hex]) =>
      parseInt(hex!, 16),
    );
    expect(sizes).toEqual([256, 256, 256, 232]);
    expect(server.requests[0]).not.toMatch(/Content-Length/);
  });

  test('given a server that closes without an answer, when a request is sent, then it counts as cut', async () => {
    server = await RawServer.start([undefined]);
    expect((await sendRaw(server.url, request)).status).toBe(CUT);
  });

  test('given a rate limit, when a request is sent with retries, then it is sent again after `Retry-After`', async () => {
    server = await RawServer.start([TOO_MANY, TOO_MANY, OK]);
    expect((await sendWithRetries(server.url, request)).status).toBe(200);
    expect(server.requests).toHaveLength(3);
  });

  test('given parts, when they are put into a form, then only files have a name and a type', async () => {
    server = await RawServer.start([]);
    const { bytes, headers } = multipart([
      { name: 'format', value: 'png' },
      { name: 'image', value: BODY, fileName: 'a.jpg', type: 'image/jpeg' },
    ]);
    const boundary = /boundary=(.+)$/.exec(headers['Content-Type']!)![1]!;
    const [empty, text, file, end] = bytes.toString('latin1').split(`--${boundary}`);
    expect({ empty, end }).toEqual({ empty: '', end: '--\r\n' });
    expect(text).toBe('\r\nContent-Disposition: form-data; name="format"\r\n\r\npng\r\n');
    expect(file).toMatch(
      /^\r\n.*name="image"; filename="a\.jpg"\r\nContent-Type: image\/jpeg\r\n\r\nx{1000}\r\n$/,
    );
  });
});
