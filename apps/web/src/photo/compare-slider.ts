import { element } from '../dom-element.js';
import { followLanguage, label, say } from '../i18n/page-words.js';

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

/** An image element that shows a blob and revokes its object URL. */
class BlobImage {
  readonly element: HTMLImageElement;
  private url: string | undefined;

  constructor(className: string) {
    this.element = element('img', { className, attributes: { alt: '', decoding: 'async' } });
  }

  /** Shows a blob instead of the previous one. */
  show(blob: Blob): Promise<void> {
    this.clear();
    this.url = URL.createObjectURL(blob);
    this.element.src = this.url;
    return this.element.decode().catch(() => undefined);
  }

  /** Removes the image. */
  clear(): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = undefined;
    this.element.removeAttribute('src');
  }
}

/** A frame that shows a photo and later its cutout, with a slider between them. */
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
    // The slider is outside the element with role `img`, so that screen readers expose it as a control.
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

  /** Shows a placeholder for a photo that the browser cannot read. */
  showUnreadable(): void {
    this.box.classList.add('unreadable');
  }

  /** Shows progress: this percentage of the photo is in color. */
  showPercent(percent: number): void {
    this.frame.style.setProperty('--percent', `${percent}%`);
  }

  /** Shows the cutout behind the photo and reveals half of it. */
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

  /** Shows only the photo. */
  hide(): void {
    this.after.element.hidden = this.split.hidden = true;
    this.after.clear();
    this.box.classList.remove('cut');
    label(this.frame, 'photo.alt', { name: this.name });
    this.showPercent(0);
  }

  /** Releases the images. */
  dispose(): void {
    this.before.clear();
    this.after.clear();
  }
}
