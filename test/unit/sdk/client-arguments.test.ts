import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CutoutImage } from '#sdk/cutout-image.js';
import { wireOptions, type CutoutOptions } from '#sdk/cutout-options.js';
import { blobOf, type ImageInput } from '#sdk/image-input.js';
import { RemoveBg } from '#sdk/removebg-client.js';
import { apiKeyOf, baseUrlOf } from '#sdk/server-address.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { freePort } from '../../harness/free-port.js';

const invalid = (parameter: string): Error =>
  expect.objectContaining({ name: 'RemoveBgError', code: 'invalid-argument', parameter }) as Error;

afterEach(() => {
  delete process.env['REMOVEBG_SERVER'];
  delete process.env['REMOVEBG_KEY'];
});

describe('given the address of a service', () => {
  it.each([
    [{ baseUrl: 'http://127.0.0.1:3000/' }, 'http://127.0.0.1:3000'],
    [{ origin: 'https://Example.org' }, 'https://example.org'],
    [{ baseUrl: 'https://example.org/cut/outs/' }, 'https://example.org/cut/outs'],
  ])('when it is %j, then requests start with %s', (settings, expected) => {
    expect(baseUrlOf(settings)).toBe(expected);
  });

  it.each([
    {},
    { baseUrl: '' },
    { baseUrl: 'localhost:3000' },
    { baseUrl: '/v1' },
    { baseUrl: 'ftp://example.org' },
    { baseUrl: 'http://' },
    { baseUrl: 'http://me:secret@example.org' },
    { baseUrl: 'http://example.org?key=1' },
    { baseUrl: 'http://a.example', origin: 'http://b.example' },
  ])('when it is %j, then the constructor throws with the name of the setting and an example', (settings) => {
    const named = expect.stringMatching(/^baseUrl/) as string;
    expect(() => new RemoveBg(settings)).toThrow(invalid(named));
    expect(() => new RemoveBg(settings)).not.toThrow(/secret/);
  });

  it('when it is in the environment, then it is used unless a setting overrides it', () => {
    process.env['REMOVEBG_SERVER'] = 'http://from.env:1';
    process.env['REMOVEBG_KEY'] = 'rb_env\n';
    expect([baseUrlOf({}), apiKeyOf({})]).toEqual(['http://from.env:1', 'rb_env']);
    expect([baseUrlOf({ baseUrl: 'http://a' }), apiKeyOf({ apiKey: 'rb_own' })]).toEqual([
      'http://a',
      'rb_own',
    ]);
  });

  it('when nothing listens there, then the error names the address', async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    const client = new RemoveBg({ baseUrl, patienceMs: 0 });
    const failed = client.remove(Buffer.from('image'));
    await expect(failed).rejects.toMatchObject({ code: 'connection-lost' });
    await expect(failed).rejects.toThrow(`${baseUrl} (ECONNREFUSED)`);
  });
});

describe('given an API key', () => {
  it('when it is blank, then there is none; when it has invalid characters, then the error does not contain it', () => {
    expect(apiKeyOf({ apiKey: ' ' })).toBeUndefined();
    expect(() => apiKeyOf({ apiKey: 'rb_ключ' })).toThrow(invalid('apiKey'));
    expect(() => apiKeyOf({ apiKey: 'rb_ключ' })).not.toThrow(/ключ/);
  });
});

describe('given options', () => {
  it('when they are in camelCase or snake_case, then they are sent in snake_case', () => {
    const camel: CutoutOptions = { bgColor: 'white', cropMargin: '5%', crop: true, addShadow: undefined };
    const snake: CutoutOptions = { bg_color: 'white', crop_margin: '5%', crop: true };
    expect(wireOptions(camel)).toEqual(snake);
    expect(wireOptions(snake)).toEqual(snake);
  });

  it('when one is given under both names or is unknown, then the error names it', async () => {
    expect(() => wireOptions({ bgColor: 'red', bg_color: 'red' })).toThrow(invalid('bgColor'));
    const misspelled = { bgColour: 'red' } as CutoutOptions;
    expect(() => wireOptions(misspelled)).toThrow(/`bgColour` accepts: .*bgColor/);
    const client = new RemoveBg({ baseUrl: 'http://127.0.0.1:9' });
    await expect(client.remove(new Blob([]), misspelled)).rejects.toEqual(invalid('bgColour'));
  });

  it('when the API has an option, then the client has it too', () => {
    const defaults = jobOptionsSchema.parse({});
    expect(Object.keys(wireOptions(defaults)).sort()).toEqual(Object.keys(defaults).sort());
  });
});

describe('given an image', () => {
  const bytes = Uint8Array.from({ length: 2000 }, (_, i) => i % 251);
  const web = (): ReadableStream<Uint8Array> => new Blob([bytes]).stream();

  it.each<[string, () => ImageInput]>([
    ['a Blob', () => new Blob([bytes])],
    ['a File', () => new File([bytes], 'photo.jpg')],
    ['a Buffer', () => Buffer.from(bytes)],
    ['a part of a buffer', () => Buffer.concat([Buffer.alloc(7), bytes]).subarray(7)],
    ['an ArrayBuffer', () => bytes.slice().buffer],
    [
      'a view of a SharedArrayBuffer',
      () => {
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        return shared;
      },
    ],
    ['a DataView', () => new DataView(bytes.slice().buffer)],
    [
      'a Node stream',
      () => Readable.from([Buffer.from(bytes.subarray(0, 9)), Buffer.from(bytes.subarray(9))]),
    ],
    ['a web stream', web],
  ])('when it is %s, then its bytes are read', async (_, image) => {
    expect(Buffer.from(await (await blobOf(image())).arrayBuffer()).equals(bytes)).toBe(true);
  });

  it.each([['photo.jpg'], [undefined], [null], [{}], [Readable.from(['text'])], [[1, 2]]])(
    'when it is %j, then the error lists what is accepted',
    async (image) => {
      await expect(blobOf(image as unknown as ImageInput)).rejects.toEqual(invalid('image'));
    },
  );
});

test('given a result, when it is saved or read as bytes, then the bytes are equal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-saved-'));
  const image = new CutoutImage(new Blob([Buffer.from('pixels')], { type: 'image/png' }));
  await image.saveTo(join(folder, 'cutout.png'));
  expect(readFileSync(join(folder, 'cutout.png'), 'utf8')).toBe('pixels');
  expect([Buffer.from(await image.bytes()).toString(), image.type, image.size]).toEqual([
    'pixels',
    'image/png',
    6,
  ]);
  await expect(image.saveTo(join(folder, 'none', 'x.png'))).rejects.toMatchObject({ code: 'ENOENT' });
  rmSync(folder, { recursive: true });
});
