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
import { isInProgress, type PhotoState } from './photo-state.js';
import { resultFile } from './result-actions.js';

/** The page around the list. */
export interface ListPage {
  cards: HTMLElement;
  /** Receives the focus after the last card is removed. */
  chooser: HTMLElement;
  /** Called after every change of the list. */
  onChange: (entries: readonly PhotoEntry[]) => void;
  /** Called to edit a photo. */
  onEdit: (entry: DoneEntry) => void;
  /** Called to show a receipt. */
  onReceipt: (receipt: string, name: string) => void;
  /** Called if a result cannot be rendered. */
  onRenderError: () => void;
}

/** The photos of this tab, newest last. */
export class PhotoList {
  readonly entries: PhotoEntry[] = [];
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

  /** True if closing the tab would lose a result or work in progress. */
  get hasUnsaved(): boolean {
    return this.entries.some(isUnsavedOrInProgress);
  }

  /** Photos with a result. */
  get done(): DoneEntry[] {
    return this.entries.filter(isDone);
  }

  /** Adds photos and starts processing them. */
  add({ photos }: FileSelection): void {
    if (photos.length === 0) return;
    const added = photos.map((found) => this.createEntry(found));
    this.changed();
    for (const entry of added) void this.start(entry);
  }

  /** Cancels all photos in progress. */
  cancelAll(): void {
    for (const { state, controller } of this.entries)
      if (isInProgress(state)) controller.abort(new DOMException('cancelled', 'AbortError'));
  }

  /** Removes all photos that are not in progress. */
  removeAll(): void {
    for (const entry of [...this.entries]) if (!isInProgress(entry.state)) this.dispose(entry);
    this.changed();
    (this.entries[0]?.card.firstControl ?? this.page.chooser).focus();
  }

  /** Changes the edit of a photo. */
  change(entry: DoneEntry, edit: Edit): void {
    if (entry.edit === edit) return;
    entry.edit = edit;
    entry.isUnsaved = true;
    void this.previews.show(entry);
  }

  /** Applies a look to all photos, including later ones. Returns the number of photos. */
  changeAll(look: Look): number {
    this.lookOfAll = look;
    for (const entry of this.entries) {
      if (isDone(entry)) this.change(entry, { ...entry.edit, look });
      else entry.edit = { ...entry.edit, look };
    }
    return this.entries.length;
  }

  private changed(): void {
    for (const { card } of this.entries) card.setAlone(this.entries.length === 1);
    this.page.onChange(this.entries);
  }

  private createEntry({ file, path }: FoundFile): PhotoEntry {
    const card = new PhotoCard(file.name, {
      onEncode: (format) => this.encode(entry, format),
      onTaken: () => void (entry.isUnsaved = false),
      onEncodeError: () => this.page.onRenderError(),
      onEdit: () => isDone(entry) && this.page.onEdit(entry),
      onLook: (change) =>
        isDone(entry) && this.change(entry, { ...entry.edit, look: { ...entry.edit.look, ...change } }),
      onApplyAll: () => void this.changeAll(entry.edit.look),
      onCancel: () => entry.controller.abort(new DOMException('cancelled', 'AbortError')),
      onRetry: () => {
        entry.controller = new AbortController();
        void this.work(entry);
      },
      onRemove: () => this.removeEntry(entry),
      onReceipt: () => this.showReceipt(entry),
    });
    const entry: PhotoEntry = {
      photo: file,
      folder: path.split('/').slice(0, -1).join('/'),
      card,
      state: { phase: 'waiting' },
      edit: editOf(this.lookOfAll),
      isUnsaved: false,
      controller: new AbortController(),
    };
    card.show(entry.state);
    card.showBytes(file.size);
    this.entries.push(entry);
    this.page.cards.append(card.element);
    return entry;
  }

  private async start(entry: PhotoEntry): Promise<void> {
    const refusal =
      (await refusalOfFile(entry.photo)) ?? (await this.convert(entry)) ?? (await this.measure(entry));
    if (refusal) this.show(entry, { phase: 'failed', advice: refusal, mayRetry: false });
    else if (entry.controller.signal.aborted) this.show(entry, { phase: 'cancelled' });
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
    const show = (state: PhotoState): void => this.show(entry, state);
    await runPhoto(this.services, { photo: entry.photo, signal, show });
  }

  private show(entry: PhotoEntry, state: PhotoState): void {
    if (!this.entries.includes(entry)) return;
    const isNew = state.phase === 'done' && !isDone(entry);
    entry.state = state;
    entry.card.show(state);
    if (isNew && isDone(entry)) {
      entry.isUnsaved = true;
      void this.previews.show(entry);
    } else if (state.phase !== 'done') entry.isUnsaved = false;
    this.changed();
  }

  private async encode(entry: PhotoEntry, format?: SavedFormat): Promise<File> {
    if (!isDone(entry)) throw new TypeError('the photo has no result');
    return resultFile(this.exporter, entry, format);
  }

  private showReceipt({ state, photo }: PhotoEntry): void {
    const receipt =
      state.phase === 'done'
        ? state.purge.known && state.purge.receipt
        : state.phase === 'failed' && state.receipt;
    if (receipt) this.page.onReceipt(receipt, photo.name);
  }

  private dispose(entry: PhotoEntry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
    entry.controller.abort(new DOMException('removed', 'AbortError'));
    entry.card.dispose();
  }

  private removeEntry(entry: PhotoEntry): void {
    const at = this.entries.indexOf(entry);
    if (at === -1) return;
    this.dispose(entry);
    this.changed();
    const neighbor = this.entries[at] ?? this.entries[at - 1];
    (neighbor?.card.firstControl ?? this.page.chooser).focus();
  }
}
