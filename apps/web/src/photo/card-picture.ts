import { element } from '../dom-element.js';
import { alternative } from '../i18n/page-words.js';
import { icon } from '../icons.js';
import { BlobImage } from './blob-image.js';
import type { FullSize } from './full-size.js';

/** Time for which the pointer rests on a picture before its full-size result is encoded. */
const REST_MS = 150;

/** The image of the result is a button as well: Enter opens it large. */
const RESULT = { role: 'button', tabindex: '0', 'aria-keyshortcuts': 'Enter' };

/**
 * The picture of a card: the photo while it is in progress, then the edited result alone. At rest it shows small copies. When
 * the pointer or the focus is on the result, the image is the full-size one, so that the browser's own ways to save, copy and
 * drag an image take that.
 */
export class CardPicture {
  readonly element: HTMLElement;
  /** The box of the picture, in its proportions. */
  readonly box: HTMLElement;
  private readonly photo = new BlobImage('photo', { draggable: 'false', decoding: 'async' });
  private readonly image = new BlobImage('result', RESULT);
  private isDisposed = false;
  private rest: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param name name of the photo
   * @param fullSize the full-size result
   * @param onFail called if the full-size result cannot be encoded
   */
  constructor(
    private readonly name: string,
    private readonly fullSize: FullSize,
    private readonly onFail: () => void,
  ) {
    const veil = element('span', { className: 'veil' });
    this.box = element('div', { className: 'picture' }, [this.result, this.photo.element, veil]);
    this.element = element('div', { className: 'stage' }, [icon('image'), this.box]);
    alternative(this.result, 'cutout.alt', { name });
    this.hideResult();
    this.showFullSizeOnUse();
  }

  /** The image of the result. */
  get result(): HTMLImageElement {
    return this.image.element;
  }

  /** Shows the photo. @param ratio width / height */
  showPhoto(small: Blob, ratio: number): void {
    this.element.style.setProperty('--ratio', String(ratio));
    if (this.element.dataset['shown'] === 'none') this.element.dataset['shown'] = 'photo';
    void this.photo.show(small);
  }

  /** Shows progress: this percentage of the photo is in color. */
  showPercent(percent: number): void {
    this.element.style.setProperty('--percent', `${percent}%`);
  }

  /** Shows the result. The first one is revealed by a wipe. `photo` is the photo, cropped alike. */
  async showResult(photo: Blob | undefined, result: Blob, ratio: number): Promise<void> {
    if (this.isDisposed) return;
    await this.image.show(result);
    if (photo !== undefined) this.showPhoto(photo, ratio);
    else this.element.style.setProperty('--ratio', String(ratio));
    this.element.dataset['shown'] = 'result';
    // Photo and result have one description each; the photo is a part of the comparison.
    this.photo.element.alt = '';
    if (this.result.matches(':hover, :focus')) void this.showFullSize();
  }

  /** Shows only the photo. */
  hideResult(): void {
    const hasPhoto = this.photo.element.hasAttribute('src');
    this.element.dataset['shown'] = hasPhoto ? 'photo' : 'none';
    this.image.clear();
    this.photo.element.alt = this.name;
    this.showPercent(0);
  }

  /** Shows the small copy again, when the full-size result is released. */
  showSmall(): void {
    this.image.restore();
  }

  /** Shows the full-size result at once if it is encoded. */
  showFullSizeNow(): void {
    const { url } = this.fullSize;
    if (url !== undefined) this.image.borrow(url);
  }

  /** Encodes and decodes the full-size result, then shows it in place of the small copy. */
  async showFullSize(): Promise<void> {
    if (this.element.dataset['shown'] !== 'result') return;
    try {
      await this.fullSize.get();
      const { url } = this.fullSize;
      if (url === undefined || this.result.src === url) return;
      // The image is decoded before it is shown, so that the picture does not flash.
      const decoded = new Image();
      decoded.src = url;
      await decoded.decode().catch(() => undefined);
      if (this.fullSize.url === url) this.image.borrow(url);
    } catch {
      this.onFail();
    }
  }

  /** Releases the images. */
  dispose(): void {
    this.isDisposed = true;
    clearTimeout(this.rest);
    this.photo.clear();
    this.image.clear();
  }

  private showFullSizeOnUse(): void {
    const { result } = this;
    result.addEventListener('pointerenter', ({ pointerType }) => {
      if (pointerType === 'mouse') this.rest = setTimeout(() => void this.showFullSize(), REST_MS);
    });
    result.addEventListener('pointerleave', () => clearTimeout(this.rest));
    result.addEventListener('pointerdown', () => void this.showFullSize());
    result.addEventListener('focus', () => void this.showFullSize());
  }
}
