import { JobClient } from '#sdk/job-client.js';
import { button, byId } from './dom-element.js';
import { EditorDialog } from './edit/editor-dialog.js';
import { BackpressureGate } from './photo/backpressure-gate.js';
import { bindSplit } from './photo/compare-slider.js';
import type { Gathered } from './photo/gathered-photos.js';
import { flash, ListHead } from './photo/list-head.js';
import { bindViews } from './photo/list-views.js';
import { NetWatch, type NetState } from './photo/net-watch.js';
import type { DoneEntry } from './photo/photo-entry.js';
import { takeChosen, takeDropped, takePasted } from './photo/photo-intake.js';
import { MAX_PARALLEL } from './photo/photo-limits.js';
import { PhotoList } from './photo/photo-list.js';
import { PhotoExporter } from './photo/photo-exporter.js';
import { WorkSlots } from './photo/work-slots.js';
import { PixelWorkerClient } from './pixels/pixel-worker-client.js';
import { openReceipt } from './receipt/receipt-dialog.js';
import { samplePhoto } from './sample-photo.js';
import { bindLanguageLinks, empty, put, say } from './i18n/page-words.js';

const chooser = byId('chooser', HTMLInputElement);
const notices = byId('notices', HTMLElement);
const net = byId('net', HTMLElement);

function showNet(state: NetState): void {
  const was = document.body.dataset['net'];
  document.body.dataset['net'] = state;
  if (state !== 'well') put(net, `net.${state}`);
  else if (was === undefined || was === 'well') empty(net);
  else {
    empty(net);
    flash(notices, 'net.back');
  }
}

const watch = new NetWatch(showNet);
const shop = {
  client: new JobClient({ fetch: watch.fetch }),
  slots: new WorkSlots(MAX_PARALLEL),
  gate: new BackpressureGate(),
  net: watch,
};
const darkroom = new PixelWorkerClient();
const printer = new PhotoExporter(darkroom);

const saveAll = button({ say: 'save.all', className: 'button primary' }, () => void packAll());
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
const photos = new PhotoList(shop, darkroom, printer, {
  cards,
  chooser,
  onChange: (entries) => {
    views.suggest(entries.length);
    head.show(entries);
  },
  onEdit: edit,
  onReceipt: (receipt, name) => openReceipt(byId('receipt', HTMLDialogElement), receipt, name),
  onFault: () => flash(notices, 'editor.failed'),
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

async function packAll(): Promise<void> {
  const { done } = photos;
  saveAll.disabled = true;
  const failed = await printer.saveAll(done, (packed) =>
    put(saveAll, 'save.packing', { done: packed, count: done.length }),
  );
  put(saveAll, 'save.all');
  saveAll.disabled = false;
  if (failed > 0) flash(notices, 'save.part.failed', { count: failed });
}

function take(gathered: Gathered): void {
  const { photos: found, leftOut, wasFolder } = gathered;
  if (leftOut > 0) flash(notices, 'folder.left.out', { count: leftOut });
  else if (wasFolder && found.length === 0) flash(notices, 'folder.empty');
  const wasEmpty = photos.entries.length === 0;
  photos.add(gathered);
  if (wasEmpty) byId('photos', HTMLElement).scrollIntoView({ block: 'nearest' });
}

takeChosen(chooser, take);
takeChosen(byId('folder', HTMLInputElement), take);
takeChosen(byId('camera', HTMLInputElement), take);
takePasted(take);
takeDropped(byId('drop-veil', HTMLElement), take);
bindSplit(byId('sample', HTMLElement), byId('sample-split', HTMLInputElement));
bindLanguageLinks(document.querySelectorAll<HTMLAnchorElement>('#languages a'));

byId('sample-try', HTMLButtonElement).addEventListener('click', () => {
  const drawing = document.querySelector<SVGElement>('#sample .before');
  if (drawing === null) return;
  void samplePhoto(drawing, say('sample.name')).then((file) =>
    take({ photos: [{ file, path: '' }], leftOut: 0, wasFolder: false }),
  );
});

window.addEventListener('beforeunload', (event) => {
  if (photos.hasUnsaved) event.preventDefault();
});
