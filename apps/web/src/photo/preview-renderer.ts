import { PixelProblem, type PixelWorkerClient } from '../pixels/pixel-worker-client.js';
import { isAsDelivered, type Edit } from '../pixels/edit.js';
import { isDone, type DoneEntry, type PhotoEntry } from './photo-entry.js';

/** Renders the small copies that cards show, one at a time for each photo. */
export class PreviewRenderer {
  private readonly busy = new WeakSet<PhotoEntry>();
  private readonly lastShown = new WeakMap<PhotoEntry, Edit>();

  constructor(private readonly pixelWorker: PixelWorkerClient) {}

  /** Shows the edited result on the card of a photo, and again while it is edited in the meantime. */
  async show(entry: DoneEntry): Promise<void> {
    if (this.lastShown.has(entry)) entry.card.showLook(entry.edit.look);
    else this.showFacts(entry, entry.state.cutout);
    if (this.busy.has(entry)) return;
    this.busy.add(entry);
    let edit: Edit | undefined;
    while (isDone(entry) && edit !== entry.edit) {
      edit = entry.edit;
      await this.render(entry);
    }
    this.busy.delete(entry);
  }

  private async render(entry: DoneEntry): Promise<void> {
    const { photo, edit, state, card } = entry;
    try {
      const small = await this.pixelWorker.do('renderPreview', { photo, cutout: state.cutout.image, edit });
      if (entry.edit !== edit || !isDone(entry)) return;
      this.showFacts(entry, small);
      this.lastShown.set(entry, edit);
      await card.picture.showResult(small.before, small.after, small.width / small.height);
    } catch (error) {
      if (error instanceof PixelProblem) await this.undo(entry, edit);
    }
  }

  /** Goes back to the last edit that could be rendered. Without one, shows the delivered image itself. */
  private async undo(entry: DoneEntry, edit: Edit): Promise<void> {
    const { state, card } = entry;
    const last = this.lastShown.get(entry);
    if (entry.edit !== edit) return;
    if (last === undefined) {
      const { image, width, height } = state.cutout;
      await card.picture.showResult(undefined, image, width / height);
    } else {
      entry.edit = last;
      card.showLook(last.look);
      card.notify('back.image.failed');
    }
  }

  private showFacts(
    { edit, state, card }: DoneEntry,
    { width, height }: { width: number; height: number },
  ): void {
    const bytes = isAsDelivered(edit) ? state.cutout.image.size : undefined;
    card.showLook(edit.look);
    card.showResult({ width, height, format: edit.look.format.toUpperCase(), bytes });
  }
}
