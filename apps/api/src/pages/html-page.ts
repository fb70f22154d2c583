import { PAGE_SHELLS, type PageLanguage } from './page-shell.js';

/** Media type of the pages. */
export const HTML_MIME = 'text/html; charset=utf-8';

/** Variable parts of a page. `main` is HTML, the others are text. */
export interface PageParts {
  title: string;
  description: string;
  main: string;
  /** English by default. */
  language?: PageLanguage;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for HTML. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');

/** Text as HTML: `name` in backticks becomes code, and paths of this service become links. */
export const proseHtml = (text: string): string =>
  escapeHtml(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(
      /(^|\s)(\/(?:docs|v1\/models|\.well-known\/retention))(?=[\s.,:]|$)/g,
      '$1<a href="$2">$2</a>',
    );

/** A page with the style sheet, header and footer of the site, without scripts. */
export function htmlPage({ title, description, main, language = 'en' }: PageParts): string {
  const { home, languages, skip, site, how, api, more, privacy, docs, foot } = PAGE_SHELLS[language];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>${escapeHtml(title)}: Removebg BD</title>
<meta name="description" content="${escapeHtml(description)}">
<meta name="theme-color" content="#f2f6f4" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#0a1210" media="(prefers-color-scheme: dark)">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body>
<a class="skip" href="#text">${skip}</a>
<header class="top">
<a class="brand" href="${home}"><img src="/favicon.svg" alt="" width="30" height="30"><span dir="ltr">Removebg <b>BD</b></span></a>
<nav aria-label="${site}"><a href="${home}#afterwards">${how}</a><a href="/docs">${api}</a></nav>
${languages}
</header>
<main class="prose" id="text">
${main}
</main>
<footer class="foot">
<p>${foot}</p>
<nav aria-label="${more}"><a href="${home}privacy.html">${privacy}</a><a href="/docs">${docs}</a><a href="/openapi.json">OpenAPI</a></nav>
</footer>
</body>
</html>
`;
}
