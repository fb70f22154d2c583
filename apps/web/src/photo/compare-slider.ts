import { element } from '../dom-element.js';
import { followLanguage, label, say } from '../i18n/page-words.js';

/** Binds a range input to the split of the frame around it: left of it the original, right of it the cut-out. */
export function bindSplit(frame: HTMLElement, split: HTMLInputElement): void {
  const tell = (): void => {
    const percent = Number(split.value);
    split.setAttribute('aria-valuetext', say('split.percent', { percent }));
  };
  const apply = (): void => {
    frame.style.setProperty('--split', `${split.value}%`);
    tell();
  };
  split.addEventListener('input', apply);
  followLanguage(tell);
  apply();
}

/** An image whose bytes lie in this page; its address is given back with it. */
class BlobImage {
  readonly element: HTMLImageElement;
  private url: string | undefined;

  constructor(className: string) {
    this.element = element('img', { className, attributes: { alt: '', decoding: 'async' } });
  }

  /** Shows a blob in place of what was shown. */
  show(blob: Blob): Promise<void> {
    this.clear();
    this.url = URL.createObjectURL(blob);
    this.element.src = this.url;
    return this.element.decode().catch(() => undefined);
  }

  /** Shows nothing. */
  clear(): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = undefined;
    this.element.removeAttribute('src');
  }
}

/** A frame that holds a photo, and later its cut-out behind it with a slider between the two. */
export class CompareSlider {
  /** Frame and slider, in the photo's proportions. */
  readonly box: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly before = new BlobImage('before');
  private readonly after = new BlobImage('after');
  private readonly split: HTMLInputElement;

  constructor(private readonly name: string) {
    this.split = element('input', {
      className: 'split',
      label: ['split.of', { name }],
      attributes: { type: 'range', min: '0', max: '100', value: '50' },
    });
    const handle = element('span', { className: 'handle', attributes: { 'aria-hidden': 'true' } });
    const veil = element('span', { className: 'veil' });
    const images = [this.after.element, this.before.element];
    const facts = { className: 'frame', attributes: { role: 'img' } };
    this.frame = element('div', facts, [...images, veil, handle]);
    // The slider lies beside what is one image to a screen reader, so that it stays a control.
    this.box = element('div', { className: 'box' }, [this.frame, this.split]);
    bindSplit(this.frame, this.split);
    this.hide();
  }

  /** Shows the photo. */
  showPhoto(small: Blob, ratio: number): void {
    this.box.style.setProperty('--ratio', String(ratio));
    this.box.classList.remove('unreadable');
    void this.before.show(small);
  }

  /** Shows that the browser cannot read the photo. */
  showUnreadable(): void {
    this.box.classList.add('unreadable');
  }

  /** How much of the work is done: that much of the photo is shown in colour. */
  showPercent(percent: number): void {
    this.frame.style.setProperty('--percent', `${percent}%`);
  }

  /** Puts the cut-out behind the photo, and uncovers half of it. */
  async showCutout(photo: Blob, cutout: Blob, ratio: number): Promise<void> {
    const isFirst = !this.box.classList.contains('cut');
    await this.after.show(cutout);
    this.showPhoto(photo, ratio);
    this.after.element.hidden = this.split.hidden = false;
    this.box.classList.add('cut');
    label(this.frame, 'cutout.alt', { name: this.name });
    if (!isFirst || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const covered = [{ '--split': '100%' }, { '--split': `${this.split.value}%` }];
    const reveal = this.frame.animate(covered, { duration: 900, easing: 'cubic-bezier(0.3, 0.7, 0.2, 1)' });
    this.split.addEventListener('input', () => reveal.cancel(), { once: true });
  }

  /** Back to the photo alone. */
  hide(): void {
    this.after.element.hidden = this.split.hidden = true;
    this.after.clear();
    this.box.classList.remove('cut');
    label(this.frame, 'photo.alt', { name: this.name });
    this.showPercent(0);
  }

  /** Gives back what the images held. */
  dispose(): void {
    this.before.clear();
    this.after.clear();
  }
}
