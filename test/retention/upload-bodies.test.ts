import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import sharp from 'sharp';
import { scanProcess } from '../../apps/audit/src/scan/slice-scan.js';
import { hitsIn, tallyOf } from '../../apps/audit/src/scan/tally.js';
import { indexPayloads } from '../../apps/audit/src/scan/window-index.js';
import { pause } from '../harness/eventually.js';
import { RawRequest } from '../harness/raw-request.js';
import { useSystem } from '../harness/use-system.js';

const SIDE = 160;
/** What all these photos begin with. */
const HEAD_BYTES = 1000;
/** The HTTP parser's own memory is overwritten 5 ms after a body. */
const AFTER_MS = 300;

const { system } = useSystem({}, 0);

jest.setTimeout(120_000);

/** A photo of noise, as no other has it. */
const noise = (): Promise<Buffer> =>
  sharp(randomBytes(SIDE * SIDE * 3), { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();

interface Sent {
  path?: string;
  type: string;
  body: (image: Buffer) => Buffer;
  status: number;
}

const part = (head: string, image: Buffer | string): Buffer =>
  Buffer.concat([
    Buffer.from(`--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(image),
    Buffer.from('\r\n--x--\r\n'),
  ]);
const base64 = (image: Buffer): string => image.toString('base64');
const json = (name: string) => (image: Buffer) => Buffer.from(JSON.stringify({ [name]: base64(image) }));
const FORM = 'multipart/form-data; boundary=x';
const JSON_TYPE = 'application/json';
const URLENCODED = 'application/x-www-form-urlencoded';
const REMOVEBG = '/v1.0/removebg';

const BODIES: Record<string, Sent> = {
  'an image': { type: 'image/jpeg', body: (image) => image, status: 202 },
  'a form': { type: FORM, body: (image) => part('name="image"; filename="a.jpg"', image), status: 202 },
  'a wrong field': { type: FORM, body: (image) => part('name="photo"; filename="a"', image), status: 202 },
  'two wrong fields': {
    type: FORM,
    body: (image) =>
      Buffer.concat([
        part('name="a"; filename="a"', image).subarray(0, -7),
        Buffer.from('\r\n'),
        part('name="b"; filename="b"', image),
      ]),
    status: 400,
  },
  'a wrong field of base64': { type: FORM, body: (image) => part('name="b"', base64(image)), status: 202 },
  'a field of an option': { type: FORM, body: (image) => part('name="format"', image), status: 400 },
  'a name of a field': { type: FORM, body: (image) => part(`name="${base64(image)}"`, ''), status: 400 },
  'a part without a name': { type: FORM, body: (image) => part('x', image), status: 400 },
  'a form without an end': {
    type: FORM,
    body: (image) => part('name="a"', image).subarray(0, -9),
    status: 400,
  },
  'a preamble': {
    type: FORM,
    body: (image) => Buffer.concat([Buffer.from('x'), image, Buffer.from('\r\n'), part('name="a"', '')]),
    status: 400,
  },
  'an image under the type of a form': { type: FORM, body: (image) => image, status: 202 },
  'a wrong type': { type: 'text/plain', body: (image) => image, status: 202 },
  'no image': { type: 'text/plain', body: (image) => Buffer.concat([Buffer.from('x'), image]), status: 415 },
  'no route': { path: '/v1/nothing', type: 'image/jpeg', body: (image) => image, status: 404 },
  'an unreadable path': { path: '/%zz', type: 'image/jpeg', body: (image) => image, status: 400 },
  'a wrong JSON name': { type: JSON_TYPE, body: json('photo'), status: 202 },
  'an image in JSON': { type: JSON_TYPE, body: json('image'), status: 202 },
  'a JSON address': { type: JSON_TYPE, body: json('image_url'), status: 400 },
  'no JSON': {
    type: JSON_TYPE,
    body: (image) => Buffer.concat([Buffer.from('x'), image]),
    status: 400,
  },
  'a JSON number': {
    type: JSON_TYPE,
    body: (image) => Buffer.concat([Buffer.from('{"a":'), image]),
    status: 400,
  },
  'nested JSON': { type: JSON_TYPE, body: (image) => Buffer.from(`{"a":["${base64(image)}"]}`), status: 400 },
  'curl --data-binary': { type: URLENCODED, body: (image) => image, status: 202 },
  'a wrong name': { path: REMOVEBG, type: JSON_TYPE, body: json('image_b64'), status: 400 },
  'a wrong urlencoded name': {
    path: REMOVEBG,
    type: URLENCODED,
    body: (image) => Buffer.from(`a=${base64(image)}`),
    status: 400,
  },
  'a wrong Photoroom name': { path: '/v1/segment', type: JSON_TYPE, body: json('image_b64'), status: 400 },
  'a wrong withoutBG name': {
    path: '/v1/remove-background',
    type: JSON_TYPE,
    body: json('photo'),
    status: 400,
  },
  'a wrong rembg field': {
    path: '/api/remove',
    type: FORM,
    body: (image) => part('name="image"', image),
    status: 400,
  },
};

/** The body in HTTP chunks of 256 bytes at once, or in packets of 1,400 bytes. */
const WAYS: Record<
  string,
  (body: Buffer) => { headers: Record<string, string | number>; packets: Buffer[] }
> = {
  'chunks of 256 bytes': (body) => ({
    headers: { 'Transfer-Encoding': 'chunked' },
    packets: [
      Buffer.concat([
        ...cut(body, 256).flatMap((bytes) => [
          Buffer.from(`${bytes.length.toString(16)}\r\n`),
          bytes,
          Buffer.from('\r\n'),
        ]),
        Buffer.from('0\r\n\r\n'),
      ]),
    ],
  }),
  'packets of 1,400 bytes': (body) => ({
    headers: { 'Content-Length': body.length },
    packets: cut(body, 1400),
  }),
};

const cut = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

/** Names of those whose image, or whose base64, is in the API's memory. */
function foundIn(images: ReadonlyMap<string, Buffer>): string[] {
  const payloads = [...images].flatMap(([canary, image]) => [
    { canary, kind: 'file', bytes: image, skipBytes: HEAD_BYTES },
    { canary, kind: 'base64', bytes: Buffer.from(base64(image)), skipBytes: 2 * HEAD_BYTES },
  ]);
  const index = indexPayloads(payloads);
  const { found } = scanProcess(system.apis[0]!.child.pid!, index);
  return hitsIn(tallyOf(index, found, () => 'memory', 1)).map(
    ({ canary, kind, bytes }) => `${canary}: ${bytes} bytes of its ${kind}`,
  );
}

test.each(Object.keys(WAYS))(
  'given bodies of every kind in %s, when they have been answered, then nothing of them is in memory',
  async (way) => {
    const images = new Map<string, Buffer>();
    const requests: RawRequest[] = [];
    for (const [name, { path, type, body, status }] of Object.entries(BODIES)) {
      const image = await noise();
      images.set(name, image);
      const { headers, packets } = WAYS[way]!(body(image));
      const request = RawRequest.post(system.apis[0]!.url, { 'Content-Type': type, ...headers }, path);
      requests.push(request);
      for (const packet of packets) await request.send(packet);
      expect([name, await request.status()]).toEqual([name, status]);
    }
    const image = await noise();
    images.set('an image that is broken off', image);
    const { headers, packets } = WAYS[way]!(image);
    const request = RawRequest.post(system.apis[0]!.url, { 'Content-Type': 'image/jpeg', ...headers });
    await request.send(Buffer.concat(packets).subarray(0, -99));
    await pause(50);
    request.break();
    await pause(AFTER_MS);
    expect(foundIn(images)).toEqual([]);
    for (const open of requests) open.break();
  },
);

/** Requests behind which an image comes that belongs to none. */
const HEADS: Record<string, string> = {
  'no request at all': '',
  'GET without a length': 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  CONNECT: 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'an expectation': 'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nContent-Length: 90000\r\n\r\n',
};

test('given images that belong to no request, when they have been refused, then nothing of them is in memory', async () => {
  const images = new Map<string, Buffer>();
  for (const [name, head] of Object.entries(HEADS)) {
    const image = await noise();
    images.set(name, image);
    const socket = connect(Number(new URL(system.url).port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(Buffer.concat([Buffer.from(head), image]));
    await Promise.race([closed, pause(AFTER_MS)]);
    socket.destroy();
  }
  await pause(AFTER_MS);
  expect(foundIn(images)).toEqual([]);
});
