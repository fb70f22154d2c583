import { element } from '../dom-element.js';
import { tooltip } from '../i18n/page-words.js';

/** Checkerboards behind cutouts. */
const GROUNDS = ['light', 'mid', 'dark'] as const;

let groupCount = 0;

/** Marks the current checkerboard in all switches. */
function markAll(): void {
  const current = document.body.dataset['ground'] ?? 'light';
  for (const input of document.querySelectorAll<HTMLInputElement>('.ground input'))
    input.checked = input.value === current;
}

/**
 * A switch of the checkerboard for the whole page: light for dark subjects, dark for light ones. It sets `data-ground` of the
 * body and dispatches `groundchange` on the document.
 */
export function groundSwitch(): HTMLFieldSetElement {
  const group = `ground-${++groupCount}`;
  const options = GROUNDS.map((ground) => {
    const input = element('input', { attributes: { type: 'radio', name: group, value: ground } });
    input.checked = (document.body.dataset['ground'] ?? 'light') === ground;
    input.addEventListener('change', () => {
      document.body.dataset['ground'] = ground;
      markAll();
      document.dispatchEvent(new Event('groundchange'));
    });
    const text = element('span', { className: 'unseen', say: `ground.${ground}` });
    const option = element('label', {}, [input, element('span', { className: `swatch ${ground}` }, [text])]);
    return tooltip(option, `ground.${ground}`);
  });
  const legend = element('legend', { className: 'unseen', say: 'ground.label' });
  return element('fieldset', { className: 'ground' }, [legend, ...options]);
}
