import { PhotoCard } from './photo.card.js';
import { refusalOfFile, refusalOfSize } from './photo.check.js';
import { runPhoto, type Workshop } from './photo.run.js';
import { isUnderway, type PhotoState } from './photo.state.js';

/** Parts of the page that the list of photos fills. */
export interface ListPlaces {
  section: HTMLElement;
  cards: HTMLElement;
  summary: HTMLElement;
  /** Where the focus goes when the last card was removed. */
  chooser: HTMLElement;
}

interface Entry {
  photo: File;
  card: PhotoCard;
  state: PhotoState;
  leave: AbortController;
}

/** All photos of this tab, newest last. */
export class PhotoList {
  private readonly entries: Entry[] = [];

  constructor(
    private readonly shop: Workshop,
    private readonly places: ListPlaces,
  ) {}

  /** True while closing the tab would lose a result or unfinished work. */
  get hasUnsaved(): boolean {
    return this.entries.some(({ card, state }) => card.isUnsaved || isUnderway(state));
  }

  /** Takes photos in and starts on them. */
  add(photos: readonly File[]): void {
    if (photos.length === 0) return;
    const wasEmpty = this.entries.length === 0;
    const added = photos.map((photo) => this.enter(photo));
    this.refresh();
    if (wasEmpty) this.places.section.scrollIntoView({ block: 'nearest' });
    for (const entry of added) void this.start(entry);
  }

  private enter(photo: File): Entry {
    const card = new PhotoCard(photo, {
      onCancel: () => entry.leave.abort(new DOMException('cancelled', 'AbortError')),
      onRetry: () => {
        entry.leave = new AbortController();
        void this.work(entry);
      },
      onRemove: () => this.leave(entry),
    });
    const entry: Entry = { photo, card, state: { phase: 'waiting' }, leave: new AbortController() };
    card.show(entry.state);
    this.entries.push(entry);
    this.places.cards.append(card.element);
    return entry;
  }

  private async start(entry: Entry): Promise<void> {
    const preview = entry.card.preview();
    let refusal = await refusalOfFile(entry.photo);
    if (!refusal) {
      const size = await preview;
      refusal = size && refusalOfSize(size.width, size.height);
    }
    if (refusal) this.show(entry, { phase: 'failed', advice: refusal, mayRetry: false });
    else await this.work(entry);
  }

  private async work(entry: Entry): Promise<void> {
    const { signal } = entry.leave;
    const show = (state: PhotoState): void => this.show(entry, state);
    await runPhoto(this.shop, { photo: entry.photo, signal, show });
  }

  private show(entry: Entry, state: PhotoState): void {
    if (!this.entries.includes(entry)) return;
    entry.state = state;
    entry.card.show(state);
    this.refresh();
  }

  private leave(entry: Entry): void {
    const at = this.entries.indexOf(entry);
    if (at === -1) return;
    this.entries.splice(at, 1);
    entry.leave.abort(new DOMException('removed', 'AbortError'));
    entry.card.dispose();
    this.refresh();
    const neighbour = this.entries[at] ?? this.entries[at - 1];
    const target = neighbour?.card.element.querySelector<HTMLElement>('.actions > :not([hidden])');
    (target ?? this.places.chooser).focus();
  }

  private refresh(): void {
    const { length } = this.entries;
    const count = (phase: PhotoState['phase']): number =>
      this.entries.filter(({ state }) => state.phase === phase).length;
    const failed = count('failed');
    const text = `${count('done')} of ${length} done${failed > 0 ? `, ${failed} failed` : ''}`;
    this.places.section.hidden = length === 0;
    document.body.classList.toggle('at-work', length > 0);
    if (this.places.summary.textContent !== text) this.places.summary.textContent = text;
  }
}
