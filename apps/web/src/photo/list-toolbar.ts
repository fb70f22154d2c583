import { button } from '../dom-element.js';
import { clearText, setText } from '../i18n/page-words.js';
import { groundSwitch } from './ground-switch.js';
import type { ListFilter } from './list-filter.js';
import { listProgress, type ListProgress } from './list-progress.js';
import type { PhotoEntry } from './photo-entry.js';
import { RemainingTime } from './remaining-time.js';
import { roundedMs } from './rounded-time.js';
import { showTabTitle } from './tab-title.js';

/** Page elements of the toolbar. */
export interface ToolbarPlaces {
  section: HTMLElement;
  title: HTMLElement;
  summary: HTMLElement;
  left: HTMLElement;
  bar: HTMLProgressElement;
  actions: HTMLElement;
}

/** What the buttons do. */
export interface ToolbarActions {
  onSaveAll: () => void;
  onApplyAll: () => void;
  onCancelAll: () => void;
  onRemoveAll: () => void;
}

/** Delay of an update: many photos change at the same time. */
const UPDATE_MS = 100;
const TICK_MS = 1_000;
/** A shorter remaining time is not shown in seconds. */
const SOON_MS = 3_000;

/** The toolbar of the list: title, counts, overall progress, remaining time, and buttons for all photos. */
export class ListToolbar {
  readonly saveAll: HTMLButtonElement;
  private readonly ground = groundSwitch();
  private readonly applyAll: HTMLButtonElement;
  private readonly cancelAll: HTMLButtonElement;
  private readonly removeAll: HTMLButtonElement;
  private readonly time = new RemainingTime();
  private soon: ReturnType<typeof setTimeout> | undefined;
  private tick: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly places: ToolbarPlaces,
    private readonly filter: ListFilter,
    private readonly entries: () => readonly PhotoEntry[],
    actions: ToolbarActions,
  ) {
    this.saveAll = button(
      { say: 'save.all', icon: 'download', className: 'button primary' },
      actions.onSaveAll,
    );
    this.applyAll = button({ say: 'look.all', icon: 'sliders-horizontal' }, actions.onApplyAll);
    this.cancelAll = button({ say: 'cancel.all', icon: 'x' }, actions.onCancelAll);
    this.removeAll = button({ label: ['remove.all'], icon: 'trash-2' }, actions.onRemoveAll);
    places.actions.append(this.ground, this.saveAll, this.applyAll, this.cancelAll, this.removeAll);
    this.followLayout();
    document.addEventListener('visibilitychange', () => this.updateSoon());
  }

  /** Updates the toolbar soon. */
  updateSoon(): void {
    this.soon ??= setTimeout(() => this.update(), UPDATE_MS);
  }

  /** Updates the toolbar. */
  update(): void {
    clearTimeout(this.soon);
    clearTimeout(this.tick);
    this.soon = undefined;
    const entries = this.entries();
    const progress = listProgress(entries);
    this.filter.show(entries, progress);
    const { section, title } = this.places;
    section.hidden = entries.length === 0;
    document.body.classList.toggle('at-work', entries.length > 0);
    if (progress.count === 0 && entries.length > 0) setText(title, 'list.title.sample');
    else setText(title, 'list.title', { count: progress.count });
    this.showButtons(progress, entries.length);
    this.showSummary(progress);
    this.showTime(progress, entries);
    showTabTitle(progress);
    // The remaining time falls between the changes of the photos.
    if (progress.inProgress > 0) this.tick = setTimeout(() => this.update(), TICK_MS);
  }

  /** On phones only the buttons stay in view: the style sheet needs their distance to the upper edge of the toolbar. */
  private followLayout(): void {
    const { section, actions } = this.places;
    const update = (): void => section.style.setProperty('--actions-top', `${actions.offsetTop}px`);
    if (actions.parentElement) new ResizeObserver(update).observe(actions.parentElement);
  }

  private showButtons({ count, done, inProgress }: ListProgress, length: number): void {
    // A single card has a switch of its own.
    this.ground.hidden = length < 2;
    this.saveAll.hidden = done < 2;
    this.applyAll.hidden = count < 2;
    this.cancelAll.hidden = inProgress < 2;
    this.removeAll.hidden = length < 2;
  }

  /** One photo has its state on its card, and failures are counted by the filter. */
  private showSummary({ count, done }: ListProgress): void {
    const { summary } = this.places;
    if (count < 2) clearText(summary);
    else setText(summary, 'summary', { done, count });
  }

  private showTime({ count, share, inProgress }: ListProgress, entries: readonly PhotoEntry[]): void {
    const { bar, left } = this.places;
    bar.hidden = inProgress === 0 || count < 2;
    bar.value = share;
    const own = entries.filter(({ isSample }) => !isSample);
    const ms = this.time.next(own, performance.now());
    if (ms === undefined || count < 2) clearText(left);
    else if (ms <= SOON_MS) setText(left, 'summary.soon');
    else setText(left, 'summary.left', { time: { ms: roundedMs(ms) } });
  }
}
