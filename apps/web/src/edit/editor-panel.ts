import { button, element } from '../dom-element.js';
import type { PanelSection } from './panel-section.js';

/**
 * The controls beside the stage. On a wide screen all sections are below each other. On a phone a bar of tabs shows one of them
 * in a sheet, and a second press of its tab closes the sheet.
 */
export class EditorPanel {
  readonly element: HTMLElement;
  private readonly tabs = new Map<string, HTMLButtonElement>();

  /** @param content elements that hold all sections */
  constructor(
    private readonly sections: readonly PanelSection[],
    content: readonly HTMLElement[],
  ) {
    const sheet = element('div', { className: 'sheet' }, [...content]);
    for (const { name, title, icon: picture } of sections) {
      const tab = button({ say: title, icon: picture, className: 'tab' }, () => this.toggle(name));
      this.tabs.set(name, tab);
    }
    const bar = element(
      'div',
      { className: 'tabs', label: ['editor.tools'], attributes: { role: 'group' } },
      [...this.tabs.values()],
    );
    this.element = element('div', { className: 'editor-panel' }, [sheet, bar]);
    this.select(undefined);
  }

  /** Shows a section in the sheet of a phone; none for undefined. */
  select(name: string | undefined): void {
    this.element.dataset['section'] = name ?? 'none';
    for (const [one, tab] of this.tabs) tab.setAttribute('aria-expanded', String(one === name));
    for (const { name: one, element: section } of this.sections) {
      section.classList.toggle('current', one === name);
      // The title that opens it is hidden on a phone.
      if (one === name && section instanceof HTMLDetailsElement) section.open = true;
    }
  }

  private toggle(name: string): void {
    this.select(this.element.dataset['section'] === name ? undefined : name);
  }
}
