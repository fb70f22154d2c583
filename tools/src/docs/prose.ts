import { escapeHtml, trusted, type Html } from './html.js';
import { operationUrl, type Operation } from './open-api.js';

/** Renders the descriptions of the document: `code` in backticks, and links to operations and documents. */
export class Prose {
  private readonly links: Map<string, string>;

  constructor(operations: readonly Operation[]) {
    this.links = new Map(
      operations.map((operation) => [`${operation.method} ${operation.path}`, operationUrl(operation)]),
    );
    this.links.set('/.well-known/jwks.json', '/.well-known/jwks.json');
  }

  /** One line: without a sentence mark at its end if it is no sentence. */
  line(text: string): Html {
    const parts = text.split(/`([^`]+)`/);
    return trusted(
      parts.map((part, index) => (index % 2 === 0 ? escapeHtml(part) : this.code(part))).join(''),
    );
  }

  /** Paragraphs. */
  paragraphs(text: string): Html {
    const all = text.split('\n\n').filter(Boolean);
    return trusted(all.map((one) => `<p>${this.line(one).text}</p>`).join(''));
  }

  private code(text: string): string {
    const code = `<code>${escapeHtml(text)}</code>`;
    const link = this.links.get(text);
    return link === undefined ? code : `<a href="${link}">${code}</a>`;
  }
}

/** Text without backticks, for titles and search results. */
export const plain = (text: string): string => text.replaceAll('`', '');

/** Text with a full stop. */
export const sentence = (text: string): string => (/[.!?…]`?$/.test(text) || text === '' ? text : `${text}.`);

/** A value as it is written in a request; empty without one. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
