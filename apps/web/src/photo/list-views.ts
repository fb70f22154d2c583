import { element } from '../dom-element.js';

/** Number of photos from which the list is the default view. */
const LIST_THRESHOLD = 7;

/** Binds the choice between cards and a list. Until the user chooses, many photos show as a list. */
export function bindViews(place: HTMLElement, cards: HTMLElement): { suggest: (count: number) => void } {
  let isChosen = false;
  const inputs = (['cards', 'list'] as const).map((view) => {
    const input = element('input', { attributes: { type: 'radio', name: 'view', value: view } });
    input.addEventListener('change', () => {
      isChosen = true;
      cards.dataset['view'] = view;
    });
    place.append(element('label', {}, [input, element('span', { say: `view.${view}` })]));
    return input;
  });
  const show = (view: string): void => {
    cards.dataset['view'] = view;
    for (const input of inputs) input.checked = input.value === view;
  };
  show('cards');
  return {
    suggest: (count) => {
      place.hidden = count < 2;
      if (!isChosen) show(count >= LIST_THRESHOLD ? 'list' : 'cards');
    },
  };
}
