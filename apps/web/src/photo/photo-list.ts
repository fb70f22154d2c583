import type { NoticeBar } from '../notice-bar.js';
import type { PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import type { Edit, Look, SavedFormat } from '../pixels/edit.js';
import type { FoundFile, FileSelection } from './file-selection.js';
import { HeicConverter } from './heic-converter.js';
import { PhotoCard } from './photo-card.js';
import { isHeicFile, refusalOfFile, refusalOfSize } from './photo-check.js';
import { editOf, isUnsavedOrInProgress, isDone, type DoneEntry, type PhotoEntry } from './photo-entry.js';
import { PreviewRenderer } from './preview-renderer.js';
import type { PhotoExporter } from './photo-exporter.js';
import { runPhoto, type PhotoServices } from './photo-run.js';
import type { Advice } from './problem-advice.js';
import { isAtService, isInProgress, type PhotoState } from './photo-state.js';
import { RemovalHistory } from './removal-history.js';

/** The page around the list. */
export interface ListPage {
  cards: HTMLElement;
  /** Receives the focus after the last card is removed. */
  chooser: HTMLElement;
  notices: NoticeBar;
  /** Called after photos were added, removed or restored. */
  onChange: () => void;
  /** Called after every change of a photo's state. */
  onState: () => void;
  /** Called to open a photo large. `isView`: to look at it, without the brush. */
  onEdit: (entry: DoneEntry, isView: boolean) => void;
  /** Called to show a receipt. */
  onReceipt: (receipt: string, name: string) => void;
  /** Called if a result cannot be rendered. */
  onRenderError: () => void;
}

/** Cards that are made without a pause, so that the page responds while hundreds of photos are added. */
const CARDS_PER_TASK = 10;

/** Lets the browser handle input and paint. */
const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Reasons to abort the work on a photo. */
const CANCELLED = new DOMException('cancelled', 'AbortError');
const REMOVED = new DOMException('removed', 'AbortError');

/** The photos of this tab, the latest selection first. */
export class PhotoList {
  readonly entries: PhotoEntry[] = [];
  private readonly removed = new RemovalHistory(this.entries);
  /** Elements that had the focus when photos were removed, by removal. */
  private readonly focused: (HTMLElement | undefined)[] = [];
  private closeNotice: (() => void) | undefined;
  private readonly heic = new HeicConverter();
  private readonly previews: PreviewRenderer;
  private lookOfAll: Look | undefined;

  constructor(
    private readonly services: PhotoServices,
    private readonly pixelWorker: PixelWorkerClient,
    private readonly exporter: PhotoExporter,
    private readonly page: ListPage,
  ) {
    this.previews = new PreviewRenderer(pixelWorker);
  }

  /** True if closing the tab would lose a result or work in progress. Removed photos count while they can be restored. */
  get hasUnsaved(): boolean {
    return [...this.entries, ...this.removed.items].some(isUnsavedOrInProgress);
  }

  /** Photos with a result, without samples. */
  get done(): DoneEntry[] {
    return this.entries.filter(isDone).filter(({ isSample }) => !isSample);
  }

  /** The look that was applied to all photos, or that of the newest result. */
  get look(): Look | undefined {
    return this.lookOfAll ?? this.entries.find(isDone)?.edit.look;
  }

  /** Adds photos before the others, in their own order, and starts processing them. Resolves when all are in the list. */
  async add({ photos }: FileSelection): Promise<void> {
    let last: PhotoEntry | undefined;
    for (let at = 0; at < photos.length; at += CARDS_PER_TASK) {
      if (at > 0) await nextTask();
      const added = photos.slice(at, at + CARDS_PER_TASK).map((found) => this.createEntry(found));
      this.insert(added, last);
      if (at === 0) this.scrollTo(added[0]);
      for (const entry of added) void this.start(entry);
      last = added.at(-1);
    }
  }

  /** Scrolls a card into view, and again once the browser knows the height of the cards on the way. */
  private scrollTo(entry: PhotoEntry | undefined): void {
    const scroll = (): void => entry?.card.element.scrollIntoView({ block: 'nearest' });
    scroll();
    requestAnimationFrame(() => requestAnimationFrame(scroll));
  }

  /** Inserts photos after another one, or before all. */
  private insert(added: readonly PhotoEntry[], after: PhotoEntry | undefined): void {
    const at = after === undefined ? 0 : this.entries.indexOf(after) + 1;
    const next = this.entries[at];
    this.entries.splice(at, 0, ...added);
    const cards = document.createDocumentFragment();
    cards.append(...added.map(({ card }) => card.element));
    this.page.cards.insertBefore(cards, next?.card.element ?? null);
    this.changed();
  }

  /** Cancels all photos in progress. */
  cancelAll(): void {
    for (const { state, controller } of this.entries) if (isInProgress(state)) controller.abort(CANCELLED);
  }

  /** Removes all photos. */
  removeAll(): void {
    this.remove(this.entries);
  }

  /** Changes the edit of a photo. */
  change(entry: DoneEntry, edit: Edit): void {
    if (entry.edit === edit) return;
    entry.edit = edit;
    entry.isUnsaved = true;
    void this.previews.show(entry);
  }

  /** Applies a look to all photos, including later ones. Returns a function that reverses it. */
  changeAll(look: Look): () => void {
    const [lookBefore, edits] = [this.lookOfAll, this.entries.map((entry) => [entry, entry.edit] as const)];
    this.lookOfAll = look;
    for (const [entry, edit] of edits) this.setEdit(entry, { ...edit, look });
    return () => {
      this.lookOfAll = lookBefore;
      for (const [entry, edit] of edits) this.setEdit(entry, edit);
    };
  }

  private setEdit(entry: PhotoEntry, edit: Edit): void {
    if (isDone(entry)) this.change(entry, edit);
    else entry.edit = edit;
  }

  private changed(): void {
    for (const { card } of this.entries) card.setAlone(this.entries.length === 1);
    this.page.onChange();
  }

  private createEntry({ file, path, isSample = false }: FoundFile): PhotoEntry {
    const card = new PhotoCard(file.name, {
      onEncode: (format) => this.encode(entry, format),
      onTaken: () => void (entry.isUnsaved = false),
      onEncodeError: () => this.page.onRenderError(),
      onLook: (change) =>
        isDone(entry) && this.change(entry, { ...entry.edit, look: { ...entry.edit.look, ...change } }),
      onOpen: () => isDone(entry) && this.page.onEdit(entry, true),
      onEdit: () => isDone(entry) && this.page.onEdit(entry, false),
      onCancel: () => entry.controller.abort(CANCELLED),
      onRetry: () => {
        entry.controller = new AbortController();
        void this.work(entry);
      },
      onRemove: () => this.remove([entry]),
      onReceipt: () => this.showReceipt(entry),
    });
    const entry: PhotoEntry = {
      photo: file,
      folder: path.split('/').slice(0, -1).join('/'),
      isSample,
      card,
      state: { phase: 'waiting' },
      edit: editOf(this.lookOfAll),
      isUnsaved: false,
      controller: new AbortController(),
    };
    card.show(entry.state);
    card.showBytes(file.size);
    if (isSample) card.showSample();
    return entry;
  }

  private async start(entry: PhotoEntry): Promise<void> {
    const { controller } = entry;
    const refusal =
      (await refusalOfFile(entry.photo)) ?? (await this.convert(entry)) ?? (await this.measure(entry));
    // The photo was removed and restored in the meantime: it was started again.
    if (controller !== entry.controller) return;
    if (refusal) this.show(entry, { phase: 'failed', advice: refusal, mayRetry: false });
    else if (controller.signal.aborted) this.show(entry, { phase: 'cancelled' });
    else await this.work(entry);
  }

  /** Converts a HEIC photo to JPEG, which the service accepts. */
  private async convert(entry: PhotoEntry): Promise<Advice | undefined> {
    if (!(await isHeicFile(entry.photo))) return undefined;
    this.show(entry, { phase: 'converting' });
    const converted = await this.heic.convert(entry.photo, entry.controller.signal);
    if ('refusal' in converted) return converted.refusal;
    entry.photo = converted.photo;
    return undefined;
  }

  /** Shows a preview of the photo. A photo that the browser cannot read is sent anyway. */
  private async measure({ photo, card }: PhotoEntry): Promise<Advice | undefined> {
    try {
      const { width, height, small } = await this.pixelWorker.do('measure', { photo });
      card.picture.showPhoto(small, width / height);
      return refusalOfSize(width, height);
    } catch {
      return undefined;
    }
  }

  private async work(entry: PhotoEntry): Promise<void> {
    const { signal } = entry.controller;
    const show = (state: PhotoState): void => {
      if (signal === entry.controller.signal) this.show(entry, state);
    };
    await runPhoto(this.services, { photo: entry.photo, signal, show });
  }

  private show(entry: PhotoEntry, state: PhotoState): void {
    const isNew = state.phase === 'done' && !isDone(entry);
    entry.state = state;
    entry.card.show(state);
    if (isNew && isDone(entry)) {
      entry.isUnsaved = true;
      void this.previews.show(entry);
    } else if (state.phase !== 'done') entry.isUnsaved = false;
    this.page.onState();
  }

  private async encode(entry: PhotoEntry, format?: SavedFormat): Promise<File> {
    if (!isDone(entry)) throw new TypeError('the photo has no result');
    return this.exporter.file(entry, format);
  }

  private showReceipt({ state, photo }: PhotoEntry): void {
    const receipt =
      state.phase === 'done'
        ? state.purge.known && state.purge.receipt
        : state.phase === 'failed' && state.receipt;
    if (receipt) this.page.onReceipt(receipt, photo.name);
  }

  /**
   * Removes photos from the page. Until the notice ends they can be restored. Photos that the service has are processed
   * until then, so that nothing is lost and sent again; those not sent yet stay on the device.
   */
  private remove(entries: readonly PhotoEntry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const at = this.entries.indexOf(first);
    const { activeElement } = document;
    this.focused.push(activeElement instanceof HTMLElement ? activeElement : undefined);
    this.removed.remove(entries);
    for (const { state, card, controller } of this.removed.latest) {
      card.element.remove();
      if (isInProgress(state) && !isAtService(state)) controller.abort(REMOVED);
    }
    this.changed();
    const neighbors = [...this.entries.slice(at), ...this.entries.slice(0, at).reverse()];
    const neighbor = neighbors.find(({ card }) => !card.element.hidden);
    (neighbor?.card.firstControl ?? this.page.chooser).focus();
    this.showRemoval();
  }

  /** Shows the notice about the latest removal. Its time is that of all removals. */
  private showRemoval(): void {
    const { latest } = this.removed;
    const { length: count } = latest;
    this.closeNotice?.();
    this.closeNotice = undefined;
    if (count === 0) return;
    this.closeNotice = this.page.notices.show({
      text: count === 1 ? ['removed.one', { name: latest[0]?.photo.name ?? '' }] : ['removed', { count }],
      undo: () => this.restore(),
      onEnd: () => this.disposeRemoved(),
    });
  }

  /** Puts the latest removed photos back where they were, and the focus. */
  private restore(): void {
    const focused = this.focused.pop();
    const restored = this.removed.latest;
    this.removed.restore(({ card }, next) =>
      this.page.cards.insertBefore(card.element, next?.card.element ?? null),
    );
    for (const entry of restored) if (entry.controller.signal.reason === REMOVED) this.restart(entry);
    this.changed();
    if (focused?.checkVisibility()) focused.focus();
    else restored[0]?.card.firstControl?.focus();
    this.showRemoval();
  }

  private restart(entry: PhotoEntry): void {
    entry.controller = new AbortController();
    this.show(entry, { phase: 'waiting' });
    void this.start(entry);
  }

  /** Ends the time in which removed photos can be restored. */
  private disposeRemoved(): void {
    this.closeNotice = undefined;
    this.focused.length = 0;
    for (const { controller, card } of this.removed.clear()) {
      controller.abort(REMOVED);
      card.dispose();
    }
  }
}
