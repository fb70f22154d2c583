import { gzipSync } from 'node:zlib';
import { eventually, pause } from '../../harness/eventually.js';
import { answering, IMAGE, outcomeOf, PLAIN, startOrigin, stopOrigins } from '../../harness/fetching.js';
import { headOf } from '../../harness/origin.js';

const MIB = 1_048_576;

afterEach(stopOrigins);

describe('an origin that misbehaves', () => {
  it.each<[string, string[], string]>([
    ['status 204', [headOf(204)], 'image-url-failed'],
    ['status 206', [headOf(206, 'Content-Range: bytes 0-0/2', 'Content-Length: 1'), 'x'], 'image-url-failed'],
    ['status 404', [headOf(404, 'Content-Type: image/jpeg'), 'x'], 'image-url-failed'],
    ['status 500', [headOf(500)], 'image-url-failed'],
    ['an upgrade', [headOf(101, 'Upgrade: x', 'Connection: upgrade')], 'image-url-failed'],
    ['a page', [headOf(200, 'Content-Type: text/html; charset=utf-8'), '<p>'], 'image-type-unsupported'],
    ['a drawing', [headOf(200, 'Content-Type: image/svg+xml'), '<svg>'], 'image-type-unsupported'],
    ['no body', [headOf(200, 'Content-Length: 0')], 'image-url-failed'],
    ['no answer', [], 'image-url-failed'],
    ['another protocol', ['SSH-2.0-OpenSSH_9.9\r\n'], 'image-url-failed'],
    ['HTTP/0.9', ['<html>hello'], 'image-url-failed'],
    ['too short a body', [headOf(200, 'Content-Length: 10'), 'x'], 'image-url-failed'],
    ['chunks cut short', [headOf(200, 'Transfer-Encoding: chunked'), '5\r\nab'], 'image-url-failed'],
    ['chunks that are none', [headOf(200, 'Transfer-Encoding: chunked'), 'zebra\r\n'], 'image-url-failed'],
    ['two lengths', [headOf(200, 'Content-Length: 1', 'Content-Length: 2'), 'xy'], 'image-url-failed'],
    [
      'a length and chunks',
      [headOf(200, 'Content-Length: 1', 'Transfer-Encoding: chunked'), '0\r\n\r\n'],
      'image-url-failed',
    ],
    ['a large length', [headOf(200, `Content-Length: ${5 * MIB}`)], 'image-too-large'],
    ['a huge length', [headOf(200, `Content-Length: ${'9'.repeat(18)}`)], 'image-too-large'],
    ['huge headers', [headOf(200, `X: ${'y'.repeat(20_000)}`)], 'image-url-failed'],
    ['very many headers', [headOf(200, ...new Array<string>(3000).fill('X: yyyyy'))], 'image-url-failed'],
    ['a line end in a header', [`HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\nx`], 'image-url-failed'],
  ])('given %s, when it is asked for an image, then the answer is its code', async (_name, parts, code) => {
    const origin = await startOrigin(answering(...parts));
    expect(await outcomeOf(origin)).toBe(code);
    await eventually(() => origin.openNow === 0, 2000);
  });

  it.each(['gzip', 'br', 'deflate', 'identity, gzip', 'zstd'])(
    'given encoding %s, when a bomb comes in it, then nothing of it is unpacked',
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(8 * MIB));
      const head = headOf(200, `Content-Encoding: ${encoding}`, `Content-Length: ${bomb.length}`);
      expect(await outcomeOf(await startOrigin(answering(head, bomb)))).toBe('image-url-failed');
    },
  );

  it('given more bytes than were announced, when they come, then the image ends where it was said to', async () => {
    const origin = await startOrigin(answering(PLAIN, IMAGE, 'more', IMAGE));
    expect(await outcomeOf(origin)).toBe('whole');
  });

  it('given a body without end, when it passes the limit, then it is cut off', async () => {
    const origin = await startOrigin(async (socket) => {
      socket.write(headOf(200));
      while (!socket.destroyed) {
        if (!socket.write(Buffer.alloc(65_536, 1)))
          await new Promise((done) => socket.once('drain', done).once('close', done));
      }
    });
    expect(await outcomeOf(origin, { maxBytes: MIB })).toBe('image-too-large');
    await eventually(() => origin.openNow === 0, 2000);
  });

  it('given a connection that is reset within the body, when it breaks, then the image could not be fetched', async () => {
    const origin = await startOrigin(async (socket) => {
      socket.write(PLAIN);
      socket.write(IMAGE.subarray(0, 1000));
      await pause(50);
      socket.resetAndDestroy();
    });
    expect(await outcomeOf(origin)).toBe('image-url-failed');
  });

  it.each<[string, string]>([
    ['the head', 'HTTP/1.1 200 OK\r\nX: '],
    ['the body', headOf(200, 'Content-Length: 100000')],
    ['nothing but provisional answers', headOf(102)],
  ])('given an origin that drips %s, when the time is over, then the fetch ends', async (_name, lead) => {
    const origin = await startOrigin(async (socket) => {
      socket.write(lead);
      while (!socket.destroyed) {
        socket.write(lead.includes('102') ? lead : 'x');
        await pause(50);
      }
    });
    const before = Date.now();
    expect(await outcomeOf(origin, { totalMs: 600 })).toBe('image-url-failed');
    expect(Date.now() - before).toBeLessThan(3000);
    await eventually(() => origin.openNow === 0, 2000);
  });

  it('given an origin that falls silent within the body, when the idle time is over, then the fetch ends before its whole time', async () => {
    const origin = await startOrigin((socket) => {
      socket.write(`${PLAIN}x`);
    });
    const before = Date.now();
    expect(await outcomeOf(origin, { totalMs: 20_000 })).toBe('image-url-failed');
    expect(Date.now() - before).toBeLessThan(9000);
  });

  it('given a resolver that never answers, when the time is over, then the fetch ends', async () => {
    const resolve = (_name: string, signal: AbortSignal): Promise<string[]> =>
      new Promise((_done, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));
    expect(await outcomeOf({ port: 80 }, { totalMs: 200, world: { resolve } })).toBe('image-url-failed');
  });
});
