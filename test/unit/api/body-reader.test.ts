import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Problem } from '#contracts/problem-catalog.js';
import { bodyReaderOf, type BodyReader } from '../../../apps/api/src/parsers/body-reader.js';
import { eventually, pause } from '../../harness/eventually.js';

const IMAGE = randomBytes(67_000);
const MAX_DRAIN_BYTES = 1_000_000;

type Handler = (reader: BodyReader, response: ServerResponse, request: IncomingMessage) => unknown;

/** Every piece that the HTTP parser has delivered: the memory itself. */
const delivered: Buffer[] = [];
/** Memory that the reader has taken for small pieces. */
const blocks: Buffer[] = [];
let handler: Handler;
let server: Server;
let port: number;

beforeAll(async () => {
  const allocate = Buffer.allocUnsafeSlow;
  jest.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation((size) => {
    const block = allocate(size).fill(0);
    blocks.push(block);
    return block;
  });
  server = createServer((request, response) => {
    const reader = bodyReaderOf(request);
    const push = request.push.bind(request);
    request.push = (piece: Buffer | null) => {
      if (piece !== null) delivered.push(piece);
      return push(piece);
    };
    response.once('finish', () => reader.drain(MAX_DRAIN_BYTES, () => request.socket.destroy()));
    void handler(reader, response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  delivered.splice(0);
  blocks.splice(0);
});

const isWiped = (): boolean => [...delivered, ...blocks].every((piece) => piece.every((byte) => byte === 0));
const deliveredBytes = (): number => delivered.reduce((sum, { length }) => sum + length, 0);

function open(head: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
  return socket;
}

/** The image in HTTP chunks of this size, all in one write, or in packets. */
const WAYS: [name: string, head: string, packets: () => Buffer[]][] = [
  ['256-byte chunks', 'Transfer-Encoding: chunked', () => [chunked(256)]],
  ['32-byte chunks', 'Transfer-Encoding: chunked', () => [chunked(32)]],
  ['1,400-byte packets', `Content-Length: ${IMAGE.length}`, () => cut(IMAGE, 1400)],
  ['one piece', `Content-Length: ${IMAGE.length}`, () => [IMAGE]],
];

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

function chunked(size: number, body = IMAGE): Buffer {
  const chunks = cut(body, size).flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

async function send(socket: Socket, packets: Buffer[]): Promise<void> {
  for (const packet of packets) {
    socket.write(packet);
    if (packets.length > 1) await new Promise(setImmediate);
  }
}

const codeOf = (error: unknown): string => (error instanceof Problem ? error.code : String(error));

describe.each(WAYS)('a body in %s', (_name, head, packets) => {
  test('when it is read, then it is complete, and all delivered pieces are wiped', async () => {
    const read = new Promise<Buffer>((resolve) => {
      handler = async (reader, response) => {
        const copies: Buffer[] = [];
        for await (const piece of reader.pieces()) {
          copies.push(Buffer.from(piece));
          await pause(1);
        }
        expect(reader.queuedBytes).toBe(0);
        response.end('read');
        resolve(Buffer.concat(copies));
      };
    });
    const socket = open(head);
    await send(socket, packets());
    expect((await read).equals(IMAGE)).toBe(true);
    expect(deliveredBytes()).toBe(IMAGE.length);
    expect(isWiped()).toBe(true);
    expect(delivered.length < 20 || blocks.length > 0).toBe(true);
    // The connection serves on.
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx');
    await eventually(() => deliveredBytes() === IMAGE.length + 1);
    socket.destroy();
  });

  test('when it is refused after its first piece, then the rest is drained and wiped, and the client reads the response', async () => {
    handler = async (reader, response) => {
      await reader.next();
      reader.close();
      response.statusCode = 400;
      response.end('refused');
    };
    const socket = open(head);
    let answer = '';
    socket.on('data', (text) => (answer += String(text)));
    await send(socket, packets());
    await eventually(() => deliveredBytes() === IMAGE.length && answer.includes('refused'));
    await eventually(isWiped);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  test('when it is not read, then it is paused, and wiped after the response', async () => {
    let answer!: () => void;
    handler = (_reader, response) => void (answer = () => response.end('unread'));
    const socket = open(head);
    await send(socket, packets());
    await eventually(() => deliveredBytes() > 60_000);
    answer();
    await eventually(() => deliveredBytes() === IMAGE.length && isWiped());
    socket.destroy();
  });

  test('when the connection closes, then reading fails and queued pieces are wiped', async () => {
    let failure: unknown;
    let goOn!: () => void;
    const stopped = new Promise<void>((resolve) => (goOn = resolve));
    handler = async (reader) => {
      await reader.next();
      await stopped;
      while (failure === undefined) failure = await reader.next().then(() => undefined, codeOf);
    };
    const socket = open(head);
    // Less than what makes the server pause: a paused socket does not see that its peer has closed.
    await send(socket, cut(Buffer.concat(packets()).subarray(0, 40_000), 1400));
    await eventually(() => deliveredBytes() > 5000);
    socket.destroy();
    await eventually(isWiped);
    goOn();
    await eventually(() => failure === 'upload-interrupted');
  });
});

test('given a body that is not read, when the client keeps sending, then the socket is paused', async () => {
  let cut!: () => void;
  handler = (_reader, response) => void (cut = () => response.destroy());
  const socket = open('Content-Length: 50000000');
  socket.write(Buffer.alloc(50_000_000, 1));
  await eventually(() => deliveredBytes() > 60_000);
  await pause(200);
  expect(deliveredBytes()).toBeLessThan(200_000);
  cut();
  await eventually(isWiped);
});

test('given a refused body, when the client sends more than the drain limit, then it is disconnected', async () => {
  handler = (_reader, response) => void response.end('no');
  const socket = open('Content-Length: 50000000');
  socket.write(Buffer.alloc(50_000_000, 1));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(deliveredBytes()).toBeLessThan(MAX_DRAIN_BYTES + 200_000);
  expect(isWiped()).toBe(true);
});

test('given a limit, when a body is longer, then it is refused as too large and wiped', async () => {
  const read = new Promise<unknown>((resolve) => {
    handler = async (reader) => {
      reader.limitTo(9000);
      for (;;)
        if ((await reader.next().catch((error: unknown) => resolve(codeOf(error)))) === undefined) return;
    };
  });
  const socket = open('Content-Length: 10000');
  await send(socket, cut(Buffer.alloc(10_000, 1), 1000));
  expect(await read).toBe('image-too-large');
  socket.destroy();
  await eventually(isWiped);
});

/** Reads the next body to its end: how many pieces came, or the code it was refused with. */
function readNext(): Promise<number | string> {
  return new Promise((resolve) => {
    handler = async (reader, response) => {
      let pieces = 0;
      const read = async (): Promise<void> => {
        for await (const piece of reader.pieces()) pieces += piece.length > 0 ? 1 : 0;
      };
      resolve(await read().then(() => pieces, codeOf));
      response.end();
    };
  });
}

test.each([
  ['800 single bytes', 1, 800],
  ['32-byte chunks', 32, IMAGE.length],
])('given a body in %s, when it is read, then it comes in few pieces', async (_name, size, bytes) => {
  const read = readNext();
  const socket = open('Transfer-Encoding: chunked');
  socket.write(chunked(size, IMAGE.subarray(0, bytes)));
  expect(await read).toBeLessThan(200);
  expect(delivered.length).toBeGreaterThanOrEqual(bytes / size);
  socket.destroy();
});

test('given a body with a known length in single-byte packets, when it is read, then it is accepted', async () => {
  const read = readNext();
  const socket = open('Content-Length: 3000');
  await send(socket, cut(IMAGE.subarray(0, 3000), 1));
  expect(typeof (await read)).toBe('number');
  socket.destroy();
});

test.each([
  ['in one-byte chunks', 1, 100],
  ['in 16-byte chunks', 16, 100],
  ['in one-byte chunks, with a large one at the end', 1, 40_000],
])(
  'given a body %s, when it is read, then it is refused early, and nothing more is read',
  async (_n, size, last) => {
    const read = readNext();
    const socket = open('Transfer-Encoding: chunked');
    const tiny = chunked(size, randomBytes(600_000)).subarray(0, -5);
    socket.write(Buffer.concat([tiny, chunked(last, randomBytes(last))]));
    expect(await read).toBe('invalid-request');
    await eventually(isWiped);
    const before = delivered.length;
    await pause(100);
    expect(delivered.length).toBe(before);
    // No more than what was read from the socket at once.
    expect(delivered.length).toBeLessThan(1024 + 65_536 / 6 + 65_536 / 16);
    socket.destroy();
  },
);

test('given a refused body that is being drained, when it continues in one-byte chunks, then the client is disconnected', async () => {
  handler = (_reader, response) => void response.end('no');
  const socket = open('Transfer-Encoding: chunked');
  await once(socket, 'data');
  socket.write(chunked(1, randomBytes(600_000)));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(delivered.length).toBeLessThan(30_000);
  expect(isWiped()).toBe(true);
});
