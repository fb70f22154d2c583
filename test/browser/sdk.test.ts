import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { smallPhoto } from '../harness/small-photo.js';
import { startSystem, type TestSystem } from '../harness/system.js';
import { launchBrowser } from './page-driver.js';

const PAGE = '<!doctype html><title>SDK</title>';
const folder = mkdtempSync(join(tmpdir(), 'removebg-sdk-'));
let system: TestSystem;
/** Serves the page of another origin. */
const services = createServer((request, response) => {
  const isScript = request.url === '/sdk.js';
  response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? readFileSync(join(folder, 'browser.min.js')) : PAGE);
});
let browser: Browser;
let page: Page;
let photo: string;
/** Origin of a page that is not of the service. */
let otherOrigin: string;

jest.setTimeout(120_000);
beforeAll(async () => {
  const bundle = join(folder, 'browser.min.js');
  // As tools/src/client-package.ts bundles it.
  execFileSync('node_modules/.bin/esbuild', [
    'libs/sdk/src/package-entry.ts',
    ...[
      '--bundle',
      '--minify',
      '--format=esm',
      '--platform=browser',
      '--target=es2022',
      '--conditions=removebg-source',
    ],
    `--outfile=${bundle}`,
  ]);
  photo = smallPhoto().toString('base64');
  services.listen(0, '127.0.0.1');
  await once(services, 'listening');
  otherOrigin = `http://localhost:${(services.address() as AddressInfo).port}`;
  [system, browser] = await Promise.all([startSystem({ CORS_ORIGINS: otherOrigin }), launchBrowser()]);
  page = await browser.newPage();
  await page.route(`${system.url}/sdk.html`, (route) =>
    route.fulfill({ contentType: 'text/html', body: PAGE }),
  );
  await page.route(`${system.url}/sdk.js`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: readFileSync(bundle, 'utf8') }),
  );
  await page.goto(`${system.url}/sdk.html`);
});
afterAll(async () => {
  await browser.close();
  services.close();
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a script in the page that has the SDK, a client of this origin, and a photo. */
const inPage = <T>(script: string, settings = '{}'): Promise<T> =>
  page.evaluate(`(async () => {
    const { RemoveBg, RemoveBgError } = await import('/sdk.js');
    const client = new RemoveBg(${settings});
    const bytes = Uint8Array.from(atob('${photo}'), (char) => char.charCodeAt(0));
    const photo = new Blob([bytes], { type: 'image/jpeg' });
    ${script}
  })()`);

describe('given the SDK in a page of another origin', () => {
  it('when an image and a batch are sent, then each cutout arrives with the facts in its headers', async () => {
    await page.goto(`${otherOrigin}/sdk.html`);
    const found = await inPage<{ origin: string; names: string[]; width: number; valid: boolean }>(
      `
      const names = [];
      const images = ['a', 'b', 'c'].map((name) => ({ name, image: photo }));
      for await (const { name, ok } of client.batch(images)) names.push(name + ok);
      const { width, job } = await client.remove(photo);
      const { valid } = await client.verify(await client.receipt(job));
      return { origin: location.origin, names: names.sort(), width, valid };`,
      JSON.stringify({ origin: system.url }),
    );
    expect(found).toMatchObject({ origin: otherOrigin, names: ['atrue', 'btrue', 'ctrue'], valid: true });
    await page.goto(`${system.url}/sdk.html`);
  });
});

describe('given the SDK in a browser', () => {
  it('when an image is processed, then progress, cutout and a valid receipt arrive', async () => {
    const found = await inPage<{ width: number; type: string; states: string[]; valid: boolean }>(`
      const states = [];
      const { image, job } = await client.remove(photo, { size: 'full' }, { onProgress: (p) => states.push(p.state) });
      const { width } = await createImageBitmap(image);
      const { valid } = await client.verify(await client.receipt(job));
      return { width, type: image.type, states, valid };`);
    expect(found).toMatchObject({ width: 300, type: 'image/png', valid: true });
    expect(found.states).toContain('running');
  });

  it('when several images go through a batch, then each outcome arrives once', async () => {
    const names = await inPage<string[]>(`
      const names = [];
      const images = ['a', 'b', 'c'].map((name) => ({ name, image: photo }));
      for await (const { name, ok } of client.batch(images)) names.push(name + ok);
      return names.sort();`);
    expect(names).toEqual(['atrue', 'btrue', 'ctrue']);
  });

  it('when it is aborted, then the reason is thrown; an error answer is a RemoveBgError with its code', async () => {
    const found = await inPage<string[]>(`
      const leave = new AbortController();
      const onProgress = ({ state }) => state === 'sending' || leave.abort(new Error('enough'));
      const aborted = await client.remove(photo, {}, { signal: leave.signal, onProgress }).catch((error) => error.message);
      const refused = await client.remove(new Blob(['no image'.repeat(20)])).catch((error) => error);
      return [aborted, refused instanceof RemoveBgError ? refused.code : ''];`);
    expect(found).toEqual(['enough', 'image-type-unsupported']);
  });
});
