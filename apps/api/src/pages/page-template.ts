import { escapeHtml } from './html-page.js';

/** Facts of a page by name. A fact that is undefined is unknown. */
export type PageFacts = Readonly<Record<string, string | undefined>>;

const BLOCK = /<!-- (if|unless) ([\w.]+) -->([^]*?)<!-- end -->/g;
const CONTENT = /(data-fact="([\w.]+)"[^>]*>)[^<]*/g;
const LINK = /data-href="([\w.]+)"/g;

/**
 * Fills facts into a built page: `<!-- if NAME -->…<!-- end -->` stays if the fact is known and `unless` if it is not,
 * `data-fact="NAME"` gets it as its text, and `data-href="NAME"` as its address. Blocks are not nested.
 */
export const fillFacts = (html: string, facts: PageFacts): string =>
  html
    .replaceAll(BLOCK, (_, condition: string, name: string, block: string) =>
      (facts[name] !== undefined) === (condition === 'if') ? block : '',
    )
    .replaceAll(CONTENT, (_, tag: string, name: string) => tag + escapeHtml(facts[name] ?? ''))
    .replaceAll(LINK, (_, name: string) => `href="${escapeHtml(facts[name] ?? '')}"`);
