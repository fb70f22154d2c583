import { html, NOTHING, type Html } from './html.js';
import { sidebarHtml, type NavigationGroup } from './navigation.js';

export interface DocsPage {
  /** Path of the page, with a slash at its end. */
  url: string;
  title: string;
  description: string;
  main: Html;
}

const icon = (name: string): Html =>
  html`<svg class="icon" aria-hidden="true"><use href="/assets/icons.svg#${name}" /></svg>`;

const head = ({ title, description }: DocsPage): Html =>
  html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <title>${title}: Removebg BD API</title>
    <meta name="description" content="${description}" />
    <meta name="theme-color" content="#f2f6f4" media="(prefers-color-scheme: light)" />
    <meta name="theme-color" content="#0a1210" media="(prefers-color-scheme: dark)" />
    <meta name="referrer" content="no-referrer" />
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/assets/docs-style.css" />
    <script type="module" src="/assets/docs.js"></script>
  </head>`;

const header = html`<header class="top">
  <a class="brand" href="/">
    <img src="/favicon.svg" alt="" width="30" height="30" />
    <span>Removebg <b>BD</b></span>
  </a>
  <search class="search" hidden>
    ${icon('search')}
    <input
      type="search"
      role="combobox"
      aria-label="Search the documentation"
      aria-controls="found"
      aria-expanded="false"
      aria-autocomplete="list"
      placeholder="Search"
      autocomplete="off"
      spellcheck="false"
    />
    <kbd aria-hidden="true">/</kbd>
    <ul id="found" role="listbox" aria-label="Results" hidden></ul>
  </search>
  <nav aria-label="Site">
    <a href="/">Your photos</a>
    <a href="/docs/" class="only-wide">API</a>
    <a href="/openapi.json" class="only-wide">OpenAPI</a>
  </nav>
  <button class="button quiet menu" type="button" popovertarget="menu">
    ${icon('menu')}<span>Menu</span>
  </button>
</header>`;

const footer = html`<footer class="foot">
  <p>Removebg BD. Nobody looks at your photos, and no AI is trained on them.</p>
  <nav aria-label="More">
    <a href="/problems">Problems</a>
    <a href="/privacy">Privacy</a>
    <a href="/openapi.json">OpenAPI</a>
  </nav>
</footer>`;

/** Links to the sections of a page, beside its text. */
export const contentsList = (sections: readonly { text: Html; anchor: string }[]): Html =>
  sections.length < 2
    ? NOTHING
    : html`<nav class="contents" aria-label="On this page">
        <p>On this page</p>
        <ul>
          ${sections.map(({ text, anchor }) => html`<li><a href="#${anchor}">${text}</a></li>`)}
        </ul>
      </nav>`;

/** A page of the documentation. */
export const pageHtml = (page: DocsPage, groups: readonly NavigationGroup[]): string =>
  `<!doctype html>\n${
    html`<html lang="en">
      ${head(page)}
      <body class="docs-page">
        <a class="skip" href="#text">Skip to the text</a>
        ${header}
        <div class="columns">
          ${sidebarHtml(groups, page.url)}
          <main class="docs" id="text">${page.main}</main>
        </div>
        ${footer}
      </body>
    </html>`.text
  }\n`;
