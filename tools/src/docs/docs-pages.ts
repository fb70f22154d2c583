import { errorsPage } from './errors-page.js';
import { GUIDE_LINKS, guidePage, MARKDOWN_PAGES } from './guide-page.js';
import { pageHtml, type DocsPage } from './layout.js';
import { navigationOf } from './navigation.js';
import { operationsOf, type ApiDocument } from './open-api.js';
import { operationPage, type ReferenceSource } from './operation-page.js';
import { Prose } from './prose.js';
import { searchIndex } from './search-index.js';
import { startPage } from './start-page.js';

/**
 * The documentation below /docs: static pages from the OpenAPI document, docs/guides and docs/examples, by the path of their
 * file. docs/explanation/reference-pages.md says why they are made here and not by a library.
 */
export function docsFiles(document: ApiDocument): Map<string, string> {
  const operations = operationsOf(document);
  const source: ReferenceSource = { document, operations, prose: new Prose(operations) };
  const articles: DocsPage[] = [startPage(source), errorsPage(), ...MARKDOWN_PAGES.map(guidePage)];
  const pages = [...articles, ...operations.map((operation) => operationPage(source, operation))];
  const groups = navigationOf(document, operations, GUIDE_LINKS);
  return new Map([
    ...pages.map((page): [string, string] => [`${page.url.slice(1)}index.html`, pageHtml(page, groups)]),
    ['docs/search.json', JSON.stringify(searchIndex(operations, articles))],
  ]);
}
