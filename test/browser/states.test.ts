import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { cardOf, DONE_MS, photoPath, untilPhase, type OpenPage, usePages } from './page-driver.js';
import { lookAt } from './page-look.js';

const PHOTOS = ['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg'];
const LETTER = {
  name: 'a-rather-long-name-of-a-letter-that-somebody-wrote-in-Brahmanbaria.pdf',
  mimeType: 'application/pdf',
  buffer: Buffer.from('%PDF-1.7'),
};

/** A picture without a subject. */
const plainPicture = async () => ({
  name: 'wall.png',
  mimeType: 'image/png',
  buffer: await sharp({ create: { width: 400, height: 300, channels: 3, background: '#8a8f94' } })
    .png()
    .toBuffer(),
});

/** Maximum time for which the page may be unresponsive, milliseconds. */
const LONGEST_TASK_MS = 500;

/** On a busy machine, the limit for a large photo is this multiple of the time of a small one. */
const LARGE_BY_SMALL = 3;

jest.setTimeout(DONE_MS * 2);

const { open, opened } = usePages({ reducedMotion: 'reduce' });

describe('given every state of the page', () => {
  it('when it is checked in all widths, light and dark, then nothing overflows and axe finds no violation', async () => {
    const { page } = await open();
    const faults = await lookAt(page, '1-empty');
    await page.setInputFiles('#chooser', [...PHOTOS, ...PHOTOS, 'coffee.jpg'].map(photoPath));
    await page.locator('[data-phase="working"]').first().waitFor({ timeout: DONE_MS });
    faults.push(...(await lookAt(page, '2-work')));
    await page.setInputFiles('#chooser', [LETTER]);
    await page.locator('[data-phase="failed"]').waitFor();
    await page.setInputFiles('#chooser', [await plainPicture()]);
    await page.locator('[data-phase="done"]').nth(7).waitFor({ timeout: DONE_MS });
    expect(await cardOf(page, 'wall.png').locator('.check').textContent()).toMatch(/^Check this one\. /);
    expect(await cardOf(page, 'astronaut.jpg').first().locator('.check').isVisible()).toBe(false);
    faults.push(...(await lookAt(page, '3-cards')));
    const card = page.locator('[data-phase="done"]').first();
    await card.getByRole('button', { name: /^Proof/ }).click();
    await page.getByText('The signature is valid').waitFor();
    faults.push(...(await lookAt(page, '4-receipt', { isScreen: true })));
    await page.keyboard.press('Escape');
    await card.getByRole('button', { name: /^Edit/ }).click();
    await page.locator('dialog[data-open]').waitFor();
    faults.push(...(await lookAt(page, '5-editor', { isScreen: true })));
    expect(faults).toEqual([]);
  });

  it.each([
    ['Bengali', '/bn/', 'ltr'],
    ['written from right to left', '/', 'rtl'],
  ])('when the language is %s, then the same holds', async (_, path, dir) => {
    const { page } = await open({}, path);
    await page.evaluate(`document.documentElement.dir = '${dir}'`);
    const name = dir === 'rtl' ? 'rtl' : 'bn';
    const faults = await lookAt(page, `${name}-1-empty`);
    await page.setInputFiles('#chooser', ['astronaut.jpg', 'coffee.jpg'].map(photoPath));
    await page.setInputFiles('#chooser', [LETTER]);
    await page.setInputFiles('#chooser', [await plainPicture()]);
    await page.locator('[data-phase="done"]').nth(2).waitFor({ timeout: DONE_MS });
    await page.locator('[data-known="true"]').nth(2).waitFor({ timeout: DONE_MS });
    expect(await cardOf(page, 'wall.png').locator('.check').isVisible()).toBe(true);
    faults.push(...(await lookAt(page, `${name}-2-cards`)));
    await page.locator('[data-phase="done"] [aria-keyshortcuts="E"]').first().click();
    await page.locator('dialog[data-open]').waitFor();
    faults.push(...(await lookAt(page, `${name}-3-editor`, { isScreen: true })));
    expect(faults).toEqual([]);
  });

  it.each([
    '/privacy.html',
    '/bn/privacy.html',
    '/problems/missing-image',
    '/.well-known/retention',
    '/no-such-page',
    '/bn/no-such-page',
  ])('when the page is %s, then the same holds', async (path) => {
    const { page } = await open({}, path);
    opened[0]!.faults = opened[0]!.faults.filter((fault) => !fault.includes('status of 404'));
    expect(await lookAt(page, path.replaceAll(/\W+/g, '-').slice(1))).toEqual([]);
  });
});

/** Cuts out a photo and opens it at full size. Returns the duration of the longest task of the page, milliseconds. */
async function longestTaskOf({ page }: OpenPage, name: string, buffer: Buffer): Promise<number> {
  await page.evaluate('window.longest = 0');
  await page.setInputFiles('#chooser', { name, mimeType: 'image/jpeg', buffer });
  const card = cardOf(page, name);
  await untilPhase(card, 'done');
  await card.locator('[data-shown="result"]').waitFor({ timeout: DONE_MS });
  await card.getByRole('button', { name: /^Edit/ }).click();
  await page.locator('dialog[data-open]').waitFor({ timeout: DONE_MS });
  await page.getByRole('button', { name: '1:1' }).click();
  await page.getByText('100%').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  return Number(await page.evaluate('window.longest'));
}

describe('given a photo of 24 megapixels on a phone', () => {
  it('when it is cut out and edited at full size, then the page stays responsive', async () => {
    const viewport = { width: 390, height: 844 };
    const large = await sharp(photoPath('astronaut.jpg'))
      .resize(6000, 4000, { fit: 'cover' })
      .jpeg()
      .toBuffer();
    const { page } = await open({ viewport, hasTouch: true });
    await page.evaluate(`new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask' })`);
    const smallMs = await longestTaskOf(opened[0]!, 'small.jpg', readFileSync(photoPath('astronaut.jpg')));
    const largeMs = await longestTaskOf(opened[0]!, 'large.jpg', large);
    expect(largeMs).toBeLessThan(Math.max(LONGEST_TASK_MS, smallMs * LARGE_BY_SMALL));
  });
});
