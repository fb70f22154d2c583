import { button, element } from '../dom-element.js';
import { LookPanel } from './look-panel.js';
import { PLAIN_LOOK, type Look } from '../pixels/edit.js';

/** Opens the dialog that chooses a look for all photos. `onApply` is called if the user applies it. */
export function openLookForAll(
  dialog: HTMLDialogElement,
  look: Look = PLAIN_LOOK,
  onApply: (look: Look) => void,
): void {
  let chosen = look;
  const panel = new LookPanel({
    onLook: (change) => {
      chosen = { ...chosen, ...change };
      panel.show(chosen);
    },
    onApplyAll: () => {
      dialog.close();
      onApply(chosen);
    },
  });
  panel.show(chosen);
  const title = element('h2', { say: 'look.all.title', attributes: { id: 'look-all-title' } });
  const close = button({ icon: 'x', label: ['look.all.close'], className: 'button icon-only' }, () =>
    dialog.close(),
  );
  const head = element('div', { className: 'dialog-head' }, [title, close]);
  const note = element('p', { className: 'dialog-note', say: 'look.all.note' });
  dialog.replaceChildren(head, note, panel.element);
  dialog.showModal();
}
