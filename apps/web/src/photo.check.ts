import type { Advice } from './problem.advice.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './photo.limits.js';
import { bytesText } from './quantity.text.js';

const HEAD_BYTES = 32;
const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

/** Kinds of file the page can name when it turns them down, told by their first bytes. */
const KNOWN_REFUSALS: readonly [test: (head: string) => boolean, kind: string][] = [
  [(head) => /^ftyp(?:hei|hev|mif1|msf1)/.test(head.slice(4)), 'a HEIC photo'],
  [(head) => head.startsWith('ftypavif', 4), 'an AVIF image'],
  [(head) => head.startsWith('ftyp', 4), 'a video'],
  [(head) => head.startsWith('GIF8'), 'a GIF'],
  [(head) => head.startsWith('%PDF'), 'a PDF'],
  [(head) => head.startsWith('BM'), 'a BMP image'],
  [(head) => head.startsWith('II*\0') || head.startsWith('MM\0*'), 'a TIFF or camera raw file'],
  [(head) => /^\s*<(?:svg|\?xml)/.test(head), 'an SVG drawing'],
];

const isAccepted = (head: string): boolean =>
  head.startsWith('\xff\xd8\xff') ||
  head.startsWith(PNG_SIGNATURE) ||
  (head.startsWith('RIFF') && head.startsWith('WEBP', 8));

async function headOf(file: Blob): Promise<string | undefined> {
  try {
    return String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  } catch {
    return undefined;
  }
}

/**
 * Why a file cannot be taken, told before anything is sent; undefined when it looks right. Judged by its first
 * bytes as the service does, not by its name.
 */
export async function refusalOfFile(file: Blob): Promise<Advice | undefined> {
  const head = await headOf(file);
  if (head === undefined) {
    return {
      title: 'This could not be read.',
      next: 'Folders are not taken: choose the photos themselves, or open the file once and try again.',
    };
  }
  if (file.size === 0) return { title: 'This file is empty.', next: 'Choose the photo again.' };
  if (!isAccepted(head)) {
    const kind = KNOWN_REFUSALS.find(([test]) => test(head))?.[1];
    return {
      title: kind ? `This is ${kind}.` : 'This is not a photo we can read.',
      next: 'Save it as JPEG, PNG or WebP and drop it again.',
    };
  }
  if (file.size > MAX_FILE_BYTES) {
    return {
      title: `This file is over the limit of ${bytesText(MAX_FILE_BYTES)}.`,
      next: 'Export it smaller, or as JPEG, and drop it again.',
    };
  }
  return undefined;
}

/** Why a photo of this many pixels cannot be taken; undefined when it can. */
export function refusalOfSize(width: number, height: number): Advice | undefined {
  if (width * height <= MAX_PIXELS) return undefined;
  const megapixels = Math.ceil((width * height) / 1e6);
  return {
    title: `This photo has ${megapixels} megapixels; the limit is ${MAX_PIXELS / 1e6}.`,
    next: 'Scale it down and drop it again.',
  };
}
