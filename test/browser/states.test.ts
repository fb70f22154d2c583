import sharp from 'sharp';
import { cardOf, DONE_MS, photoPath, usePages } from './page-driver.js';
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
