import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { startSystem, type TestSystem } from '../harness/system.js';
import {
  cardOf,
  DONE_MS,
  launchBrowser,
  openPage,
  photoPath,
  saveCutout,
  untilPhase,
  type OpenPage,
  type Saved,
} from './page-driver.js';

jest.setTimeout(DONE_MS * 2);

let system: TestSystem;
let browser: Browser;
let opened: OpenPage;
let page: Page;

/** One page for all tests: each test sets the whole look. */
beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
  opened = await openPage(browser, system.url, { reducedMotion: 'reduce' });
  page = opened.page;
  await page.setInputFiles('#chooser', ['astronaut.jpg', 'coffee.jpg'].map(photoPath));
  for (const name of ['astronaut.jpg', 'coffee.jpg']) await untilPhase(cardOf(page, name), 'done');
});

afterAll(async () => {
  await browser.close();
  await system.stop();
});

afterEach(() => expect(opened.faults).toEqual([]));

/** Chooses a look in the editor, and saves the result. */
async function saved(name: string, choose: (dialog: Locator) => Promise<void>): Promise<Saved> {
  const card = cardOf(page, name);
  await card.getByRole('button', { name: /^Edit/ }).click();
  await page.locator('dialog[data-open]').waitFor({ timeout: DONE_MS });
  await choose(page.locator('dialog.editor'));
  await page.getByRole('button', { name: 'Done' }).click();
  await page.locator('dialog.editor').waitFor({ state: 'hidden' });
  return saveCutout(card);
}

/** Checks radio buttons of groups, such as `Crop: 1:1`. */
async function pick(dialog: Locator, choices: Record<string, string>): Promise<void> {
  for (const [group, name] of Object.entries(choices))
    await dialog
      .getByRole('group', { name: group, exact: true })
      .getByRole('radio', { name, exact: true })
      .check();
}

const KIND = 'Kind of background';
const PLAIN = { [KIND]: 'Color', Color: 'Transparent', Crop: 'Original', Shadow: 'None', Format: 'PNG' };

test('given a gradient and a square, when the photo is saved, then its sides are equal and its corners have exactly the colors', async () => {
  const image = await saved('coffee.jpg', async (dialog) => {
    await pick(dialog, { [KIND]: 'Gradient', Gradients: 'Sunset', Crop: '1:1' });
    await dialog.getByRole('slider', { name: 'Margin' }).fill('12');
  });
  expect([image.format, image.width]).toEqual(['png', image.height]);
  const close = (pixel: number[], wanted: number[]): void => {
    for (const [channel, value] of wanted.entries())
      expect(Math.abs(pixel[channel]! - value)).toBeLessThanOrEqual(2);
  };
  close(image.pixelAt(0, 0), [0xff, 0xc3, 0x71, 255]);
  close(image.pixelAt(1, 1), [0xe0, 0x56, 0x7a, 255]);
});

test('given the blur of the original, when the photo is saved, then its background shows nothing of the subject', async () => {
  const plain = await saved('astronaut.jpg', (dialog) => pick(dialog, PLAIN));
  const blurred = await saved('astronaut.jpg', async (dialog) => {
    await pick(dialog, { [KIND]: 'Blur' });
    await dialog.getByRole('slider', { name: 'Strength' }).first().fill('60');
  });
  const { width, height } = plain;
  expect([blurred.width, blurred.height]).toEqual([width, height]);
  const naive = await sharp(photoPath('astronaut.jpg')).blur(18).raw().toBuffer();
  // The suit is orange and the wall behind its right shoulder gray: there, a naive blur is reddish.
  const redness = { ours: 0, naive: 0, count: 0 };
  for (let y = Math.floor(height * 0.35); y < height * 0.65; y++) {
    for (let x = Math.floor(width * 0.5); x < width; x++) {
      const alphaAt = (dx: number): number =>
        plain.alphaAt(Math.min(1, Math.max(0, (x + dx) / (width - 1))), y / (height - 1));
      const isNear = Math.max(alphaAt(-9), alphaAt(9)) > 200;
      if (!isNear || Math.max(alphaAt(-3), alphaAt(0), alphaAt(3)) > 0) continue;
      const [red = 0, green = 0] = blurred.pixelAt(x / (width - 1), y / (height - 1));
      redness.ours += red - green;
      redness.naive += naive[(y * width + x) * 3]! - naive[(y * width + x) * 3 + 1]!;
      redness.count++;
    }
  }
  expect(redness.count).toBeGreaterThan(100);
  expect(redness.ours).toBeLessThan(redness.naive * 0.6);
});

test('given a passport picture, when a portrait is saved, then it has 35 × 45 mm with the head in its middle', async () => {
  const image = await saved('astronaut.jpg', (dialog) => pick(dialog, { ...PLAIN, Crop: 'Passport' }));
  expect(Math.abs(image.width - (image.height * 35) / 45)).toBeLessThanOrEqual(1);
  expect(image.height).toBeLessThan(300);
  expect([image.alphaAt(0.5, 0.04), image.alphaAt(0.03, 0.1), image.alphaAt(0.97, 0.1)]).toEqual([0, 0, 0]);
  expect([image.alphaAt(0.5, 0.2), image.alphaAt(0.5, 0.5)]).toEqual([255, 255]);
});

test('given a contact shadow, when the photo is saved, then there is a shadow just below the subject and none above it', async () => {
  const image = await saved('coffee.jpg', async (dialog) => {
    await pick(dialog, { ...PLAIN, Crop: 'Subject', Shadow: 'Contact' });
    await dialog.getByRole('slider', { name: 'Margin' }).fill('20');
  });
  const rows = Array.from({ length: 100 }, (_, row) => row / 100);
  const isShadow = ([red, green, blue, alpha]: number[]): boolean =>
    red! + green! + blue! < 60 && alpha! > 20 && alpha! < 250;
  const column = (x: number): number[] => rows.filter((y) => isShadow(image.pixelAt(x, y)));
  const below = [0.45, 0.5, 0.55].flatMap(column).filter((y) => y > 0.75);
  expect(below.length).toBeGreaterThan(3);
  expect([image.alphaAt(0.5, 0.02), image.alphaAt(0.5, 0.99)]).toEqual([0, 0]);
});

test('given JPEG without a background, when the photo is saved, then its background is white; a wrong color code is explained', async () => {
  const image = await saved('coffee.jpg', async (dialog) => {
    const code = dialog.getByRole('textbox', { name: 'Color code' });
    await pick(dialog, PLAIN);
    await code.fill('#12');
    await code.press('Tab');
    await dialog.getByText('Use six digits').waitFor();
    await code.fill('1A6B4F');
    await code.press('Enter');
    await dialog.getByRole('radio', { name: 'Recent color #1a6b4f' }).waitFor();
    await pick(dialog, { Color: 'Transparent', Format: 'JPEG' });
    await dialog.getByText('the background becomes white').waitFor();
    await dialog.getByRole('slider', { name: 'Quality' }).fill('80');
  });
  expect([image.fileName, image.format]).toEqual(['coffee-cutout.jpg', 'jpeg']);
  for (const corner of [image.pixelAt(0.01, 0.01), image.pixelAt(0.99, 0.01)])
    expect(Math.min(...corner)).toBeGreaterThan(248);
});
