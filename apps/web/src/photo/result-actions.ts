import type { TextKey } from '../i18n/en-words.js';
import { saveFile } from '../dom-element.js';
import type { FullSize } from './full-size.js';

const PNG = 'image/png';

/** True if the browser can share image files. */
export const canShareImages = (): boolean => {
  const file = new File([''], 'photo.png', { type: PNG });
  return 'canShare' in navigator && navigator.canShare({ files: [file] });
};

/** What an action did: the text to show, if any, and whether the result was taken out of the page. */
export interface Outcome {
  say?: TextKey;
  isTaken: boolean;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** Ways to take the full-size edited result out of the page. */
export class ResultActions {
  /** @param asPng encodes the edited result as PNG, the only format of images on a clipboard */
  constructor(
    private readonly fullSize: FullSize,
    private readonly asPng: () => Promise<File>,
  ) {}

  /** Downloads the result. @throws PixelProblem */
  async download(): Promise<Outcome> {
    const file = await this.fullSize.get();
    saveFile(file, file.name);
    return { isTaken: true };
  }

  /** Copies the result as PNG. */
  async copy(): Promise<Outcome> {
    try {
      // The promise goes in at once: Safari allows a copy only in the task of the press.
      const item = new ClipboardItem({ [PNG]: this.png() });
      await navigator.clipboard.write([item]);
      return { say: 'copy.done', isTaken: true };
    } catch {
      return { say: 'copy.failed', isTaken: false };
    }
  }

  /** Opens the system's share sheet with the result. @throws PixelProblem */
  async share(): Promise<Outcome> {
    const file = await this.fullSize.get();
    try {
      await navigator.share({ files: [file] });
      return { isTaken: true };
    } catch (error) {
      if (nameOf(error) === 'AbortError') return { isTaken: false };
      // The press was too long ago when the result was encoded. The next press has it at hand.
      const isLate = nameOf(error) === 'NotAllowedError';
      return { say: isLate ? 'share.ready' : 'share.failed', isTaken: false };
    }
  }

  /**
   * Adds the result to a drag of its image, under its name. False if it is not encoded yet: a drag now would take the small
   * copy.
   */
  drag({ dataTransfer }: DragEvent): boolean {
    const { file, url } = this.fullSize;
    if (file === undefined || url === undefined || dataTransfer === null) return false;
    dataTransfer.effectAllowed = 'copy';
    // Chromium saves a file that is dragged to a folder from this.
    dataTransfer.setData('DownloadURL', `${file.type}:${file.name}:${url}`);
    return true;
  }

  private async png(): Promise<Blob> {
    const file = await this.fullSize.get();
    return file.type === PNG ? file : this.asPng();
  }
}

/** Keeps the page from taking its own image as a new photo while it is dragged. */
export function ignoreOwnDrag(image: HTMLElement): void {
  const stop = (event: Event): void => event.stopPropagation();
  const names = ['dragenter', 'dragover', 'dragleave', 'drop'] as const;
  let listening: AbortController | undefined;
  image.addEventListener('dragstart', () => {
    listening = new AbortController();
    for (const name of names)
      window.addEventListener(name, stop, { capture: true, signal: listening.signal });
  });
  image.addEventListener('dragend', () => listening?.abort());
}
