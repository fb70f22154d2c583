import { randomBytes } from 'node:crypto';
import type { FetchWorld } from '#fetcher/image-fetcher.js';
import { eventually, pause } from '../../harness/eventually.js';
import {
  answering,
  IMAGE,
  INSIDE,
  NAME,
  outcomeOf,
  piecesOf,
  PLAIN,
  startOrigin,
  stopOrigins,
} from '../../harness/fetching.js';
import { headOf, identityFor, Origin } from '../../harness/origin.js';

const MIB = 1_048_576;

afterEach(stopOrigins);

describe('a fetched image', () => {
  it('given an image, when it is fetched, then its bytes come as they are, and the request says no more than needed', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE));
    expect(await outcomeOf(origin, { path: '/a%20b?c=d#e' })).toBe('whole');
    const [request = '', ...lines] = (origin.heads[0] ?? '').trimEnd().split('\r\n');
    expect(request).toBe('GET /a%20b?c=d HTTP/1.1');
    expect(lines.sort()).toEqual([
      'Accept-Encoding: identity',
      'Accept: image/*',
      'Connection: close',
      `Host: ${NAME}:${origin.port}`,
      'User-Agent: removebg-bd',
    ]);
  });

  it('given a body in chunks of HTTP, or one that ends with the connection, when it is fetched, then it is whole', async () => {
    const chunked: (string | Buffer)[] = [headOf(200, 'Transfer-Encoding: chunked')];
    for (let at = 0; at < IMAGE.length; at += 7001) {
      const piece = IMAGE.subarray(at, at + 7001);
      chunked.push(`${piece.length.toString(16)}\r\n`, piece, '\r\n');
    }
    expect(await outcomeOf(await startOrigin(answering(...chunked, '0\r\n\r\n')))).toBe('whole');
    expect(await outcomeOf(await startOrigin(answering(headOf(200), IMAGE)))).toBe('whole');
  });

  it('given a reader that is slow, when it reads, then the sender waits, and every byte is right', async () => {
    const large = randomBytes(12 * MIB);
    let sent = 0;
    const origin = await startOrigin(async (socket) => {
      socket.write(headOf(200, `Content-Length: ${large.length}`));
      for (; sent < large.length; sent += MIB) {
        if (!socket.write(large.subarray(sent, sent + MIB)))
          await new Promise((done) => socket.once('drain', done));
      }
    });
    let read = 0;
    for await (const piece of piecesOf(origin, { maxBytes: large.length })) {
      if (read === 0) {
        await pause(300);
        expect(sent).toBeLessThan(large.length);
      }
      expect(piece.equals(large.subarray(read, read + piece.length))).toBe(true);
      read += piece.length;
      piece.fill(0);
    }
    expect(read).toBe(large.length);
  });

  it('given a reader that stops early, when it leaves, then the connection is closed', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE.subarray(0, 1000)));
    const endless = await startOrigin((socket) => {
      socket.write(headOf(200) + 'x'.repeat(100));
    });
    for (const each of [origin, endless]) {
      const pieces = piecesOf(each)[Symbol.asyncIterator]();
      expect((await pieces.next()).done).toBe(false);
      await pieces.return?.();
    }
    await eventually(() => origin.openNow + endless.openNow === 0, 2000);
  });

  it('given a client that goes, when the origin is still sending, then the fetch ends at once', async () => {
    const origin = await startOrigin((socket) => {
      socket.write(`${PLAIN}x`);
    });
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 100);
    const before = Date.now();
    expect(await outcomeOf(origin, { signal: gone.signal })).toBe('upload-interrupted');
    expect(Date.now() - before).toBeLessThan(2000);
    await eventually(() => origin.openNow === 0, 2000);
    expect(await outcomeOf(origin, { signal: AbortSignal.abort() })).toBe('upload-interrupted');
    expect(origin.connections).toBe(1);
  });
});

describe('an origin with TLS', () => {
  const good = identityFor(`DNS:${NAME}`, 'IP:127.0.0.1');
  const trusting: FetchWorld = { ...INSIDE, authorities: good.cert };
  const secure = ({ port }: Origin, host = NAME): string => `https://${host}:${port}/`;

  it('given a certificate for its name, or its address, when an image is fetched, then it is had', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE), good);
    expect(await outcomeOf(origin, { url: secure(origin), world: trusting })).toBe('whole');
    expect(await outcomeOf(origin, { url: secure(origin, '127.0.0.1'), world: trusting })).toBe('whole');
  });

  it('given a certificate that nobody vouches for, or for another name, when it is shown, then nothing is asked, whatever the environment says', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE), good);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    expect(await outcomeOf(origin, { url: secure(origin), world: INSIDE })).toBe('image-url-failed');
    expect(await outcomeOf(origin, { url: secure(origin, 'other.example.com'), world: trusting })).toBe(
      'image-url-failed',
    );
    Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED');
    expect(origin.heads).toEqual([]);
  });

  it('given a redirect to an address without TLS, when it comes, then it is refused', async () => {
    const open = await startOrigin(answering(PLAIN, IMAGE));
    const origin = await startOrigin((socket) => {
      socket.end(headOf(302, `Location: http://${NAME}:${origin.port}/`));
    }, good);
    expect(await outcomeOf(origin, { url: secure(origin), world: trusting })).toBe('image-url-refused');
    expect([origin.connections, open.connections]).toEqual([1, 0]);
  });

  it('given a host that never shakes hands, when the time is over, then the fetch ends', async () => {
    const origin = await Origin.start(() => undefined);
    expect(await outcomeOf(origin, { url: secure(origin), totalMs: 300, world: trusting })).toBe(
      'image-url-failed',
    );
    await origin.stop();
  });
});
