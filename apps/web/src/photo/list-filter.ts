import { button, element } from '../dom-element.js';
import { mark, radio } from '../form-controls.js';
import { setText } from '../i18n/page-words.js';
import type { ListProgress } from './list-progress.js';
import type { PhotoEntry } from './photo-entry.js';
import { FILTERS, matches, type Filter } from './photo-filter.js';

/** Page elements of the filter. */
export interface FilterPlaces {
  /** Receives the radio buttons. */
  choice: HTMLElement;
  /** Receives a text and a button, shown if the filter includes no photo. */
  empty: HTMLElement;
}

const GROUP = 'filter';

/** The choice of which photos the list shows: radio buttons with the number of photos. */
export class ListFilter {
  private filter: Filter = 'all';
  private readonly counts = FILTERS.map((filter) => ({
    filter,
    place: element('span', { className: 'count' }),
  }));
  private readonly emptyText = element('p');

  /** @param onPick called when the user chooses a filter */
  constructor(
    private readonly places: FilterPlaces,
    private readonly onPick: () => void,
  ) {
    for (const { filter, place } of this.counts) {
      const content = element('span', {}, [element('span', { say: `filter.${filter}` }), place]);
      places.choice.append(radio(GROUP, filter, content, () => this.pick(filter)));
    }
    const all = button({ say: 'filter.reset' }, () => {
      this.pick('all');
      places.choice.querySelector<HTMLInputElement>('input:checked')?.focus();
    });
    places.empty.append(this.emptyText, all);
  }

  /** Includes all photos again. */
  reset(): void {
    this.filter = 'all';
  }

  /** Hides the cards of the photos that the filter excludes. A card with the focus stays until the focus leaves it. */
  show(entries: readonly PhotoEntry[], { count, check, failed }: ListProgress): void {
    const { choice, empty } = this.places;
    const isUseful = count >= 2 && check + failed > 0;
    if (!isUseful) this.reset();
    choice.hidden = !isUseful;
    const counts: Record<Filter, number> = { all: entries.length, check, failed };
    for (const { filter, place } of this.counts) setText(place, 'filter.count', { count: counts[filter] });
    mark(choice, GROUP, this.filter);
    let shown = 0;
    for (const entry of entries) {
      const { element: card } = entry.card;
      const isShown = matches(this.filter, entry) || card.contains(document.activeElement);
      if (card.hidden === isShown) card.hidden = !isShown;
      if (isShown) shown++;
    }
    empty.hidden = shown > 0;
    if (this.filter !== 'all') setText(this.emptyText, `filter.${this.filter}.empty`);
  }

  private pick(filter: Filter): void {
    this.filter = filter;
    this.onPick();
  }
}
