import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import sharp from 'sharp';
import { startSystem, type TestSystem } from '../harness/system.js';
import { DONE_MS, launchBrowser, openPage, photoPath, type OpenPage } from './page-driver.js';
import { lookAt } from './page-look.js';

const run = promisify(execFile);

/** True if a program is installed. PHP is optional. */
const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** The interpreter of each folder of examples. */
const PROGRAMS = (
  [
    ['curl', 'bash', 'sh'],
    ['node', process.execPath, 'mjs'],
    ['python', 'python3', 'py'],
    ['php', 'php', 'php'],
  ] as const
).filter(([language, program]) => language !== 'php' || isThere(program));

jest.setTimeout(DONE_MS);

let system: TestSystem;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await system.stop();
  rmSync(folder, { recursive: true });
});

const example = (program: string, script: string, args: string[]) =>
  run(program, [script, ...args], { env: { ...process.env, API: system.url }, timeout: DONE_MS });

async function expectCutout(path: string): Promise<void> {
  const image = sharp(readFileSync(path));
  const { format, hasAlpha } = await image.metadata();
  expect([path, format, hasAlpha]).toEqual([path, 'png', true]);
}

describe.each(PROGRAMS)('given the examples in %s', (language, program, extension) => {
  const scriptOf = (topic: string): string => join('docs/examples', language, `${topic}.${extension}`);

  it.each(['sse', 'long-poll'])(
    'when %s is run as it is printed, then it writes the cutout',
    async (topic) => {
      const cutout = join(folder, `${language}-${topic}.png`);
      const { stderr } = await example(program, scriptOf(topic), [photoPath('coffee.jpg'), cutout]);
      await expectCutout(cutout);
      if (topic === 'sse') expect(stderr).toMatch(/progress[\s\S]*done/);
    },
  );

  it('when a batch is run as it is printed, then each photo has its cutout', async () => {
    const out = join(folder, `${language}-batch`);
    const photos = ['coffee.jpg', 'chelsea.jpg'].map(photoPath);
    await example(program, scriptOf('batch'), [...photos, out]);
    expect(readdirSync(out).sort()).toEqual(['chelsea.png', 'coffee.png']);
    for (const name of readdirSync(out)) await expectCutout(join(out, name));
  });

  it('when the service rejects the image, then the example fails, prints the reason, and writes no file', async () => {
    const text = join(folder, 'text.jpg');
    const cutout = join(folder, `${language}-refused.png`);
    writeFileSync(text, 'no image at all, but long enough to be looked at');
    for (const topic of ['sse', 'long-poll']) {
      const refused = example(program, scriptOf(topic), [text, cutout]);
      await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('JPEG') as string });
    }
    expect(readdirSync(folder).filter((name) => name.startsWith(`${language}-refused`))).toEqual([]);
  });

  it('when no service answers, then it fails', async () => {
    const gone = { env: { ...process.env, API: 'http://127.0.0.1:9' } };
    const args = [scriptOf('sse'), photoPath('coffee.jpg'), join(folder, 'none.png')];
    await expect(run(program, args, gone)).rejects.toThrow();
  });
});

describe('given the documentation', () => {
  const open = async (path: string, options: BrowserContextOptions = {}) =>
    openPage(browser, system.url, { reducedMotion: 'reduce', ...options }, path);
  const close = async ({ page, faults }: OpenPage): Promise<void> => {
    await page.context().close();
    expect(faults).toEqual([]);
  };

  it('when a language is chosen, then all examples are in it and equal the files that were run', async () => {
    const opened = await open('/docs');
    const { page } = opened;
    await page.getByRole('radio', { name: 'Python' }).first().check();
    const shown = await page.locator('.pane:visible pre').allTextContents();
    const files = ['sse', 'long-poll', 'batch'].map((topic) =>
      readFileSync(`docs/examples/python/${topic}.py`, 'utf8').replaceAll(
        'http://localhost:3000',
        system.url,
      ),
    );
    expect(shown.slice(1)).toEqual(files.map((text) => text.trimEnd()));
    const response = await page.request.get(`${system.url}/docs/`);
    expect(response.headers()['content-security-policy']).not.toContain('unsafe');
    await close(opened);
  });

  it('when JavaScript is off, then text, examples and menu are there, and nothing that needs it', async () => {
    const { page } = await open('/docs/reference/submit-job/', { javaScriptEnabled: false });
    await page.locator('label').filter({ hasText: 'PHP' }).first().click();
    expect(await page.locator('.pane:visible').first().textContent()).toContain('<?php');
    expect(await page.locator('.try, .search').filter({ visible: true }).count()).toBe(0);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'Menu' }).click();
    expect(await page.getByRole('link', { name: 'Open a batch' }).isVisible()).toBe(false);
    expect(await page.getByRole('link', { name: /Cancel a job/ }).isVisible()).toBe(true);
    await page.context().close();
  });

  it('when a photo is sent with the form, then the image is shown; and a job is followed from page to page', async () => {
    const opened = await open('/docs/reference/submit-job/');
    const { page } = opened;
    await page.setInputFiles('#try-form-image', photoPath('chelsea.jpg'));
    await page.getByLabel('crop', { exact: true }).selectOption('true');
    await page.getByRole('button', { name: 'Send' }).click();
    const image = page.getByRole('img', { name: 'The result' });
    await image.waitFor({ timeout: DONE_MS });
    expect(await page.locator('.answer .status').textContent()).toBe('200');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download result.png' }).click(),
    ]);
    await expectCutout(await download.path());
    await page.getByLabel('Prefer').fill('');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.next').getByRole('link', { name: 'Events' }).click();
    await page.waitForURL('**/stream-job-events/#try');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('log').filter({ hasText: 'event: done' }).waitFor({ timeout: DONE_MS });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Canceled.').waitFor();
    await close(opened);
  });

  it('when an option is searched by keyboard, then Enter leads to it', async () => {
    const opened = await open('/docs/guides/polling/');
    const { page } = opened;
    await page.keyboard.press('/');
    await page.keyboard.type('crop_margin');
    await page.getByRole('option', { name: 'crop_margin' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/docs/reference/submit-job/#crop_margin');
    await close(opened);
  });

  it('when an address of the former reference is opened, then it leads to the operation', async () => {
    const opened = await open('/docs#/jobs/getResult');
    await opened.page.waitForURL('**/docs/reference/get-result/');
    await close(opened);
  });

  it.each(['/docs/', '/docs/reference/submit-job/', '/docs/guides/migrate-from-removebg/', '/docs/errors/'])(
    'when %s is checked in all widths, light and dark, then nothing overflows and axe finds no violation',
    async (path) => {
      const opened = await open(path);
      expect(await lookAt(opened.page, path.replaceAll(/\W+/g, '-').slice(1, -1))).toEqual([]);
      await opened.page.setViewportSize({ width: 390, height: 844 });
      const search = await opened.page.getByRole('combobox', { name: 'Search' }).boundingBox();
      expect([search!.x >= 0, search!.x + search!.width <= 390, search!.width > 200]).toEqual([
        true,
        true,
        true,
      ]);
      await close(opened);
    },
  );
});
