import { JobClient } from '#sdk/job-client.js';
import { button, byId } from './dom-element.js';
import { EditorDialog } from './edit/editor-dialog.js';
import { bindSamples } from './hero/samples.js';
import { bindShowcase } from './hero/showcase.js';
import { BackpressureGate } from './photo/backpressure-gate.js';
import type { FileSelection } from './photo/file-selection.js';
import { flash, ListHead } from './photo/list-head.js';
import { bindViews } from './photo/list-views.js';
import { ConnectionMonitor, type ConnectionState } from './photo/connection-monitor.js';
import type { DoneEntry } from './photo/photo-entry.js';
import { bindFileInput, bindDrop, bindPaste } from './photo/file-input.js';
import { MAX_PARALLEL } from './photo/photo-limits.js';
import { PhotoList } from './photo/photo-list.js';
import { PhotoExporter } from './photo/photo-exporter.js';
import { WorkSlots } from './photo/work-slots.js';
import { PixelWorkerClient } from './pixels/pixel-worker-client.js';
import { openReceipt } from './receipt/receipt-dialog.js';
import { startShell } from './shell/shell.js';
import { bindLanguageLinks, clearText, setText } from './i18n/page-words.js';

const chooser = byId('chooser', HTMLInputElement);
const notices = byId('notices', HTMLElement);
const net = byId('net', HTMLElement);

function showConnection(state: ConnectionState): void {
  const was = document.body.dataset['net'];
  document.body.dataset['net'] = state;
  if (state !== 'online') setText(net, `net.${state}`);
  else if (was === undefined || was === 'online') clearText(net);
  else {
    clearText(net);
    flash(notices, 'net.back');
  }
}

const connection = new ConnectionMonitor(showConnection);
const services = {
  client: new JobClient({ fetch: connection.fetch }),
  slots: new WorkSlots(MAX_PARALLEL),
  gate: new BackpressureGate(),
  connection,
};
const pixelWorker = new PixelWorkerClient();
const exporter = new PhotoExporter(pixelWorker);

const saveAll = button({ say: 'save.all', className: 'button primary' }, () => void downloadAll());
const cancelAll = button({ say: 'cancel.all' }, () => photos.cancelAll());
const removeAll = button({ say: 'remove.all' }, () => photos.removeAll());
byId('all-actions', HTMLElement).append(saveAll, cancelAll, removeAll);

const head = new ListHead({
  section: byId('photos', HTMLElement),
  summary: byId('summary', HTMLElement),
  left: byId('left', HTMLElement),
  bar: byId('overall', HTMLProgressElement),
  ...{ saveAll, cancelAll, removeAll },
});
const cards = byId('cards', HTMLElement);
const views = bindViews(byId('views', HTMLElement), cards);
const photos = new PhotoList(services, pixelWorker, exporter, {
  cards,
  chooser,
  onChange: (entries) => {
    views.suggest(entries.length);
    head.show(entries);
  },
  onEdit: edit,
  onReceipt: (receipt, name) => openReceipt(byId('receipt', HTMLDialogElement), receipt, name),
  onRenderError: () => flash(notices, 'editor.failed'),
});

function edit(entry: DoneEntry): void {
  EditorDialog.open(byId('editor', HTMLDialogElement), {
    name: entry.photo.name,
    pair: { photo: entry.photo, cutout: entry.state.cutout.image },
    edit: entry.edit,
    onDone: (changed) => {
      photos.change(entry, changed);
      entry.card.focusEdit();
    },
    onApplyAll: (look) => photos.changeAll(look),
  });
}

async function downloadAll(): Promise<void> {
  const { done } = photos;
  saveAll.disabled = true;
  const failed = await exporter.saveAll(done, (packed) =>
    setText(saveAll, 'save.packing', { done: packed, count: done.length }),
  );
  setText(saveAll, 'save.all');
  saveAll.disabled = false;
  if (failed > 0) flash(notices, 'save.part.failed', { count: failed });
}

function addFiles(selection: FileSelection): void {
  const { photos: found, skippedCount, hasFolder } = selection;
  if (skippedCount > 0) flash(notices, 'folder.skipped', { count: skippedCount });
  else if (hasFolder && found.length === 0) flash(notices, 'folder.empty');
  const wasEmpty = photos.entries.length === 0;
  photos.add(selection);
  if (wasEmpty) byId('photos', HTMLElement).scrollIntoView({ block: 'nearest' });
}

bindFileInput(chooser, addFiles);
bindFileInput(byId('folder', HTMLInputElement), addFiles);
bindFileInput(byId('camera', HTMLInputElement), addFiles);
bindPaste(addFiles, () => flash(notices, 'paste.address'));
bindDrop(byId('drop-veil', HTMLElement), addFiles);
bindShowcase(byId('showcase', HTMLElement), byId('showcase-split', HTMLInputElement));
bindLanguageLinks(document.querySelectorAll<HTMLAnchorElement>('#languages a'));
bindSamples(document.querySelectorAll<HTMLButtonElement>('[data-sample]'), {
  onSample: (selection) => {
    addFiles(selection);
    // The samples are hidden now: the focus continues at the list.
    const title = byId('photos-title', HTMLElement);
    title.tabIndex = -1;
    title.focus();
  },
  onFailure: () => flash(notices, 'sample.failed'),
});
startShell(addFiles, () => flash(notices, 'share.lost'));

window.addEventListener('beforeunload', (event) => {
  if (photos.hasUnsaved) event.preventDefault();
});
