import { followLanguage, say } from '../i18n/page-words.js';

/** Binds a range input to the split of a frame: the original to its left, the cutout to its right. */
export function bindSplit(frame: HTMLElement, split: HTMLInputElement): void {
  const updateLabel = (): void => {
    const percent = Number(split.value);
    split.setAttribute('aria-valuetext', say('split.percent', { percent }));
  };
  const apply = (): void => {
    frame.style.setProperty('--split', `${split.value}%`);
    updateLabel();
  };
  split.addEventListener('input', apply);
  followLanguage(updateLabel);
  apply();
}
