import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { cardOf, DONE_MS, photoPath, untilPhase, usePages } from './page-driver.js';
import { lookAt } from './page-look.js';

const LETTER = { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') };
const TITLE = 'Removebg BD: the background goes, and so does our copy';

jest.setTimeout(DONE_MS * 2);

const { open } = usePages({ reducedMotion: 'reduce' });

const namesOf = (page: Page): Promise<string[]> => page.locator('.card:visible h3').allTextContents();

/** Chooses photos and waits until they are done. */
async function cutOut(page: Page, names: string[]): Promise<void> {
  await page.setInputFiles('#chooser', names.map(photoPath));
  for (const name of names) await untilPhase(cardOf(page, name), 'done');
}

/** A picture without a subject, whose result is to be checked. */
const plainPicture = async () => ({
  name: 'wall.png',
  mimeType: 'image/png',
  buffer: await sharp({ create: { width: 400, height: 300, channels: 3, background: '#8a8f94' } })
    .png()
    .toBuffer(),
});

describe('given photos that are done', () => {
  it('when they are removed, one or all, then mouse and keyboard bring them back with their edits and the focus', async () => {
    const { page } = await open();
    await cutOut(page, ['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg']);
    const card = cardOf(page, 'chelsea.jpg');
    await card.getByRole('button', { name: /^Remove/ }).click();
    expect(await namesOf(page)).toEqual(['astronaut.jpg', 'coffee.jpg']);
    await page.locator('#notices').getByText('chelsea.jpg removed').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    expect(await namesOf(page)).toEqual(['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg']);
    expect(await card.locator(':focus').getAttribute('aria-label')).toBe('Remove chelsea.jpg');
    expect(await card.getAttribute('data-phase')).toBe('done');

    await card.getByRole('button', { name: /^Remove/ }).press('Enter');
    await page.getByRole('button', { name: 'Remove all' }).press('Enter');
    await page.locator('#notices').getByText('2 photos removed').waitFor();
    expect(await page.locator('#chooser:focus').count()).toBe(1);
    expect(await page.locator('#photos').isVisible()).toBe(false);
    const asks = await page.evaluate<boolean>(
      `!dispatchEvent(new Event('beforeunload', { cancelable: true }))`,
    );
    expect(asks).toBe(true);
    await page.keyboard.press('Control+z');
    expect(await namesOf(page)).toEqual(['astronaut.jpg', 'coffee.jpg']);
    await page.keyboard.press('Control+z');
    expect(await namesOf(page)).toEqual(['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg']);
    expect(await page.locator('.notice-item').count()).toBe(0);
  });

  it('when others are added, then they come first, in view, and the filters show those to check and those that failed', async () => {
    const { page } = await open({ viewport: { width: 1440, height: 900 } });
    await cutOut(page, ['astronaut.jpg', 'coffee.jpg']);
    await page.getByRole('radio', { name: 'All' }).waitFor({ state: 'hidden' });
    await page.setInputFiles('#chooser', [await plainPicture(), LETTER]);
    await untilPhase(cardOf(page, 'wall.png'), 'done');
    expect(await namesOf(page)).toEqual(['wall.png', 'letter.pdf', 'astronaut.jpg', 'coffee.jpg']);
    await page.getByText('3 of 4 done').waitFor();

    await page.getByRole('radio', { name: 'To check 1' }).check();
    expect(await namesOf(page)).toEqual(['wall.png']);
    await page.keyboard.press('ArrowRight');
    expect(await namesOf(page)).toEqual(['letter.pdf']);
    expect(await lookAt(page, 'list-filtered')).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await cardOf(page, 'letter.pdf')
      .getByRole('button', { name: /^Remove/ })
      .click();
    await page.getByText('No photo failed.').waitFor();
    await page.keyboard.press('Control+z');
    await page.getByRole('radio', { name: 'All' }).check();

    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.setInputFiles('#chooser', photoPath('chelsea.jpg'));
    await untilPhase(cardOf(page, 'chelsea.jpg'), 'done');
    expect((await namesOf(page))[0]).toBe('chelsea.jpg');
    // The page scrolls smoothly to the photo.
    await page.waitForFunction(`(() => {
      const top = document.querySelector('.toolbar').getBoundingClientRect().bottom;
      return document.querySelector('.card').getBoundingClientRect().top >= top;
    })()`);
    const [card, toolbar] = await Promise.all(
      [cardOf(page, 'chelsea.jpg'), page.locator('.toolbar')].map((one) => one.boundingBox()),
    );
    expect(card!.y).toBeGreaterThanOrEqual(toolbar!.y + toolbar!.height);
    expect(card!.y).toBeLessThan(844);
  });
});

describe('given photos in progress', () => {
  it('when the toolbar and the title of the tab are read, then they show the progress', async () => {
    const { page } = await open();
    await page.setInputFiles('#chooser', ['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg'].map(photoPath));
    await page.getByText('1 of 3 done').waitFor({ timeout: DONE_MS });
    expect(await page.title()).toBe('1/3 – Removebg BD');
    expect(await page.getByRole('progressbar', { name: 'Progress of all photos' }).isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Remove all' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('3 of 3 done').waitFor({ timeout: DONE_MS });
    expect(await page.title()).toBe(TITLE);
  });

  it('when a look is applied to all, then later photos have it too, and it can be undone', async () => {
    const { page } = await open();
    await cutOut(page, ['astronaut.jpg', 'chelsea.jpg']);
    await page.getByRole('button', { name: 'Apply to all' }).click();
    const dialog = page.getByRole('dialog', { name: 'One look for all photos' });
    await dialog.getByRole('radio', { name: 'WebP' }).check({ force: true });
    expect(await lookAt(page, 'list-look', { isScreen: true })).toEqual([]);
    await dialog.getByRole('button', { name: 'Apply to all' }).click();
    await page.getByText('Applied to all 2 photos').waitFor();
    await cutOut(page, ['coffee.jpg']);
    await cardOf(page, 'coffee.jpg').getByText('WEBP').waitFor({ state: 'attached' });
    await cardOf(page, 'chelsea.jpg').getByText('WEBP').waitFor({ state: 'attached' });
  });
});

describe('given a sample', () => {
  it('when it is among the photos, then it has a tag and is neither counted nor in the archive', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Try it with a cup of coffee' }).click();
    const sample = page.locator('.card').first();
    await untilPhase(sample, 'done');
    expect(await sample.locator('.tag').textContent()).toBe('Sample');
    expect(await page.locator('#photos-title').textContent()).toBe('Sample photo');
    const asks = await page.evaluate<boolean>(
      `!dispatchEvent(new Event('beforeunload', { cancelable: true }))`,
    );
    expect(asks).toBe(false);
    await cutOut(page, ['chelsea.jpg', 'coffee.jpg']);
    await page.getByText('2 of 2 done').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download all' }).click(),
    ]);
    const list = 'import sys, zipfile; print(*sorted(zipfile.ZipFile(sys.argv[1]).namelist()))';
    const names = execFileSync('python3', ['-c', list, await download.path()], { encoding: 'utf8' });
    expect(names.trim()).toBe('chelsea-cutout.png coffee-cutout.png');
  });
});
