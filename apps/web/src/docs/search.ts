import { make } from './markup.js';
import { find, type SearchEntry } from './search-ranking.js';

/** The search field in the header: a combobox whose options are links. */
class Search {
  private entries: Promise<SearchEntry[]> | undefined;
  private active = -1;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly list: HTMLElement,
  ) {
    input.addEventListener('focus', () => void this.load());
    input.addEventListener('input', () => void this.show());
    input.addEventListener('keydown', (event) => this.onKey(event));
    input.addEventListener('blur', () => setTimeout(() => this.close(), 150));
    addEventListener('keydown', (event) => this.onShortcut(event));
  }

  /** The index is loaded once, when the field is used. */
  private load(): Promise<SearchEntry[]> {
    this.entries ??= fetch('/docs/search.json').then((response) => response.json() as Promise<SearchEntry[]>);
    return this.entries;
  }

  private async show(): Promise<void> {
    const query = this.input.value;
    const found = find(await this.load(), query);
    if (query !== this.input.value) return;
    this.active = -1;
    const isNone = found.length === 0;
    const none = make('li', {
      className: 'none',
      text: 'Nothing found',
      attributes: { role: 'option', 'aria-disabled': 'true' },
    });
    this.list.replaceChildren(...(isNone ? [none] : found.map((entry, index) => this.option(entry, index))));
    this.list.hidden = query.trim() === '';
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
    if (!isNone) this.activate(0);
  }

  private option({ t, k, u }: SearchEntry, index: number): HTMLLIElement {
    const attributes = { href: u, tabindex: '-1', role: 'option', id: `found-${index}` };
    const parts = [make('span', { text: t }), make('span', { className: 'kind', text: k })];
    return make('li', { attributes: { role: 'none' } }, [make('a', { attributes }, parts)]);
  }

  private activate(index: number): void {
    const options = [...this.list.querySelectorAll<HTMLElement>('[id]')];
    if (options.length === 0) return;
    this.active = (index + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute('aria-selected', String(at === this.active)));
    this.input.setAttribute('aria-activedescendant', `found-${this.active}`);
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.activate(this.active + step);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.list.querySelector<HTMLAnchorElement>(`#found-${this.active}`)?.click();
    } else if (event.key === 'Escape') {
      this.close();
      if (this.input.value === '') this.input.blur();
      this.input.value = '';
    }
  }

  /** `/` focuses the field, unless something is being typed. */
  private onShortcut(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.input.focus();
  }

  private close(): void {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }
}

/** Shows the search field, which needs this script. */
export function setUpSearch(): void {
  const search = document.querySelector<HTMLElement>('.search');
  const input = search?.querySelector('input');
  const list = search?.querySelector<HTMLElement>('#found');
  if (!search || !input || !list) return;
  search.hidden = false;
  new Search(input, list);
}
