import { button, element } from '../dom-element.js';

/** What to do with changes that are not applied. */
export type LeaveAnswer = 'apply' | 'discard' | 'stay';

/** Asks, in a dialog inside of the editor, what to do with its changes. Escape keeps editing. */
export function askToLeave(editor: HTMLElement): Promise<LeaveAnswer> {
  return new Promise((resolve) => {
    const attributes = {
      role: 'alertdialog',
      'aria-labelledby': 'ask-title',
      'aria-describedby': 'ask-text',
    };
    const dialog = element('dialog', { className: 'inner-dialog', attributes });
    let answer: LeaveAnswer = 'stay';
    const choose = (chosen: LeaveAnswer) => (): void => {
      answer = chosen;
      dialog.close();
    };
    const stay = button({ say: 'ask.stay' }, choose('stay'));
    stay.autofocus = true;
    const discard = button({ say: 'ask.discard', className: 'button quiet danger' }, choose('discard'));
    const apply = button({ say: 'ask.apply', className: 'button primary' }, choose('apply'));
    dialog.append(
      element('h2', { say: 'ask.title', attributes: { id: 'ask-title' } }),
      element('p', { say: 'ask.text', attributes: { id: 'ask-text' } }),
      element('div', { className: 'actions' }, [discard, stay, apply]),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(answer);
    });
    editor.append(dialog);
    dialog.showModal();
  });
}
