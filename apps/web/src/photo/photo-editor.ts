import { EditHistory } from '../edit/edit-history.js';
import { EditorDialog } from '../edit/editor-dialog.js';
import type { Edit, Look } from '../pixels/edit.js';
import type { DoneEntry, PhotoEntry } from './photo-entry.js';
import type { PhotoExporter } from './photo-exporter.js';

/** The page around the editor. */
export interface EditorPage {
  dialog: HTMLDialogElement;
  exporter: PhotoExporter;
  /** Photos with a result, in the order of the list. */
  done: () => readonly DoneEntry[];
  change: (entry: DoneEntry, edit: Edit) => void;
  /** Applies a look to all photos. Returns their number. */
  applyAll: (look: Look) => number;
}

/** Histories of photos: the steps of an earlier opening can be undone. */
const histories = new WeakMap<PhotoEntry, EditHistory>();

/** The history of a photo. A change outside of the editor is its last step. */
function historyOf(entry: PhotoEntry): EditHistory {
  const history = histories.get(entry) ?? new EditHistory(entry.edit);
  if (history.present !== entry.edit) history.step(entry.edit);
  return history;
}

/** Opens a photo in the editor. @param startsWithView true to look at the result first */
export function openEditor(page: EditorPage, entry: DoneEntry, startsWithView = false): void {
  const entries = page.done();
  const at = entries.indexOf(entry);
  const opener = (other: DoneEntry | undefined): (() => void) | undefined =>
    other && ((): void => openEditor(page, other, startsWithView));
  EditorDialog.open(page.dialog, {
    name: entry.photo.name,
    pair: { photo: entry.photo, cutout: entry.state.cutout.image },
    history: historyOf(entry),
    startsWithView,
    onApply: (history) => {
      histories.set(entry, history);
      page.change(entry, history.present);
    },
    onDownload: () => page.exporter.save(entry),
    onClosed: () => entry.card.focusEdit(),
    onApplyAll: entries.length > 1 ? page.applyAll : undefined,
    onPrevious: opener(entries[at - 1]),
    onNext: opener(entries[at + 1]),
  });
}
