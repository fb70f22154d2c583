import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { cardOf, DONE_MS, photoPath, saveCutout, untilPhase, usePages } from './page-driver.js';

/** Limits of a first visit, bytes as transferred, and of all scripts, bytes with gzip. */
const MAX_FIRST_BYTES = 60_000;
const MAX_HERO_BYTES = 60_000;
const MAX_SCRIPT_BYTES = 80_000;

/** Files that the service worker caches, and nothing else. */
const SHELL = [
  '/',
  '/assets/icons.svg',
  '/assets/main.js',
  ...readdirSync('dist/apps/web/assets')
    .filter((file) => /^part-.*\.js$/.test(file))
    .map((file) => `/assets/${file}`),
  '/assets/pixels.js',
  '/assets/style.css',
  '/bn/',
  '/favicon.svg',
];

jest.setTimeout(DONE_MS * 2);

const { system, open, opened } = usePages();

/** Waits until the service worker has cached the files of the page. */
const untilInstalled = (page: Page): Promise<unknown> =>
  page.evaluate(`navigator.serviceWorker.ready.then(({ active }) => new Promise((resolve) => {
    if (active.state === 'activated') resolve();
    else active.addEventListener('statechange', () => active.state === 'activated' && resolve());
  }))`);

/** Path and media type of everything in the caches of the browser. */
const cached = (page: Page): Promise<[path: string, type: string][]> =>
  page.evaluate(`(async () => {
    const found = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        found.push([new URL(request.url).pathname, response.headers.get('content-type')]);
      }
    }
    return found.sort();
  })()`);

/** The failed requests of a page without a connection are expected. */
function ignoreLostRequests(): void {
  for (const one of opened) one.faults = one.faults.filter((fault) => !fault.includes('net::ERR_'));
}

describe('given a first visit', () => {
  it('when the page loads, then it is small and fast, and its layout does not shift', async () => {
    const { page, answers } = await open();
    const seen = await page.evaluate<{
      shift: number;
      paint: number;
      largest: string;
      files: [path: string, bytes: number][];
    }>(`new Promise((resolve) => {
      const seen = { shift: 0, paint: 0, largest: '' };
      const follow = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
        .observe({ type, buffered: true });
      follow('layout-shift', ({ value }) => { seen.shift += value; });
      follow('paint', ({ name, startTime }) => { if (name === 'first-contentful-paint') seen.paint = startTime; });
      follow('largest-contentful-paint', ({ url }) => { seen.largest = url; });
      setTimeout(() => {
        const all = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type));
        const files = all.map(({ name, transferSize }) => [new URL(name).pathname, transferSize]);
        resolve({ ...seen, files });
      }, 2_000);
    })`);
    expect(seen.shift).toBeLessThan(0.01);
    expect(seen.paint).toBeGreaterThan(0);
    expect(seen.paint).toBeLessThan(2_500);
    expect(new URL(seen.largest).pathname).toBe('/assets/pictures/hero-cutout.avif');
    const bytesOf = (isWanted: (path: string) => boolean): number =>
      seen.files.filter(([path]) => isWanted(path)).reduce((sum, [, bytes]) => sum + bytes, 0);
    const isPicture = (path: string): boolean => path.startsWith('/assets/pictures/');
    expect(bytesOf((path) => !isPicture(path))).toBeGreaterThan(10_000);
    expect(bytesOf((path) => !isPicture(path))).toBeLessThan(MAX_FIRST_BYTES);
    expect(bytesOf(isPicture)).toBeLessThan(MAX_HERO_BYTES);
    // Only the page, its style, scripts, icons and small pictures.
    const files = [
      ...['', 'assets/icons.svg', 'assets/main.js', 'assets/style.css', 'favicon.svg'],
      ...['hero-cutout', 'hero', 'portrait-small', 'animal-small', 'product-small', 'plant-small'].map(
        (name) => `assets/pictures/${name}.avif`,
      ),
    ];
    // Parts of the script that others share are loaded with it.
    const loaded = [...new Set(answers)].filter((answer) => !/\/sw\.js|\/assets\/part-chunk-/.test(answer));
    expect(loaded.sort()).toEqual(files.map((path) => `GET /${path} 200`).sort());
  });

  it('when its scripts are compressed, then they are smaller than 80 kB', async () => {
    const folder = 'dist/apps/web';
    const scripts = [
      `${folder}/sw.js`,
      ...readdirSync(`${folder}/assets`).map((file) => join(folder, 'assets', file)),
    ].filter((file) => file.endsWith('.js') && !basename(file).startsWith('docs'));
    const names = scripts.map((file) => basename(file)).filter((name) => !name.startsWith('part-'));
    expect(names.sort()).toEqual(['heic.js', 'main.js', 'pixels.js', 'sw.js']);
    const bytes = scripts.map((file) => gzipSync(readFileSync(file)).length);
    expect(bytes.reduce((sum, one) => sum + one)).toBeLessThan(MAX_SCRIPT_BYTES);
  });

  it('when a browser without AVIF opens it, then the pictures of the example stay small', async () => {
    const folder = 'dist/apps/web/assets/pictures';
    const bytesOf = (name: string): number => readFileSync(join(folder, name)).length;
    expect(bytesOf('hero.webp') + bytesOf('hero-cutout.webp')).toBeLessThan(MAX_HERO_BYTES);
    for (const language of ['en', 'bn']) expect(bytesOf(`preview-${language}.jpg`)).toBeLessThan(80_000);
  });
});

describe('given the page as an app', () => {
  it('when the browser checks whether it can be installed, then nothing is missing', async () => {
    for (const [path, manifest] of [
      ['/', 'manifest-en'],
      ['/bn/', 'manifest-bn'],
    ]) {
      const { page } = await open({}, path);
      await untilInstalled(page);
      const session = await page.context().newCDPSession(page);
      const { url, errors, data } = await session.send('Page.getAppManifest');
      expect([url, errors]).toEqual([`${system.url}/${manifest}.webmanifest`, []]);
      const { icons, ...app } = JSON.parse(data ?? '') as Record<string, unknown> & {
        icons: { src: string; sizes: string }[];
      };
      expect(app).toMatchObject({ start_url: path, scope: '/', display: 'standalone' });
      for (const { src, sizes } of icons) {
        const size = await page.evaluate(
          `fetch('${src}').then((r) => r.blob()).then(createImageBitmap).then((b) => b.width + 'x' + b.height)`,
        );
        expect([src, size]).toEqual([src, sizes]);
      }
      const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
      // Pages of tests are private ones, which cannot be installed.
      expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
    }
  });

  it('when there is no connection, then it opens in both languages and says so', async () => {
    const { page } = await open();
    await untilInstalled(page);
    await page.context().setOffline(true);
    for (const [path, text] of [
      ['/', "You're offline."],
      ['/bn/', 'আপনি অফলাইনে'],
    ] as const) {
      await page.goto(system.url + path);
      // Chromium emulates the state of the connection for a new page only when it changes.
      await page.context().setOffline(false);
      await page.context().setOffline(true);
      await page.getByText(text).waitFor();
      await page.locator('label[for="chooser"]').waitFor();
    }
    await page.getByRole('button', { name: 'কফির' }).click();
    await page.getByText('নমুনা ছবিটি আনা গেল না').waitFor();
    await page.context().setOffline(false);
    ignoreLostRequests();
  });

  it('when photos are shared to it, then they are cut out, and neither the service nor a cache gets the form', async () => {
    const { page, answers } = await open();
    await untilInstalled(page);
    // A system sends shared photos as a form, from no page.
    const other = await page.context().newPage();
    await other.setContent(
      `<form method="post" enctype="multipart/form-data" action="${system.url}/share"><input type="file" name="photos" multiple /></form>`,
    );
    await other.setInputFiles('input', ['astronaut.jpg', 'coffee.jpg'].map(photoPath));
    other.on('response', (answer) => answers.push(`${answer.request().method()} ${answer.status()}`));
    await other.evaluate('document.forms[0].submit()');
    await untilPhase(cardOf(other, 'astronaut.jpg'), 'done');
    await untilPhase(cardOf(other, 'coffee.jpg'), 'done');
    expect(other.url()).toBe(`${system.url}/`);
    expect((await cached(other)).map(([path]) => path)).toEqual(SHELL);

    await other.goto(`${system.url}/?shared=gone`);
    await other.getByText("The shared photos didn't arrive.").waitFor();
    await other.close({ runBeforeUnload: false });
  });

  it('when a photo was uploaded and its result downloaded, then the caches hold only the files of the page', async () => {
    const { page } = await open();
    await untilInstalled(page);
    await page.reload();
    await page.setInputFiles('#chooser', photoPath('coffee.jpg'));
    const card = cardOf(page, 'coffee.jpg');
    await untilPhase(card, 'done');
    await saveCutout(card);
    const found = await cached(page);
    expect(found.map(([path]) => path)).toEqual(SHELL);
    expect(found.filter(([, type]) => /^image\/(?!svg)/.test(type))).toEqual([]);
  });
});

describe('given the samples', () => {
  it('when one is tapped, by key or by pointer, then it is cut out, and the focus goes on at the list', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Try it with a portrait' }).focus();
    await page.keyboard.press('Enter');
    await untilPhase(cardOf(page, 'portrait.jpg'), 'done');
    expect(await page.evaluate('document.activeElement.id')).toBe('photos-title');

    const { page: second } = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await second.getByRole('button', { name: 'Try it with a dandelion' }).tap();
    const card = cardOf(second, 'plant.jpg');
    await untilPhase(card, 'done');
    const saved = await saveCutout(card);
    expect(saved.alphaAt(0.5, 0.3)).toBeGreaterThan(250);
    expect(saved.alphaAt(0.02, 0.98)).toBeLessThan(5);
  });

  it('when the example is moved with the keyboard, then its split moves too', async () => {
    const { page } = await open();
    const slider = page.getByRole('slider', { name: /^Example/ });
    await slider.focus();
    await page.keyboard.press('End');
    expect(await slider.getAttribute('aria-valuetext')).toBe('100% original');
    expect(
      await page.evaluate(
        `getComputedStyle(document.querySelector('#showcase')).getPropertyValue('--split')`,
      ),
    ).toBe('100%');
  });

  it('when the address of a picture is pasted, then the page asks for the picture itself', async () => {
    const { page } = await open();
    await page.evaluate(`(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'https://example.com/cat.jpg');
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    })()`);
    await page.getByText('Paste the picture, not its address.').waitFor();
    expect(await page.locator('.card').count()).toBe(0);
  });
});
