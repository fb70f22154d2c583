import sharp from 'sharp';
import {
  cardOf,
  DONE_MS,
  dropFiles,
  pasteFiles,
  photoPath,
  saveCutout,
  untilPhase,
  usePages,
} from './page-driver.js';

const PHOTOS = ['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg'];
const DELETED = /^Deleted at /;

jest.setTimeout(DONE_MS * 2);

const { system, open, opened } = usePages();

describe('given the page of the running service', () => {
  it('when three photos are chosen, then each becomes a transparent PNG to download and its data is deleted', async () => {
    const { page } = await open();
    await page.setInputFiles('#chooser', PHOTOS.map(photoPath));
    for (const name of PHOTOS) {
      const card = cardOf(page, name);
      await untilPhase(card, 'done');
      await card.getByText(DELETED).waitFor();
    }
    await page.getByText('3 of 3 done').waitFor();

    for (const name of PHOTOS) {
      const saved = await saveCutout(cardOf(page, name));
      const photo = await sharp(photoPath(name)).metadata();
      expect(saved).toMatchObject({
        fileName: name.replace('.jpg', '-cutout.png'),
        format: 'png',
        width: photo.width,
        height: photo.height,
      });
    }
    // The astronaut covers the middle and leaves the upper corners free.
    const astronaut = await saveCutout(cardOf(page, 'astronaut.jpg'));
    expect(astronaut.alphaAt(0, 0)).toBeLessThan(16);
    expect(astronaut.alphaAt(0.45, 0.7)).toBeGreaterThan(239);
    // The service holds no image content: only records of finished jobs may remain.
    const held = (await system.keys()).filter((key) => /:(in|out|input|output|payload|result)\b/.test(key));
    expect(held).toEqual([]);
  });

  it('when the slider is moved with the keyboard, then the split moves too', async () => {
    const { page } = await open();
    await page.setInputFiles('#chooser', photoPath('chelsea.jpg'));
    const card = cardOf(page, 'chelsea.jpg');
    await untilPhase(card, 'done');
    await card.locator('[data-shown="result"]').waitFor();
    const slider = card.getByRole('slider', { name: /how much of the original/ });
    await slider.focus();
    expect(await slider.getAttribute('aria-valuetext')).toBe('0 percent original');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).toBe('2 percent original');
    expect(
      await page.evaluate(`document.querySelector('.card .stage').style.getPropertyValue('--split')`),
    ).toBe('2%');
  });

  it('when photos are dropped on the window or pasted, then they are processed', async () => {
    const { page } = await open();
    await dropFiles(page, PHOTOS.slice(0, 1).map(photoPath), () =>
      page.getByText('Drop to remove the background').waitFor({ state: 'visible' }),
    );
    await page.getByText('Drop to remove the background').waitFor({ state: 'hidden' });
    await pasteFiles(page, [photoPath('coffee.jpg')]);
    await untilPhase(cardOf(page, 'astronaut.jpg'), 'done');
    await untilPhase(cardOf(page, 'coffee.jpg'), 'done');
  });

  it('when an iPhone photo (HEIC) is chosen, then the page loads a decoder and converts the photo to JPEG', async () => {
    const { page, answers } = await open();
    const loaded = (): string[] => answers.filter((answer) => answer.includes('/libheif/'));
    await page.setInputFiles('#chooser', photoPath('chelsea.jpg'));
    await untilPhase(cardOf(page, 'chelsea.jpg'), 'done');
    expect(loaded()).toEqual([]);
    await page.setInputFiles('#chooser', photoPath('coffee.heic'));
    await untilPhase(cardOf(page, 'coffee.heic'), 'done');
    const saved = await saveCutout(cardOf(page, 'coffee.heic'));
    expect(saved).toMatchObject({ fileName: 'coffee-cutout.png', format: 'png', width: 480, height: 320 });
    expect(loaded().length).toBeGreaterThan(0);
    const mayCompile = await page.evaluate(
      `WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => true, () => false)`,
    );
    expect(mayCompile).toBe(false);
    opened.at(-1)?.faults.splice(0);
  });

  it('when files that are not photos are chosen, then each card says why and what to do, and none is sent', async () => {
    const { page, answers } = await open();
    await page.setInputFiles('#chooser', [
      { name: 'letter.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('%PDF-1.7 not a photo') },
      { name: 'empty.png', mimeType: 'image/png', buffer: Buffer.alloc(0) },
      {
        name: 'huge.jpg',
        mimeType: 'image/jpeg',
        buffer: Buffer.alloc(23 * 1024 * 1024, '\xff\xd8\xff', 'latin1'),
      },
    ]);
    await cardOf(page, 'letter.jpg').getByText('This is a PDF.').waitFor();
    await cardOf(page, 'letter.jpg').getByText('Save it as a JPEG, PNG or WebP').waitFor();
    await cardOf(page, 'empty.png').getByText('This file is empty.').waitFor();
    await cardOf(page, 'huge.jpg').getByText('over the limit of 22 MB').waitFor();
    await cardOf(page, 'huge.jpg')
      .getByRole('button', { name: /^Remove/ })
      .click();
    await cardOf(page, 'huge.jpg').waitFor({ state: 'detached' });
    expect(answers.filter((answer) => answer.startsWith('POST'))).toEqual([]);
  });

  it('when a photo is damaged, then the page shows the error without a button to try again', async () => {
    const { page } = await open();
    const whole = await sharp(photoPath('coffee.jpg')).png().toBuffer();
    const buffer = Buffer.concat([whole.subarray(0, 40), Buffer.alloc(4000, 7)]);
    await page.setInputFiles('#chooser', { name: 'damaged.png', mimeType: 'image/png', buffer });
    const card = cardOf(page, 'damaged.png');
    await untilPhase(card, 'failed');
    await card.getByText('The file is damaged.').waitFor();
    expect(await card.getByRole('button', { name: /^Try again/ }).isVisible()).toBe(false);
    opened[0]!.faults = opened[0]!.faults.filter((fault) => !fault.includes('status of 422'));
  });

  it('when a photo is cancelled, then its job is cancelled, and it can be tried again', async () => {
    const { page, answers } = await open();
    await page.setInputFiles('#chooser', PHOTOS.map(photoPath));
    await page.locator('[data-phase="working"]').first().waitFor({ timeout: DONE_MS });
    const name = await page.locator('[data-phase="queued"] h3').first().textContent();
    const card = cardOf(page, name!);
    await Promise.all([
      page.waitForResponse((answer) => answer.request().method() === 'DELETE'),
      card.getByRole('button', { name: /^Cancel/ }).click(),
    ]);
    await card.getByText('Canceled. Nothing was kept').waitFor();
    const retry = card.getByRole('button', { name: /^Try again/ });
    expect(await retry.and(page.locator(':focus')).count()).toBe(1);
    await retry.press('Enter');
    await untilPhase(card, 'done');
    expect(answers.filter((answer) => /^DELETE .* 204$/.test(answer))).toHaveLength(1);
  });

  it('when only the keyboard is used, then the chooser can be reached and its focus is visible', async () => {
    const { page } = await open();
    for (let i = 0; i < 7; i++) await page.keyboard.press('Tab');
    const focused = page.locator('#chooser:focus');
    expect(await focused.count()).toBe(1);
    const outline = await page.evaluate(
      `getComputedStyle(document.querySelector('label[for="chooser"]')).outlineStyle`,
    );
    expect(outline).toBe('solid');
  });
});
