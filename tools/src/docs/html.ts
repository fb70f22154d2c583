/** HTML that needs no more escaping. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** A part of a template: text is escaped, HTML is not, and what is absent is left out. */
type Part = string | number | Html | readonly Html[] | false | undefined;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for an element or a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');

function partText(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(partText).join('');
  return escapeHtml(String(part));
}

/** Tag of templates: escapes every part that is not HTML itself. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.map((text, index) => text + partText(parts[index])).join(''));

/** HTML from another source that is trusted, such as Markdown of this repository. */
export const trusted = (text: string): Html => new Html(text);

/** Nothing. */
export const NOTHING = new Html('');

/** Joins pieces of HTML with a separator. */
export const joined = (pieces: readonly Html[], separator: string): Html =>
  new Html(pieces.map(String).join(separator));
