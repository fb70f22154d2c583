import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';
import sharp from 'sharp';
import type { TestSystem } from '../harness/system.js';
import { useSystem } from '../harness/use-system.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Timeout for one photo on a busy machine, milliseconds. */
export const DONE_MS = 120_000;

/** Path of a test photo. */
export const photoPath = (name: string): string => join('test/photos', name);

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = [process.env['CHROMIUM_PATH'] ?? '', ...paths, MAC].find((path) => path && existsSync(path));
  if (found === undefined) throw new Error('no Chromium found: install it, or set CHROMIUM_PATH');
  return found;
}

/** Starts the installed Chromium without background requests. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });

/** An open page, with everything that it must not do. */
export interface OpenPage {
  page: Page;
  /** Requests to another origin, console errors and warnings, uncaught errors, policy violations. */
  faults: string[];
  /** Method, path and status of every answer, without queries. */
  answers: string[];
}

/** Opens a page of the service in its own context. Default: the start page. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  path = '/',
): Promise<OpenPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  const answers: string[] = [];
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(`${url}/`) && !/^(?:blob|data):/.test(address))
      faults.push(`left the origin: ${address}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    answers.push(`${response.request().method()} ${pathname} ${response.status()}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))`,
  );
  await page.goto(url + path);
  return { page, faults, answers };
}

/** The service and a browser, which the tests of a file share, and what opens pages in it. */
export interface SharedPages {
  system: TestSystem;
  open: (options?: BrowserContextOptions, path?: string) => Promise<OpenPage>;
  /** Pages of the test that runs. */
  opened: readonly OpenPage[];
}

/**
 * Starts the service and a browser before the first test of the file. After each test its pages are closed, and the test
 * fails when one of them has left the origin, broken the content policy, or thrown an error.
 */
export function usePages(defaults: BrowserContextOptions = {}): SharedPages {
  const { system } = useSystem();
  const opened: OpenPage[] = [];
  let browser: Browser;
  beforeAll(async () => void (browser = await launchBrowser()));
  afterAll(() => browser.close());
  afterEach(async () => {
    const faults = opened.flatMap((page) => page.faults);
    await Promise.all(opened.splice(0).map(({ page }) => page.context().close()));
    expect(faults).toEqual([]);
  });
  const open: SharedPages['open'] = async (options = {}, path = '/') => {
    const page = await openPage(browser, system.url, { ...defaults, ...options }, path);
    opened.push(page);
    return page;
  };
  return { system, open, opened };
}

/** The card of the photo of this name. */
export const cardOf = (page: Page, name: string): Locator =>
  page.locator('.card').filter({ has: page.getByRole('heading', { name, exact: true }) });

/** Waits until a card is in a phase. */
export const untilPhase = (card: Locator, phase: string): Promise<void> =>
  card.and(card.page().locator(`[data-phase="${phase}"]`)).waitFor({ timeout: DONE_MS });

/** Source of an expression that creates a DataTransfer with the files. */
function transferScript(paths: string[]): string {
  const files = paths.map((path) => [basename(path), readFileSync(path).toString('base64')]);
  return `(() => {
    const transfer = new DataTransfer();
    for (const [name, text] of ${JSON.stringify(files)}) {
      const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: 'image/jpeg' }));
    }
    return transfer;
  })()`;
}

/** Drags files over the window and drops them. `whileOver` runs before the drop. */
export async function dropFiles(
  page: Page,
  paths: string[],
  whileOver: () => Promise<void> = async () => undefined,
): Promise<void> {
  const dataTransfer = await page.evaluateHandle(transferScript(paths));
  await page.dispatchEvent('body', 'dragenter', { dataTransfer });
  await page.dispatchEvent('body', 'dragover', { dataTransfer });
  await whileOver();
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

/** Pastes files from the clipboard. */
export async function pasteFiles(page: Page, paths: string[]): Promise<void> {
  await page.evaluate(`document.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData: ${transferScript(paths)}, bubbles: true, cancelable: true }))`);
}

/** A downloaded cutout. Coordinates are parts of width and height, 0 to 1; alpha is 0 to 255. */
export interface Saved {
  fileName: string;
  format: string | undefined;
  width: number;
  height: number;
  alphaAt: (x: number, y: number) => number;
  /** The channels of a pixel, 0 to 255. */
  pixelAt: (x: number, y: number) => number[];
}

/** Clicks the download button of a card and decodes the file. */
export async function saveCutout(card: Locator): Promise<Saved> {
  const [download] = await Promise.all([
    card.page().waitForEvent('download'),
    card.getByRole('button', { name: /^Download/ }).click(),
  ]);
  return readSaved(download.suggestedFilename(), readFileSync(await download.path()));
}

/** Decodes a saved image. */
export async function readSaved(fileName: string, bytes: Uint8Array): Promise<Saved> {
  const image = sharp(bytes);
  const { format } = await image.metadata();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixelAt = (x: number, y: number): number[] => {
    const at = Math.floor(y * (height - 1)) * width + Math.floor(x * (width - 1));
    return [...data.subarray(at * channels, (at + 1) * channels)];
  };
  const alphaAt = (x: number, y: number): number => {
    if (channels !== 4) throw new Error(`the image has ${channels} channels`);
    return pixelAt(x, y)[3]!;
  };
  return { fileName, format, width, height, alphaAt, pixelAt };
}

/** Drops a folder on the page, as the system's own drag and drop does. */
export async function dropFolder(page: Page, folder: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [resolve(folder)], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
}
