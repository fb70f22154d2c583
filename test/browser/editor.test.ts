import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { startSystem, type TestSystem } from '../harness/system.js';
import { faultsByAxe } from './page-look.js';
import {
  cardOf,
  DONE_MS,
  launchBrowser,
  openPage,
  photoPath,
  readSaved,
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
let card: Locator;

/** One page for all tests: each test continues from the state of the previous one. */
beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
  opened = await openPage(browser, system.url, {
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
  });
  page = opened.page;
  await page.setInputFiles('#chooser', ['astronaut.jpg', 'coffee.jpg'].map(photoPath));
  card = cardOf(page, 'astronaut.jpg');
  await untilPhase(card, 'done');
  await untilPhase(cardOf(page, 'coffee.jpg'), 'done');
});

afterAll(async () => {
  await browser.close();
  await system.stop();
});

afterEach(() => expect(opened.faults).toEqual([]));

async function edit(): Promise<Locator> {
  await card.getByRole('button', { name: /^Edit/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit astronaut.jpg' });
  await page.locator('dialog[data-open]').waitFor({ timeout: DONE_MS });
  return dialog;
}

async function close(): Promise<void> {
  await page.getByRole('button', { name: 'Done' }).click();
  await hidden();
}

const hidden = (): Promise<void> => page.locator('dialog.editor').waitFor({ state: 'hidden' });

/** Downloads the result with the button of the editor. */
async function saveInEditor(dialog: Locator): Promise<Saved> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Download' }).click(),
  ]);
  return readSaved(download.suggestedFilename(), readFileSync(await download.path()));
}

/** Screen position of a point of the picture (0 to 1) when it is fully visible at 100%. */
async function placeOf(x: number, y: number): Promise<[number, number]> {
  const box = (await page.locator('.canvas').boundingBox())!;
  return [box.x + box.width / 2 + (x - 0.5) * 512, box.y + box.height / 2 + (y - 0.5) * 512];
}

async function stroke(from: [number, number], to: [number, number]): Promise<void> {
  await page.mouse.move(...(await placeOf(...from)));
  await page.mouse.down();
  await page.mouse.move(...(await placeOf(...to)), { steps: 6 });
  await page.mouse.up();
}

test('given a cutout, when parts are erased and restored with the brush, then the alpha changes there, and not where a step was undone', async () => {
  const dialog = await edit();
  await dialog.getByRole('radio', { name: 'Erase' }).check();
  await stroke([0.4, 0.7], [0.5, 0.7]);
  await dialog.getByRole('radio', { name: 'Restore' }).check();
  await stroke([0.1, 0.1], [0.15, 0.1]);
  await stroke([0.9, 0.1], [0.85, 0.1]);
  await dialog.getByRole('button', { name: 'Undo' }).click();
  expect(await dialog.getByRole('button', { name: 'Redo' }).isEnabled()).toBe(true);
  await close();
  const saved = await saveCutout(card);
  expect(saved).toMatchObject({ fileName: 'astronaut-cutout.png', format: 'png', width: 512, height: 512 });
  expect([saved.alphaAt(0.45, 0.7), saved.alphaAt(0.12, 0.1)]).toEqual([0, 255]);
  expect(saved.alphaAt(0.88, 0.1)).toBeLessThan(16);
  const photo = await sharp(photoPath('astronaut.jpg')).raw().toBuffer();
  const at = (Math.floor(0.1 * 511) * 512 + Math.floor(0.12 * 511)) * 3;
  for (const [channel, value] of saved.pixelAt(0.12, 0.1).slice(0, 3).entries())
    expect(Math.abs(value - photo[at + channel]!)).toBeLessThan(4);
});

test('given strokes of an earlier opening, when they are undone with the keyboard, then the result is the delivered image again', async () => {
  const dialog = await edit();
  await dialog.locator('.canvas').focus();
  await page.keyboard.press('b');
  await page.keyboard.press('Enter');
  await dialog.getByText('Brush down').waitFor();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await dialog.getByText('Brush up').waitFor();
  const undo = dialog.getByRole('button', { name: 'Undo' });
  await page.keyboard.press('Control+z');
  expect(await undo.isEnabled()).toBe(true);
  await page.keyboard.press('z');
  await page.keyboard.press('z');
  expect([await undo.isEnabled(), await dialog.getByRole('button', { name: 'Reset' }).isEnabled()]).toEqual([
    false,
    false,
  ]);
  await page.keyboard.press('Shift+Z');
  expect(await undo.isEnabled()).toBe(true);
  await dialog.getByRole('button', { name: 'Reset' }).click();
  await close();
  expect((await saveCutout(card)).alphaAt(0.45, 0.7)).toBe(255);
  expect(await card.getByRole('button', { name: /^Edit/ }).isVisible()).toBe(true);
});

test('given changes, when Escape is pressed, then the editor asks and applies nothing by itself', async () => {
  const dialog = await edit();
  await page.keyboard.press('Escape');
  await hidden();
  await edit();
  await dialog.getByRole('radio', { name: 'Erase' }).check();
  await stroke([0.4, 0.8], [0.5, 0.8]);
  const question = page.getByRole('alertdialog', { name: 'Apply your changes?' });
  await page.keyboard.press('Escape');
  await question.waitFor();
  expect(await faultsByAxe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  expect(await dialog.isVisible()).toBe(true);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await question.getByRole('button', { name: 'Discard' }).click();
  await hidden();
  expect((await saveCutout(card)).alphaAt(0.45, 0.8)).toBe(255);
  await edit();
  await dialog.getByRole('radio', { name: 'Erase' }).check();
  await stroke([0.4, 0.8], [0.5, 0.8]);
  await page.keyboard.press('Escape');
  await question.getByRole('button', { name: 'Apply' }).click();
  await hidden();
  expect((await saveCutout(card)).alphaAt(0.45, 0.8)).toBe(0);
});

test('given hair that is lost, when it is restored with a rough stroke, then refined edges keep the background out, and far pixels are untouched', async () => {
  const dialog = await edit();
  await dialog.getByRole('button', { name: 'Reset' }).click();
  const delivered = await saveInEditor(dialog);
  const refine = dialog.getByRole('checkbox', { name: 'Refine edges' });
  await refine.uncheck();
  await page.keyboard.press('e');
  await stroke([0.545, 0.085], [0.586, 0.17]);
  const saved = [];
  for (const isRefined of [false, true]) {
    await refine.setChecked(isRefined);
    await page.keyboard.press('b');
    await stroke([0.538, 0.095], [0.578, 0.175]);
    saved.push(await saveInEditor(dialog));
    await page.keyboard.press('z');
  }
  const [plain, refined] = saved as [Saved, Saved];
  const differences = [0, 0];
  for (let y = 0; y < 0.3; y += 1 / 512) {
    for (let x = 0.4; x < 0.8; x += 1 / 512) {
      for (const [at, one] of [plain, refined].entries())
        differences[at]! += Math.abs(one.alphaAt(x, y) - delivered.alphaAt(x, y)) / 255;
    }
  }
  expect(differences[0]).toBeGreaterThan(200);
  expect(differences[1]).toBeLessThan(differences[0]! / 3);
  for (const [x, y] of [
    [0.1, 0.1],
    [0.45, 0.7],
    [0.45, 0.3],
  ] as const)
    expect(refined.pixelAt(x, y)).toEqual(delivered.pixelAt(x, y));
  await close();
});

test('given two photos, when the next one is opened with changes, then the editor asks before it goes on', async () => {
  const dialog = await edit();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await keys.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.down('c');
  await dialog.locator('.original-sign').waitFor();
  await page.keyboard.up('c');
  await dialog.locator('.original-sign').waitFor({ state: 'hidden' });
  await dialog.getByRole('radio', { name: 'Erase' }).check();
  await stroke([0.3, 0.9], [0.4, 0.9]);
  const isFirst = await dialog.getByRole('button', { name: 'Next photo' }).isVisible();
  await page.keyboard.press(isFirst ? 'PageDown' : 'PageUp');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Discard' }).click();
  const other = page.getByRole('dialog', { name: 'Edit coffee.jpg' });
  await page.locator('dialog[data-open]').and(other).waitFor();
  await other.getByRole('button', { name: isFirst ? 'Previous photo' : 'Next photo' }).click();
  await page.locator('dialog[data-open]').and(dialog).waitFor();
  await close();
});

test('given a phone, when each section of the sheet is opened, then its controls can be reached, and half of the screen is the photo', async () => {
  const dialog = await edit();
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  const tabs = dialog.getByRole('group', { name: 'Tools' }).getByRole('button');
  for (const tab of await tabs.all()) {
    if ((await tab.getAttribute('aria-expanded')) === 'false') await tab.click();
    const sheet = (await dialog.locator('.sheet').boundingBox())!;
    const stage = (await dialog.locator('.viewport').boundingBox())!;
    expect(stage.height).toBeGreaterThanOrEqual(844 / 2);
    for (const control of await dialog.locator('.sheet :is(input, select, button):visible').all()) {
      await control.scrollIntoViewIfNeeded();
      const box = (await control.boundingBox())!;
      expect(box.y + box.height / 2).toBeGreaterThan(sheet.y);
      expect(box.y + box.height / 2).toBeLessThan(sheet.y + sheet.height);
      expect(box.x + box.width).toBeLessThanOrEqual(390);
    }
    const size = (await tab.boundingBox())!;
    expect([size.height >= 44, size.width >= 44]).toEqual([true, true]);
  }
  expect(await faultsByAxe(page)).toEqual([]);
  await tabs.last().click();
  expect(await dialog.locator('.sheet').isVisible()).toBe(false);
  await page.setViewportSize(before);
  await close();
});

test('given the editor, when it is zoomed with keys, wheel and buttons, then the zoom level follows', async () => {
  const dialog = await edit();
  const level = dialog.locator('.level');
  await level.and(page.getByText('100%')).waitFor();
  await page.keyboard.press('+');
  await level.and(page.getByText('140%')).waitFor();
  await dialog.getByRole('button', { name: 'Zoom in' }).click();
  await level.and(page.getByText('196%')).waitFor();
  await dialog.locator('.canvas').hover();
  await page.mouse.wheel(0, 400);
  await level.and(page.getByText(/^10\d%$/)).waitFor();
  await dialog.locator('.canvas').focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('0');
  await level.and(page.getByText('100%')).waitFor();
  await close();
});

test('given a color, a shadow, a crop and JPEG, when they are applied to all photos, then all photos are saved with them', async () => {
  const dialog = await edit();
  await dialog.getByRole('radio', { name: 'Bottle green' }).check();
  await dialog.getByRole('radio', { name: 'Soft' }).check();
  await dialog.getByRole('radio', { name: 'Subject' }).check();
  await dialog.getByRole('radio', { name: 'JPEG' }).check();
  await dialog.getByRole('button', { name: 'Apply to all' }).click();
  await dialog.getByText('Applied to all 2 photos.').waitFor();
  await close();
  const saved = await saveCutout(cardOf(page, 'coffee.jpg'));
  expect([saved.fileName, saved.format]).toEqual(['coffee-cutout.jpg', 'jpeg']);
  expect(saved.width).toBeLessThan(600);
  const [red = 0, green = 0, blue = 0] = saved.pixelAt(0, 0);
  expect([red < 20, Math.abs(green - 106) < 24, Math.abs(blue - 78) < 24]).toEqual([true, true, true]);
});

test('given a background image, when the photo is saved as WebP, then both are in the file; an unreadable background is rejected', async () => {
  const dialog = await edit();
  const chooser = dialog.locator('input[type="file"]');
  await chooser.setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await dialog.getByText('This image cannot be read.').waitFor();
  const buffer = await sharp({ create: { width: 30, height: 90, channels: 3, background: '#2040ff' } })
    .png()
    .toBuffer();
  await chooser.setInputFiles({ name: 'sky.png', mimeType: 'image/png', buffer });
  await dialog.getByRole('radio', { name: 'Original' }).check();
  await dialog.getByRole('group', { name: 'Shadow' }).getByRole('radio', { name: 'None' }).check();
  await dialog.getByRole('radio', { name: 'WebP' }).check();
  await close();
  const saved = await saveCutout(card);
  expect([saved.fileName, saved.format, saved.width]).toEqual(['astronaut-cutout.webp', 'webp', 512]);
  const [red = 0, , blue = 0] = saved.pixelAt(0.95, 0.05);
  expect([red < 70, blue > 220]).toEqual([true, true]);
});

test('given a touch screen, when two fingers spread, then the view zooms and nothing is painted', async () => {
  const dialog = await edit();
  await dialog.getByRole('radio', { name: 'Erase' }).check();
  const box = (await page.locator('.canvas').boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 });
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', spread: number[]) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: spread.map((by, id) => ({ x: x + (id === 0 ? -by : by), y, id })),
    });
  await touch('touchStart', [40]);
  await touch('touchStart', [40, 40]);
  for (const by of [60, 80, 100, 120]) await touch('touchMove', [by, by]);
  await touch('touchEnd', []);
  await dialog
    .locator('.level')
    .and(page.getByText(/^(2[5-9]\d|3\d\d)%$/))
    .waitFor();
  // Without a change there is no question.
  await page.keyboard.press('Escape');
  await hidden();
});
