import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { cardOf, DONE_MS, photoPath, untilPhase, type OpenPage, usePages } from '../browser/page-driver.js';

/** Maximum time for which the page may be unresponsive, milliseconds. */
const LONGEST_TASK_MS = 500;

/** On a busy machine, the limit for a large photo is this multiple of the time of a small one. */
const LARGE_BY_SMALL = 3;

jest.setTimeout(DONE_MS * 2);

const { open, opened } = usePages({ reducedMotion: 'reduce' });

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
