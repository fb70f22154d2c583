import { JobClient } from '#client/job.client.js';
import { BusyGate } from './busy.gate.js';
import { bindSplit } from './compare.slider.js';
import { byId } from './dom.element.js';
import { takeChosen, takeDropped, takePasted } from './photo.intake.js';
import { MAX_PARALLEL } from './photo.limits.js';
import { PhotoList } from './photo.list.js';
import { WorkSlots } from './work.slots.js';

const chooser = byId('chooser', HTMLInputElement);
const photos = new PhotoList(
  { client: new JobClient(), slots: new WorkSlots(MAX_PARALLEL), gate: new BusyGate() },
  {
    section: byId('photos', HTMLElement),
    cards: byId('cards', HTMLElement),
    summary: byId('summary', HTMLElement),
    chooser,
  },
);

const take = photos.add.bind(photos);
takeChosen(chooser, take);
takeChosen(byId('camera', HTMLInputElement), take);
takePasted(take);
takeDropped(byId('drop-veil', HTMLElement), take);
bindSplit(byId('sample', HTMLElement), byId('sample-split', HTMLInputElement));

window.addEventListener('beforeunload', (event) => {
  if (photos.hasUnsaved) event.preventDefault();
});
