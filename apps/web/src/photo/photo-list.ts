import { PixelProblem, type PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import { isAsDelivered, type Edit, type Look } from '../pixels/edit.js';
import type { Found, Gathered } from './gathered-photos.js';
import { HeicConverter } from './heic-converter.js';
import { PhotoCard } from './photo-card.js';
import { isHeicFile, refusalOfFile, refusalOfSize } from './photo-check.js';
import { editOf, isAtStake, isDone, type DoneEntry, type PhotoEntry } from './photo-entry.js';
import type { PhotoExporter } from './photo-exporter.js';
import { runPhoto, type Workshop } from './photo-run.js';
import type { Advice } from './problem-advice.js';
import { isUnderway, type PhotoState } from './photo-state.js';

/** What the list needs of the page around it. */
export interface ListPage {
  cards: HTMLElement;
  /** Where the focus goes when the last card was removed. */
  chooser: HTMLElement;
  /** Something changed that the head of the list shows. */
  onChange: (entries: readonly PhotoEntry[]) => void;
  /** A person wants to edit a photo. */
  onEdit: (entry: DoneEntry) => void;
  /** A person wants to see a receipt. */
  onReceipt: (receipt: string, name: string) => void;
  /** A result could not be written. */
  onFault: () => void;
}

/** All photos of this tab, newest last. */
export class PhotoList {
  readonly entries: PhotoEntry[] = [];
  private readonly heic = new HeicConverter();
  private lookOfAll: Look | undefined;

  constructor(
    private readonly shop: Workshop,
    private readonly darkroom: PixelWorkerClient,
    private readonly printer: PhotoExporter,
    private readonly page: ListPage,
  ) {}

  /** True while closing the tab would lose a result or unfinished work. */
  get hasUnsaved(): boolean {
    return this.entries.some(isAtStake);
  }

  /** Photos with a result. */
  get done(): DoneEntry[] {
    return this.entries.filter(isDone);
  }

  /** Takes photos in and starts on them. */
  add({ photos }: Gathered): void {
    if (photos.length === 0) return;
    const added = photos.map((found) => this.enter(found));
    this.page.onChange(this.entries);
    for (const entry of added) void this.start(entry);
  }

  /** Calls back all that are under way. */
  cancelAll(): void {
    for (const { state, leave } of this.entries)
      if (isUnderway(state)) leave.abort(new DOMException('cancelled', 'AbortError'));
  }

  /** Removes all that are not under way. */
  removeAll(): void {
    for (const entry of [...this.entries]) if (!isUnderway(entry.state)) this.drop(entry);
    this.page.onChange(this.entries);
    (this.entries[0]?.card.firstControl ?? this.page.chooser).focus();
  }

  /** Changes how a result is presented. */
  change(entry: DoneEntry, edit: Edit): void {
    if (entry.edit === edit) return;
    entry.edit = edit;
    entry.isUnsaved = true;
    void this.renderPreview(entry);
  }

  /** Presents all photos alike, those to come included. Returns how many there are. */
  changeAll(look: Look): number {
    this.lookOfAll = look;
    for (const entry of this.entries) {
      if (isDone(entry)) this.change(entry, { ...entry.edit, look });
      else entry.edit = { ...entry.edit, look };
    }
    return this.entries.length;
  }

  private enter({ file, path }: Found): PhotoEntry {
    const card = new PhotoCard(file.name, {
      onSave: () => void this.save(entry),
      onEdit: () => isDone(entry) && this.page.onEdit(entry),
      onCancel: () => entry.leave.abort(new DOMException('cancelled', 'AbortError')),
      onRetry: () => {
        entry.leave = new AbortController();
        void this.work(entry);
      },
      onRemove: () => this.leave(entry),
      onReceipt: () => this.showReceipt(entry),
    });
    const entry: PhotoEntry = {
      photo: file,
      folder: path.split('/').slice(0, -1).join('/'),
      card,
      state: { phase: 'waiting' },
      edit: editOf(this.lookOfAll),
      isUnsaved: false,
      leave: new AbortController(),
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
    else if (entry.leave.signal.aborted) this.show(entry, { phase: 'cancelled' });
    else await this.work(entry);
  }

  /** Makes a JPEG of a HEIC photo, which the service does not take. */
  private async convert(entry: PhotoEntry): Promise<Advice | undefined> {
    if (!(await isHeicFile(entry.photo))) return undefined;
    this.show(entry, { phase: 'converting' });
    const converted = await this.heic.convert(entry.photo, entry.leave.signal);
    if ('refusal' in converted) return converted.refusal;
    entry.photo = converted.photo;
    return undefined;
  }

  /** Shows the photo small. What the browser cannot read, the service may. */
  private async measure({ photo, card }: PhotoEntry): Promise<Advice | undefined> {
    try {
      const { width, height, small } = await this.darkroom.do('measure', { photo });
      card.slider.showPhoto(small, width / height);
      return refusalOfSize(width, height);
    } catch (error) {
      if (error instanceof PixelProblem) card.slider.showUnreadable();
      return undefined;
    }
  }

  private async work(entry: PhotoEntry): Promise<void> {
    const { signal } = entry.leave;
    const show = (state: PhotoState): void => this.show(entry, state);
    await runPhoto(this.shop, { photo: entry.photo, signal, show });
  }

  private show(entry: PhotoEntry, state: PhotoState): void {
    if (!this.entries.includes(entry)) return;
    const isNew = state.phase === 'done' && !isDone(entry);
    entry.state = state;
    entry.card.show(state);
    if (isNew && isDone(entry)) {
      entry.isUnsaved = true;
      void this.renderPreview(entry);
    } else if (state.phase !== 'done') entry.isUnsaved = false;
    this.page.onChange(this.entries);
  }

  /** Shows the result small, as it would be saved. */
  private async renderPreview(entry: DoneEntry): Promise<void> {
    const { photo, edit, state, card } = entry;
    const { image } = state.cutout;
    const format = edit.look.format.toUpperCase();
    const bytes = isAsDelivered(edit) ? image.size : undefined;
    card.showResult({ ...state.cutout, format, bytes });
    try {
      const small = await this.darkroom.do('renderPreview', { photo, cutout: image, edit });
      // It may have been changed again, or removed, in the meantime.
      if (entry.edit !== edit || !this.entries.includes(entry)) return;
      const { width, height } = small;
      card.showResult({ width, height, format, bytes });
      await card.slider.showCutout(small.before, small.after, width / height);
    } catch {
      // It can be saved all the same.
      card.slider.showUnreadable();
    }
  }

  private async save(entry: PhotoEntry): Promise<void> {
    if (!isDone(entry)) return;
    entry.card.setBusy(true);
    await this.printer.save(entry).catch(() => this.page.onFault());
    entry.card.setBusy(false);
  }

  private showReceipt({ state, photo }: PhotoEntry): void {
    const receipt =
      state.phase === 'done'
        ? state.purge.known && state.purge.receipt
        : state.phase === 'failed' && state.receipt;
    if (receipt) this.page.onReceipt(receipt, photo.name);
  }

  private drop(entry: PhotoEntry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
    entry.leave.abort(new DOMException('removed', 'AbortError'));
    entry.card.dispose();
  }

  private leave(entry: PhotoEntry): void {
    const at = this.entries.indexOf(entry);
    if (at === -1) return;
    this.drop(entry);
    this.page.onChange(this.entries);
    const neighbour = this.entries[at] ?? this.entries[at - 1];
    (neighbour?.card.firstControl ?? this.page.chooser).focus();
  }
}
