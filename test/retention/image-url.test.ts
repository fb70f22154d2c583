import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { scanProcess } from '../../apps/audit/src/scan/slice-scan.js';
import { tallyOf } from '../../apps/audit/src/scan/tally.js';
import { indexPayloads } from '../../apps/audit/src/scan/window-index.js';
import { pause } from '../harness/eventually.js';
import { identityFor, Origin, type Answering, type Identity } from '../harness/origin.js';
import { CONTAINED } from '../harness/redis-process.js';

const BYTES = 1_500_000;
const NAME = 'photos.example.com';

/** Fetches like the API, wipes the bytes like the upload code, and returns their number. */
const FETCHER = `
  const { ImageFetcher } = await import('./dist/libs/fetcher/src/image-fetcher.js');
  const { chunkStream } = await import('./dist/apps/api/src/uploads/upload-encryptor.js');
  process.on('message', async ({ url, port, authorities, max, keep }) => {
    const world = { resolve: async () => ['127.0.0.1'], alsoAllows: (text) => text === '127.0.0.1', authorities };
    const fetcher = new ImageFetcher({ totalMs: 10_000, ports: [port] }, world);
    let bytes = 0;
    let code = 'none';
    try {
      const file = fetcher.fetch(url, { signal: new AbortController().signal, maxBytes: max });
      for await (const { plain } of chunkStream(file)) {
        bytes += plain.length;
        if (keep) globalThis.kept = Buffer.from(plain);
      }
    } catch (error) {
      code = error.code;
    }
    process.send({ bytes, code });
  });
  process.send('ready');
`;

let child: ChildProcess;

beforeAll(async () => {
  const [program, ...rest] = CONTAINED('node', [process.execPath, '--input-type=module', '-e', FETCHER]);
  child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
});
afterAll(() => child.kill('SIGKILL'));

interface Trial {
  answer: (socket: Parameters<Answering>[0], image: Buffer) => void | Promise<void>;
  identity?: Identity;
  max?: number;
  keep?: boolean;
}

/** Has an image fetched, and searches the process that fetched it half a second later. */
async function leftOf({ answer, identity, max = 2 * BYTES, keep = false }: Trial) {
  const image = randomBytes(BYTES);
  const origin = await Origin.start((socket) => answer(socket, image), identity);
  const url = `http${identity ? 's' : ''}://${NAME}:${origin.port}/`;
  child.send({ url, port: origin.port, authorities: identity?.cert, max, keep });
  const [{ bytes, code }] = (await once(child, 'message')) as [{ bytes: number; code: string }];
  await origin.stop();
  await pause(500);
  const index = indexPayloads([{ canary: 'image', kind: 'file', bytes: image }]);
  const [tally] = tallyOf(index, scanProcess(child.pid!, index).found, () => 'memory', 1);
  return { bytes, code, share: tally!.share };
}

const whole: Trial['answer'] = (socket, image) => {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${image.length}\r\n\r\n`);
  socket.end(image);
};

const chunked: Trial['answer'] = (socket, image) => {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let at = 0; at < image.length; at += 9000) {
    const piece = image.subarray(at, at + 9000);
    socket.write(`${piece.length.toString(16)}\r\n`);
    socket.write(piece);
    socket.write('\r\n');
  }
  socket.end('0\r\n\r\n');
};

const brokenOff: Trial['answer'] = async (socket, image) => {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${image.length}\r\n\r\n`);
  socket.write(image.subarray(0, 700_000));
  await pause(200);
  socket.destroy();
};

const malformed: Trial['answer'] = (socket, image) => {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n');
  socket.end(image);
};

describe('what is left of a fetched image in the process that fetched it', () => {
  const identity = identityFor(`DNS:${NAME}`);

  test('given a process that keeps what it fetched, when it is searched, then that is found', async () => {
    const { share, bytes } = await leftOf({ answer: whole, keep: true });
    expect(bytes).toBe(BYTES);
    expect(share).toBeGreaterThan(0.2);
  });

  test.each<[string, Trial['answer'], boolean]>([
    ['in one piece', whole, false],
    ['in chunks', chunked, false],
    ['in one piece over TLS', whole, true],
    ['in chunks over TLS', chunked, true],
  ])(
    'given an image that comes %s, when it has been taken in, then nothing of it is',
    async (_how, answer, tls) => {
      for (let i = 0; i < 3; i++) {
        const left = await leftOf({ answer, ...(tls && { identity }) });
        expect(left).toEqual({ bytes: BYTES, code: 'none', share: 0 });
      }
    },
  );

  test.each<[string, Trial, string]>([
    ['is broken off', { answer: brokenOff }, 'image-url-failed'],
    ['is broken off over TLS', { answer: brokenOff, identity }, 'image-url-failed'],
    ['cannot be parsed', { answer: malformed }, 'image-url-failed'],
    ['is larger than announced to the reader', { answer: chunked, max: 400_000 }, 'image-too-large'],
    ['is larger, over TLS', { answer: chunked, max: 400_000, identity }, 'image-too-large'],
  ])('given an image that %s, when the fetch has ended, then nothing of it is', async (_how, trial, code) => {
    const left = await leftOf(trial);
    expect([left.code, left.share]).toEqual([code, 0]);
  });
});
