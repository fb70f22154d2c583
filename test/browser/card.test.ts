import { setTimeout } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { cardOf, DONE_MS, photoPath, readSaved, untilPhase, usePages } from './page-driver.js';

jest.setTimeout(DONE_MS * 2);

const { open } = usePages({ reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });

/** Chooses one photo and waits until its result is shown and its deletion is known. */
async function openResult(page: Page): Promise<Locator> {
  const name = 'astronaut.jpg';
  const buffer = await sharp(photoPath(name)).resize(SIDE).jpeg().toBuffer();
  await page.setInputFiles('#chooser', { name, mimeType: 'image/jpeg', buffer });
  const card = cardOf(page, name);
  await untilPhase(card, 'done');
  await card.locator('[data-shown="result"]').waitFor();
  await card.locator('[data-known="true"]').waitFor();
  return card;
}

const resultOf = (card: Locator): Locator => card.getByRole('button', { name: /, background removed$/ });

/** Side of the square photo that most tests use, in pixels. Small copies are smaller. */
const SIDE = 1200;

/** Waits until the image of the result has this width. */
async function untilWidth(page: Page, width: number): Promise<void> {
  const endMs = performance.now() + DONE_MS;
  while ((await page.evaluate(`document.querySelector('.card .result').naturalWidth`)) !== width) {
    if (performance.now() > endMs) throw new Error(`the image is not ${width} pixels wide`);
    await setTimeout(50);
  }
}

/** Dispatches an event on the result. Returns false if its default action was prevented. */
const dispatch = (page: Page, event: string): Promise<boolean> =>
  page.evaluate(`document.querySelector('.card .result').dispatchEvent(${event})`);

describe('given the card of a single result', () => {
  it('when it is pointed at, then the image itself is there, at full size for the menu of the browser and for a drag', async () => {
    const { page } = await open();
    const card = await openResult(page);
    await untilWidth(page, 1024);
    const box = (await resultOf(card).boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    expect(await page.evaluate(`document.elementFromPoint(${x}, ${y}).className`)).toBe('result');
    expect(await resultOf(card).getAttribute('alt')).toBe('astronaut.jpg, background removed');

    await untilWidth(page, SIDE);
    expect(await dispatch(page, `new MouseEvent('contextmenu', { cancelable: true, bubbles: true })`)).toBe(
      true,
    );

    await page.evaluate('window.transfer = new DataTransfer()');
    const drag = `new DragEvent('dragstart', { cancelable: true, bubbles: true, dataTransfer: window.transfer })`;
    expect(await dispatch(page, drag)).toBe(true);
    const address = await page.evaluate<string>(`window.transfer.getData('DownloadURL')`);
    expect(address).toMatch(/^image\/png:astronaut-cutout\.png:blob:http/);
    await dispatch(page, `new DragEvent('dragend', { bubbles: true })`);
  });

  it('when its look is changed beside it, then image, copy and download have the new look', async () => {
    const { page } = await open();
    const card = await openResult(page);
    await card.getByRole('radio', { name: 'Bottle green' }).check({ force: true });
    await card.getByRole('radio', { name: 'JPEG' }).check({ force: true });
    await card.getByText('1200 × 1200, JPG').waitFor();
    await resultOf(card).focus();
    await untilWidth(page, SIDE);
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('d')]);
    expect(download.suggestedFilename()).toBe('astronaut-cutout.jpg');

    await page.keyboard.press('c');
    await card.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
    const copied = await page.evaluate<string>(`(async () => {
      const [item] = await navigator.clipboard.read();
      const bytes = new Uint8Array(await (await item.getType('image/png')).arrayBuffer());
      return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
    })()`);
    const image = await readSaved('copied.png', Buffer.from(copied, 'base64'));
    expect([image.format, image.width]).toEqual(['png', SIDE]);
    const [red = 0, green = 0] = image.pixelAt(0, 0);
    expect([red < 20, Math.abs(green - 106) < 24]).toEqual([true, true]);
  });

  it('when keys are pressed on it, then it compares, zooms, opens and is removed', async () => {
    const { page } = await open();
    const card = await openResult(page);
    const compare = card.getByRole('button', { name: 'Compare astronaut.jpg with the original' });
    await compare.focus();
    await page.keyboard.press('Enter');
    expect(await compare.getAttribute('aria-pressed')).toBe('true');
    expect(await card.locator('.stage[data-original]').count()).toBe(1);
    await resultOf(card).focus();
    await page.keyboard.press('o');
    expect(await compare.getAttribute('aria-pressed')).toBe('false');
    expect(await card.locator('.stage[data-original]').count()).toBe(0);

    await page.keyboard.press('+');
    await card.getByRole('button', { name: '140%' }).waitFor();
    await page.keyboard.press('0');
    await card.getByRole('button', { name: '140%' }).waitFor({ state: 'hidden' });
    await resultOf(card).hover();
    await page.mouse.wheel(0, -200);
    await card.locator('.stage[data-zoomed]').waitFor();
    await resultOf(card).dblclick();
    await card.locator('.stage:not([data-zoomed])').waitFor();

    await resultOf(card).press('Enter');
    await page.locator('dialog.editor[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog.editor[open]').waitFor({ state: 'detached' });
    await resultOf(card).press('Delete');
    await card.waitFor({ state: 'detached' });
  });

  it('when the checkerboard is switched, then it changes on the whole page', async () => {
    const { page } = await open();
    const card = await openResult(page);
    const color = (): Promise<string> =>
      page.evaluate(`getComputedStyle(document.querySelector('.card .result')).backgroundImage`);
    const light = await color();
    await card.getByRole('radio', { name: 'Dark checkerboard' }).check({ force: true });
    expect(await page.evaluate('document.body.dataset.ground')).toBe('dark');
    expect(await color()).not.toBe(light);
  });
});

describe('given cards of several photos', () => {
  it('when they end, then each says once that its data is deleted, what to check, or what to do', async () => {
    const { page } = await open();
    const plain = sharp({ create: { width: 400, height: 300, channels: 3, background: '#8a8f94' } });
    await page.setInputFiles('#chooser', [
      { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
      { name: 'wall.png', mimeType: 'image/png', buffer: await plain.png().toBuffer() },
    ]);
    const failed = cardOf(page, 'letter.pdf');
    await failed.getByText('This is a PDF.').waitFor();
    expect(await failed.locator('.stage').isVisible()).toBe(false);
    expect(await failed.getByRole('button', { name: 'Remove letter.pdf' }).isVisible()).toBe(true);

    const wall = cardOf(page, 'wall.png');
    await untilPhase(wall, 'done');
    await wall.getByText('Check this one.').waitFor();
    await wall.getByText('No clear subject found.').waitFor();
    await wall.locator('[data-known="true"]').waitFor();
    expect(await wall.getByText(/Deleted at/).count()).toBe(1);
    expect(await wall.locator('.deletion').textContent()).toMatch(/^Deleted at \d+:\d\d [AP]M, proof$/);
    expect(await wall.locator('.status').boundingBox()).toMatchObject({ width: 1 });
    await resultOf(wall).click();
    await page.locator('dialog.editor[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog.editor[open]').waitFor({ state: 'detached' });
    await wall.getByRole('button', { name: /^Proof/ }).click();
    await page.getByRole('dialog', { name: 'Proof of deletion' }).waitFor();
  });
});
