import { JobClient } from '#sdk/job-client.js';
import { byId } from './dom-element.js';
import { bindSamples } from './hero/samples.js';
import { bindShowcase } from './hero/showcase.js';
import { BackpressureGate } from './photo/backpressure-gate.js';
import type { FileSelection } from './photo/file-selection.js';
import { ListFilter } from './photo/list-filter.js';
import { ListToolbar } from './photo/list-toolbar.js';
import { ConnectionMonitor, type ConnectionState } from './photo/connection-monitor.js';
import { isDone, type DoneEntry } from './photo/photo-entry.js';
import { bindFileInput, bindDrop, bindPaste } from './photo/file-input.js';
import { MAX_PARALLEL } from './photo/photo-limits.js';
import { PhotoList } from './photo/photo-list.js';
import { PhotoExporter } from './photo/photo-exporter.js';
import { WorkSlots } from './photo/work-slots.js';
import type { Edit, Look } from './pixels/edit.js';
import { PixelWorkerClient } from './pixels/pixel-worker-client.js';
import { startShell } from './shell/shell.js';
import { loadLanguage } from './i18n/i18n.js';
import { bindLanguageLinks, clearText, language, setText } from './i18n/page-words.js';
import { NoticeBar } from './notice-bar.js';

await loadLanguage(language());

const chooser = byId('chooser', HTMLInputElement);
const notices = new NoticeBar(byId('notices', HTMLElement));
const net = byId('net', HTMLElement);

function showConnection(state: ConnectionState): void {
  const was = document.body.dataset['net'];
  document.body.dataset['net'] = state;
  if (state !== 'online') setText(net, `net.${state}`);
  else if (was === undefined || was === 'online') clearText(net);
  else {
    clearText(net);
    notices.show({ text: ['net.back'] });
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

const title = byId('photos-title', HTMLElement);
const filter = new ListFilter(
  { choice: byId('filters', HTMLElement), empty: byId('no-match', HTMLElement) },
  () => toolbar.update(),
);
const toolbar = new ListToolbar(
  {
    section: byId('photos', HTMLElement),
    title,
    summary: byId('summary', HTMLElement),
    left: byId('left', HTMLElement),
    bar: byId('overall', HTMLProgressElement),
    actions: byId('all-actions', HTMLElement),
  },
  filter,
  () => photos.entries,
  {
    onSaveAll: () => void downloadAll(),
    onApplyAll: () =>
      openDialog('look-all', import('./edit/look-all-dialog.js'), ({ openLookForAll }, dialog) =>
        openLookForAll(dialog, photos.look, applyAll),
      ),
    onCancelAll: () => photos.cancelAll(),
    onRemoveAll: () => photos.removeAll(),
  },
);
const photos = new PhotoList(services, pixelWorker, exporter, {
  cards: byId('cards', HTMLElement),
  chooser,
  notices,
  onChange: () => toolbar.update(),
  onState: () => toolbar.updateSoon(),
  onEdit: edit,
  onReceipt: (receipt, name) =>
    openDialog('receipt', import('./receipt/receipt-dialog.js'), ({ openReceipt }, dialog) =>
      openReceipt(dialog, receipt, name),
    ),
  onRenderError: () => notices.show({ text: ['editor.failed'] }),
});

/** Opens a dialog whose script is loaded when it is first used. A second press meanwhile does nothing. */
function openDialog<M>(
  id: string,
  script: Promise<M>,
  open: (module: M, dialog: HTMLDialogElement) => unknown,
): void {
  const dialog = byId(id, HTMLDialogElement);
  script.then(
    (module) => dialog.open || open(module, dialog),
    () => notices.show({ text: ['script.failed'] }),
  );
}

function edit(entry: DoneEntry, isView: boolean): void {
  const page = {
    exporter,
    done: () => photos.entries.filter(isDone),
    change: (changed: DoneEntry, by: Edit) => photos.change(changed, by),
    applyAll,
  };
  openDialog('editor', import('./photo/photo-editor.js'), ({ openEditor }, dialog) =>
    openEditor({ ...page, dialog }, entry, isView),
  );
}

/** Applies a look to all photos. Returns the number of those in the list. */
function applyAll(look: Look): number {
  const { length: count } = photos.entries;
  notices.show({ text: ['look.all.done', { count }], undo: photos.changeAll(look) });
  return count;
}

async function downloadAll(): Promise<void> {
  const { done } = photos;
  const { saveAll } = toolbar;
  saveAll.disabled = true;
  const failed = await exporter.saveAll(done, (packed) =>
    setText(saveAll, 'save.packing', { done: packed, count: done.length }),
  );
  setText(saveAll, 'save.all');
  saveAll.disabled = false;
  if (failed > 0) notices.show({ text: ['save.part.failed', { count: failed }] });
}

function addFiles(selection: FileSelection): void {
  const { photos: found, skippedCount, hasFolder } = selection;
  if (skippedCount > 0) notices.show({ text: ['folder.skipped', { count: skippedCount }] });
  else if (hasFolder && found.length === 0) notices.show({ text: ['folder.empty'] });
  const focused = document.activeElement;
  filter.reset();
  void photos.add(selection);
  // The first photo hides parts of the page.
  if (focused !== document.body && focused?.checkVisibility() === false) title.focus({ preventScroll: true });
}

bindFileInput(chooser, addFiles);
bindFileInput(byId('folder', HTMLInputElement), addFiles);
bindFileInput(byId('camera', HTMLInputElement), addFiles);
bindPaste(addFiles, () => notices.show({ text: ['paste.address'] }));
bindDrop(byId('drop-veil', HTMLElement), addFiles);
bindShowcase(byId('showcase', HTMLElement), byId('showcase-split', HTMLInputElement));
bindLanguageLinks(document.querySelectorAll<HTMLAnchorElement>('#languages a'));
bindSamples(document.querySelectorAll<HTMLButtonElement>('[data-sample]'), {
  onSample: (selection) => {
    addFiles(selection);
    // The samples are hidden now: the focus continues at the list.
    title.focus({ preventScroll: true });
  },
  onFailure: () => notices.show({ text: ['sample.failed'] }),
});
startShell(addFiles, () => notices.show({ text: ['share.lost'] }));

window.addEventListener('beforeunload', (event) => {
  if (photos.hasUnsaved) event.preventDefault();
});
