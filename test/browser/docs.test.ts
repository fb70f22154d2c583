import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { startSystem, type TestSystem } from '../harness/system.js';
import { DONE_MS, launchBrowser, openPage, photoPath } from './page-driver.js';

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

describe('given the page at /docs', () => {
  it('when a language is chosen, then all examples are in it and equal the files that were run', async () => {
    const { page, faults } = await openPage(browser, system.url, {}, '/docs');
    await page.getByRole('radio', { name: 'Python' }).first().check();
    const shown = await page.locator('.pane:visible pre').allTextContents();
    const files = ['sse', 'long-poll', 'batch'].map((topic) =>
      readFileSync(`docs/examples/python/${topic}.py`, 'utf8'),
    );
    expect(shown).toEqual(files.map((text) => text.trimEnd()));
    await page.locator('.swagger-ui .opblock').first().waitFor();
    const response = await page.request.get(`${system.url}/docs/`);
    expect(response.headers()['content-security-policy']).toContain("script-src 'self';");
    await page.context().close();
    expect(faults).toEqual([]);
  });

  it('when JavaScript is off, then the examples are still there', async () => {
    const { page } = await openPage(browser, system.url, { javaScriptEnabled: false }, '/docs');
    await page.locator('label').filter({ hasText: 'PHP' }).first().click();
    expect(await page.locator('.pane:visible').first().textContent()).toContain('<?php');
    await page.context().close();
  });
});
