import { button, element } from '../dom-element.js';
import type { TextKey } from '../i18n/en-words.js';

/** Keys by what they do. Names of keys are the same in all languages. */
const KEYS: readonly (readonly [TextKey, readonly string[]])[] = [
  ['tool.move', ['V', 'H']],
  ['tool.keep', ['B']],
  ['tool.erase', ['E']],
  ['brush.size', ['[', ']']],
  ['undo', ['Z']],
  ['redo', ['Shift+Z']],
  ['editor.compare', ['C']],
  ['zoom.in', ['+']],
  ['zoom.out', ['−']],
  ['zoom.fit', ['0']],
  ['zoom.full', ['1']],
  ['key.pan', ['Space']],
  ['key.arrows', ['←', '→', '↑', '↓']],
  ['key.press', ['Enter']],
  ['editor.previous', ['PageUp']],
  ['editor.next', ['PageDown']],
  ['editor.cancel', ['Esc']],
];

/** Shows the keys of the editor in a dialog inside of it. */
export function showKeys(editor: HTMLElement): void {
  const attributes = { 'aria-labelledby': 'keys-title' };
  const dialog = element('dialog', { className: 'inner-dialog keys', attributes });
  const rows = KEYS.map(([say, keys]) =>
    element('div', {}, [
      element('dt', { say }),
      element(
        'dd',
        {},
        keys.map((text) => element('kbd', { text })),
      ),
    ]),
  );
  const close = button({ icon: 'x', label: ['close'], className: 'button quiet icon-only' }, () =>
    dialog.close(),
  );
  const title = element('h2', { say: 'editor.keys.title', attributes: { id: 'keys-title' } });
  dialog.append(element('div', { className: 'inner-head' }, [title, close]), element('dl', {}, rows));
  dialog.addEventListener('close', () => dialog.remove());
  // A press beside the panel closes it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  editor.append(dialog);
  dialog.showModal();
}
