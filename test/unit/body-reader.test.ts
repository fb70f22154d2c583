import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Problem } from '#contracts/problem.catalogue.js';
import { bodyReaderOf, type BodyReader } from '../../apps/api/src/parsers/body-reader.js';
import { eventually, pause } from '../support/eventually.js';

const IMAGE = randomBytes(67_000);
const DRAIN = { maxBytes: 1_000_000, maxMs: 10_000 };

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
    response.once('finish', () => reader.drain(DRAIN));
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
  ['1-byte chunks', 'Transfer-Encoding: chunked', () => [chunked(1)]],
  ['1,400-byte packets', `Content-Length: ${IMAGE.length}`, () => cut(IMAGE, 1400)],
  ['one piece', `Content-Length: ${IMAGE.length}`, () => [IMAGE]],
];

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

function chunked(size: number): Buffer {
  const chunks = cut(IMAGE, size).flatMap((chunk) => [
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
  test('when it is read, then it comes whole, and every piece that was delivered is wiped', async () => {
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

  test('when it is refused after its first piece, then the rest is drained and wiped, and the answer is read', async () => {
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

  test('when nobody reads it, then it is paused, and wiped once it is answered', async () => {
    let answer!: () => void;
    handler = (_reader, response) => void (answer = () => response.end('unread'));
    const socket = open(head);
    await send(socket, packets());
    await eventually(() => deliveredBytes() > 60_000);
    answer();
    await eventually(() => deliveredBytes() === IMAGE.length && isWiped());
    socket.destroy();
  });

  test('when the connection breaks, then reading fails and what waits is wiped', async () => {
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

test('given a body that is not read, when more and more is sent, then the socket is paused', async () => {
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

test('given a refused body, when its client sends more than is drained, then it is disconnected', async () => {
  handler = (_reader, response) => void response.end('no');
  const socket = open('Content-Length: 50000000');
  socket.write(Buffer.alloc(50_000_000, 1));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(deliveredBytes()).toBeLessThan(DRAIN.maxBytes + 200_000);
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

test('given a body in single bytes, when it is read, then it comes in few pieces', async () => {
  const read = new Promise<number>((resolve) => {
    handler = async (reader, response) => {
      let pieces = 0;
      for await (const piece of reader.pieces()) pieces += piece.length > 0 ? 1 : 0;
      response.end();
      resolve(pieces);
    };
  });
  const socket = open('Transfer-Encoding: chunked');
  socket.write(chunked(1));
  expect(await read).toBeLessThan(200);
  expect(delivered.length).toBe(IMAGE.length);
  socket.destroy();
});
