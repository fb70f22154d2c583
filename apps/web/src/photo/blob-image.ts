import { element } from '../dom-element.js';

/** How long a revoked object URL stays valid, for a browser that is saving the image. */
const REVOKE_MS = 60_000;

/** Revokes an object URL after the browser has had time to save its image. */
export const revokeLater = (url: string): unknown => setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);

/** An image element that shows a blob and revokes its object URL. */
export class BlobImage {
  readonly element: HTMLImageElement;
  private url: string | undefined;

  constructor(className: string, attributes: Record<string, string> = {}) {
    this.element = element('img', { className, attributes: { alt: '', ...attributes } });
  }

  /** Shows a blob instead of the previous one. Resolves when it is decoded. */
  async show(blob: Blob): Promise<void> {
    const old = this.url;
    this.url = URL.createObjectURL(blob);
    this.element.src = this.url;
    await this.element.decode().catch(() => undefined);
    if (old !== undefined) URL.revokeObjectURL(old);
  }

  /** Shows the image at an object URL of another owner. */
  borrow(url: string): void {
    this.element.src = url;
  }

  /** Shows its own blob again after `borrow`. */
  restore(): void {
    if (this.url === undefined) this.element.removeAttribute('src');
    else if (this.element.src !== this.url) this.element.src = this.url;
  }

  /** Removes the image. */
  clear(): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = undefined;
    this.element.removeAttribute('src');
  }
}
