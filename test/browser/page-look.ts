import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Kept by whoever runs the tests: ignored by git, an artefact of CI. */
const SCREENS = '.cache/screens';

const WIDTHS = [390, 768, 1440];
const SCHEMES = ['light', 'dark'] as const;

/** WCAG 2.2 up to AA, and what axe counts as good practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Found {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/** What axe finds wrong with a page, in words; nothing is the only good answer. */
export async function faultsByAxe(page: Page, exclude: string[] = []): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = { runOnly: { type: 'tag', values: TAGS } };
  const context = { include: [['html']], exclude: exclude.map((one) => [one]) };
  const run = `axe.run(${JSON.stringify(context)}, ${JSON.stringify(options)})`;
  const { violations } = await page.evaluate<{ violations: Found[] }>(run);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary ?? ''}`),
  );
}

/** How a state of the page is looked at. */
export interface LookOptions {
  exclude?: string[];
  /** Fills the screen: no picture of what lies below it. */
  isScreen?: boolean;
}

/**
 * Looks at a state of a page in every width and both schemes: nothing sticks out, a picture is kept, and axe is asked
 * on a phone in the dark and on a desk in the light. Returns what is wrong.
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
