import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cardOf, DONE_MS, dropFolder, photoPath, untilPhase, usePages } from './page-driver.js';

jest.setTimeout(DONE_MS * 2);

const { system, open, opened } = usePages();

/** A folder with photos, a subfolder and a file that is not a photo. */
function photoFolder(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'page-folder-')), 'trip');
  mkdirSync(join(folder, 'day two'), { recursive: true });
  cpSync(photoPath('astronaut.jpg'), join(folder, 'same.jpg'));
  cpSync(photoPath('coffee.jpg'), join(folder, 'day two', 'same.jpg'));
  writeFileSync(join(folder, 'notes.txt'), 'not a photo');
  return folder;
}

const LIST =
  'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert not z.testzip(); print(*sorted(z.namelist()), sep="\\n")';

describe('given a folder of photos', () => {
  it.each(['chosen', 'dropped'])(
    'when it is %s, then its photos are cut out and downloaded as one archive with the same folders',
    async (way) => {
      const { page } = await open();
      const folder = photoFolder();
      if (way === 'chosen') await page.setInputFiles('#folder', folder);
      else await dropFolder(page, folder);
      await page.getByText("1 file wasn't a photo and was skipped.").waitFor();
      await page.locator('[data-phase="done"]').nth(1).waitFor({ timeout: DONE_MS });
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download all' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('cutouts.zip');
      const names = execFileSync('python3', ['-c', LIST, await download.path()], { encoding: 'utf8' });
      expect(names.trim().split('\n')).toEqual(['trip/day two/same-cutout.png', 'trip/same-cutout.png']);
      rmSync(folder, { recursive: true });
    },
  );
});

describe('given a connection that fails', () => {
  it('when it fails before and during the processing of a photo, then the page says so, waits, and continues', async () => {
    const { page } = await open();
    const context = page.context();
    await context.setOffline(true);
    await page.getByText("You're offline.").waitFor();
    await page.setInputFiles('#chooser', photoPath('coffee.jpg'));
    const card = cardOf(page, 'coffee.jpg');
    await card.getByText('Waiting for a connection').waitFor();
    await context.setOffline(false);
    await page.getByText('Reconnected.').waitFor();
    await card.and(page.locator('[data-phase="working"], [data-phase="queued"]')).waitFor();
    await context.setOffline(true);
    await page.getByText("You're offline.").waitFor();
    await context.setOffline(false);
    await untilPhase(card, 'done');
    // The service worker and scripts may be requested meanwhile.
    opened[0]!.faults = opened[0]!.faults.filter(
      (fault) => !/net::ERR_|An unknown error occurred when fetching the script/.test(fault),
    );
  });
});

describe('given a photo that is done', () => {
  it('when its receipt is opened, then it shows the claims and a valid signature, and can be saved', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Try it with a cup of coffee' }).click();
    const card = cardOf(page, 'product.jpg');
    await untilPhase(card, 'done');
    await card.getByRole('button', { name: /^Proof/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Proof of deletion' });
    await dialog.getByText('The signature is valid').waitFor();
    await dialog.getByText('Delivered').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save receipt' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('product-receipt.jws');
    const receipt = readFileSync(await download.path(), 'utf8');
    await dialog.getByText('Signed text', { exact: true }).click();
    expect(await dialog.locator('pre:visible').textContent()).toBe(receipt);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await dialog.getByRole('button', { name: 'Copy signed text' }).click();
    await dialog.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(receipt);
    await dialog.getByText('Check it without this page').click();
    await dialog.getByText(`removebg verify product-receipt.jws --server ${system.url}`).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe(
      'Proof that product.jpg was deleted',
    );
  });

  // test/browser/shell.test.ts tests the cache of the service worker.
  it('when the browser storage is inspected, then it is empty', async () => {
    const { page } = await open();
    await page.setInputFiles('#chooser', photoPath('coffee.jpg'));
    await untilPhase(cardOf(page, 'coffee.jpg'), 'done');
    await page.getByRole('link', { name: 'বাংলা' }).click();
    const stored = await page.evaluate(`(async () => [
      localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length])()`);
    expect(stored).toEqual([0, 0, '', 0]);
    expect(new URL(page.url()).pathname).toBe('/bn/');
    await page.locator('[data-phase="done"]').getByText('শেষ', { exact: true }).waitFor();
  });
});
