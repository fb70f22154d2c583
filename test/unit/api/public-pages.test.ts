import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { servePage } from '../../../apps/api/src/http/static-page.js';
import { withPublicAddress } from '../../../apps/api/src/http/public-pages.js';

const PUBLIC_URL = 'https://cutouts.example.com';
const PAGE = '<link rel="canonical" href="/" data-public /><link rel="icon" href="/favicon.svg" />';
const BENGALI = '<meta property="og:image"\n  content="/assets/pictures/preview-bn.jpg"\n  data-public />';

let folder: string;
const servers: FastifyInstance[] = [];

async function serve(publicUrl?: string): Promise<FastifyInstance> {
  const server = fastify();
  servers.push(server);
  await servePage(server, folder, publicUrl);
  return server;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'public-pages-'));
  mkdirSync(join(folder, 'bn'));
  mkdirSync(join(folder, 'assets', 'pictures'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'bn', 'index.html'), BENGALI);
  writeFileSync(join(folder, 'privacy.html'), 'privacy');
  writeFileSync(join(folder, 'assets', 'pictures', 'hero.webp'), 'picture');
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

describe('given a page with tags that other sites read', () => {
  it('when it gets the public address, then these are absolute, and other links stay', () => {
    expect(withPublicAddress(PAGE, PUBLIC_URL)).toBe(
      `<link rel="canonical" href="${PUBLIC_URL}/" data-public /><link rel="icon" href="/favicon.svg" />`,
    );
    expect(withPublicAddress(BENGALI, PUBLIC_URL)).toContain(
      `content="${PUBLIC_URL}/assets/pictures/preview-bn.jpg"`,
    );
  });

  it('when the public address is set, then both languages have it, compressed as the client accepts', async () => {
    const server = await serve(PUBLIC_URL);
    const get = (url: string, headers = {}): Promise<Awaited<ReturnType<typeof server.inject>>> =>
      server.inject({ url, headers });
    const plain = await get('/');
    expect([plain.statusCode, plain.headers['content-type'], plain.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect(plain.body).toContain(`href="${PUBLIC_URL}/"`);
    expect((await get('/index.html')).body).toBe(plain.body);
    const br = await get('/', { 'accept-encoding': 'gzip, deflate, br' });
    expect([br.headers['content-encoding'], br.headers['vary']]).toEqual(['br', 'Accept-Encoding']);
    expect(brotliDecompressSync(br.rawPayload).toString()).toBe(plain.body);
    const gzip = await get('/', { 'accept-encoding': 'br;q=0, gzip;q=0.5' });
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(plain.body);
    expect((await get('/', { 'accept-encoding': 'br;q=0' })).headers['content-encoding']).toBeUndefined();
    expect((await get('/', { 'if-none-match': String(plain.headers['etag']) })).statusCode).toBe(304);
    expect((await get('/bn/')).body).toContain(`${PUBLIC_URL}/assets/pictures/preview-bn.jpg`);
  });

  it('when it is not set, then the page is served as it was built', async () => {
    expect((await (await serve()).inject('/')).body).toBe(PAGE);
  });
});

describe('given the files of the page', () => {
  it('when they are served, then pictures may be kept for a day and all others are asked for again', async () => {
    const server = await serve();
    const cacheOf = async (url: string): Promise<unknown> =>
      (await server.inject(url)).headers['cache-control'];
    expect(await cacheOf('/assets/pictures/hero.webp')).toBe('public, max-age=86400');
    expect([await cacheOf('/'), await cacheOf('/bn/')]).toEqual(['no-cache', 'no-cache']);
  });
});
