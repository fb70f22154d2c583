import { element } from './dom.element.js';

/** Binds a range input to the split of the frame around it: left of it the original, right of it the cut-out. */
export function bindSplit(frame: HTMLElement, split: HTMLInputElement): void {
  const apply = (): void => {
    frame.style.setProperty('--split', `${split.value}%`);
    split.setAttribute('aria-valuetext', `${split.value} percent original`);
  };
  split.addEventListener('input', apply);
  apply();
}

/** A frame that holds a photo, and later its cut-out behind it with a slider between the two. */
export class CompareSlider {
  readonly frame: HTMLElement;
  private readonly before: HTMLImageElement;
  private readonly after: HTMLImageElement;
  private readonly split: HTMLInputElement;

  constructor(name: string) {
    this.before = element('img', { className: 'before', attributes: { alt: name, decoding: 'async' } });
    this.after = element('img', { className: 'after', attributes: { alt: `${name}, cut out` } });
    this.split = element('input', {
      className: 'split',
      attributes: { type: 'range', min: '0', max: '100', value: '50' },
    });
    this.split.setAttribute('aria-label', `${name}: how much of the original is shown`);
    const handle = element('span', { className: 'handle', attributes: { 'aria-hidden': 'true' } });
    const veil = element('span', { className: 'veil' });
    this.frame = element('div', { className: 'frame' }, [this.after, this.before, veil, this.split, handle]);
    bindSplit(this.frame, this.split);
    this.hide();
  }

  /** Shows the photo. Resolves with its size in pixels; undefined when the browser cannot read it. */
  showPhoto(url: string): Promise<{ width: number; height: number } | undefined> {
    return new Promise((resolve) => {
      this.before.addEventListener('load', () => {
        const { naturalWidth: width, naturalHeight: height } = this.before;
        this.frame.style.setProperty('--ratio', `${width / height}`);
        resolve({ width, height });
      });
      this.before.addEventListener('error', () => {
        this.frame.classList.add('unreadable');
        resolve(undefined);
      });
      this.before.src = url;
    });
  }

  /** How much of the work is done: that much of the photo is shown in colour. */
  showPercent(percent: number): void {
    this.frame.style.setProperty('--percent', `${percent}%`);
  }

  /** Puts the cut-out behind the photo, and uncovers half of it. */
  async showCutout(url: string): Promise<void> {
    this.after.src = url;
    await this.after.decode().catch(() => undefined);
    this.after.hidden = this.split.hidden = false;
    this.frame.classList.add('cut');
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const covered = [{ '--split': '100%' }, { '--split': `${this.split.value}%` }];
    const reveal = this.frame.animate(covered, { duration: 900, easing: 'cubic-bezier(0.3, 0.7, 0.2, 1)' });
    this.split.addEventListener('input', () => reveal.cancel(), { once: true });
  }

  /** Back to the photo alone. */
  hide(): void {
    this.after.hidden = this.split.hidden = true;
    this.after.removeAttribute('src');
    this.frame.classList.remove('cut');
    this.showPercent(0);
  }
}
