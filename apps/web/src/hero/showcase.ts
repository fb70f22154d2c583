import { followLanguage, say } from '../i18n/page-words.js';

/** Binds the range input of the example: the photo at the left of the split, its cutout at the right. */
export function bindShowcase(showcase: HTMLElement, split: HTMLInputElement): void {
  const updateLabel = (): void => {
    split.setAttribute('aria-valuetext', say('showcase.percent', { percent: Number(split.value) }));
  };
  split.addEventListener('input', () => {
    // Ends the opening animation, which would override the position.
    showcase.classList.add('moved');
    showcase.style.setProperty('--split', `${split.value}%`);
    updateLabel();
  });
  followLanguage(updateLabel);
  updateLabel();
}
