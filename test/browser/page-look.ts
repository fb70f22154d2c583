import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Folder of screenshots: ignored by git, an artifact in CI. */
const SCREENS = '.cache/screens';

const WIDTHS = [390, 768, 1440];
const SCHEMES = ['light', 'dark'] as const;

/** WCAG 2.2 up to AA, and the best practices of axe. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface FoundFile {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/** Violations that axe finds on a page. */
export async function faultsByAxe(page: Page, exclude: string[] = []): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = { runOnly: { type: 'tag', values: TAGS } };
  const context = { include: [['html']], exclude: exclude.map((one) => [one]) };
  const run = `axe.run(${JSON.stringify(context)}, ${JSON.stringify(options)})`;
  const { violations } = await page.evaluate<{ violations: FoundFile[] }>(run);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary ?? ''}`),
  );
}

/** Options of a check. */
export interface LookOptions {
  exclude?: string[];
  /** The state fills the screen: no full-page screenshot. */
  isScreen?: boolean;
}

/**
 * Checks a state of a page in all widths and both color schemes: takes screenshots, checks for overflow, and runs axe on a
 * dark phone and a light desktop. Returns the faults.
 */
export async function lookAt(page: Page, state: string, options: LookOptions = {}): Promise<string[]> {
  mkdirSync(SCREENS, { recursive: true });
  const faults: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const name = `${state}-${width}-${colorScheme}`;
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      if (wide > width) faults.push(`${name}: ${wide} px wide`);
      await page.screenshot({ path: `${SCREENS}/${name}.png`, fullPage: options.isScreen !== true });
      if ((width === 390) !== (colorScheme === 'dark') || width === 768) continue;
      const found = await faultsByAxe(page, options.exclude);
      faults.push(...found.map((fault) => `${name}: ${fault}`));
    }
  }
  return faults;
}
