import { problemList } from '#contracts/problem-pages.js';
import { fieldsOf } from './fields.js';
import type { DocsPage } from './layout.js';
import { operationUrl, type Operation } from './open-api.js';
import { plain } from './prose.js';

/** A result of the search of the documentation. Short names keep the file small. */
export interface SearchEntry {
  /** Title. */
  t: string;
  /** Kind. */
  k: 'Page' | 'Operation' | 'Option' | 'Error';
  /** Address. */
  u: string;
  /** More text that is searched. */
  x: string;
}

/** Everything that the search finds: pages, operations, options and error codes. */
export function searchIndex(operations: readonly Operation[], pages: readonly DocsPage[]): SearchEntry[] {
  const options = new Map<string, SearchEntry>();
  for (const operation of operations) {
    const { form, options: shared, query, header } = fieldsOf(operation);
    for (const { name, description } of [...form, ...shared, ...query, ...header]) {
      // The same option is in several operations: the first one counts.
      if (!options.has(name))
        options.set(name, {
          t: name,
          k: 'Option',
          u: `${operationUrl(operation)}#${name}`,
          x: plain(description),
        });
    }
  }
  return [
    ...operations.map((operation): SearchEntry => {
      const { summary, method, path, description = '' } = operation;
      return {
        t: summary,
        k: 'Operation',
        u: operationUrl(operation),
        x: `${method} ${path} ${plain(description)}`,
      };
    }),
    ...options.values(),
    ...pages.map(({ title, url, description }): SearchEntry => ({
      t: title,
      k: 'Page',
      u: url,
      x: description,
    })),
    ...problemList().problems.map(({ code, title, status }): SearchEntry => ({
      ...{ t: code, k: 'Error', u: `/problems/${code}` },
      x: `${status} ${title}`,
    })),
  ];
}
