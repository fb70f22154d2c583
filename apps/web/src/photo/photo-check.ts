import { HEIC_HEAD_BYTES, isHeic } from '#sdk/heic-image.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Advice } from './problem-advice.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './photo-limits.js';

const HEAD_BYTES = 32;
const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

/** Kinds of file the page can name when it turns them down, told by their first bytes. */
const KNOWN_REFUSALS: readonly [test: (head: string) => boolean, kind: TextKey][] = [
  [(head) => /^ftyp(?:mif1|msf1)/.test(head.slice(4)), 'file.heic'],
  [(head) => head.startsWith('ftyp', 4), 'file.video'],
  [(head) => head.startsWith('%PDF'), 'file.pdf'],
  [(head) => head.startsWith('II*\0') || head.startsWith('MM\0*'), 'file.tiff'],
  [(head) => /^\s*<(?:svg|\?xml)/.test(head), 'file.svg'],
];

/** Formats that the service takes and browsers show. TIFF, which few browsers show, is left to the other ways. */
const isAccepted = (head: string): boolean =>
  head.startsWith('\xff\xd8\xff') ||
  head.startsWith(PNG_SIGNATURE) ||
  /^GIF8[79]a/.test(head) ||
  (head.startsWith('BM') && head.startsWith('\0\0\0', 15)) ||
  isAvif(head) ||
  (head.startsWith('RIFF') && head.startsWith('WEBP', 8));

/** True when a file is HEIC, judged by its first bytes: the page makes a JPEG of it. */
export async function isHeicFile(file: Blob): Promise<boolean> {
  const head = await file
    .slice(0, HEIC_HEAD_BYTES)
    .arrayBuffer()
    .catch(() => new ArrayBuffer(0));
  return isHeic(new Uint8Array(head));
}

/** `avif` or `avis` among the first brands. */
const isAvif = (head: string): boolean => head.startsWith('ftyp', 4) && /avi[fs]/.test(head.slice(8));

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
  if (head === undefined) return { title: ['file.unreadable'], next: 'file.unreadable.next' };
  if (file.size === 0) return { title: ['file.empty'], next: 'file.empty.next' };
  if (!isAccepted(head) && !(await isHeicFile(file))) {
    const kind = KNOWN_REFUSALS.find(([test]) => test(head))?.[1];
    return { title: [kind ?? 'file.unknown'], next: 'next.save' };
  }
  if (file.size > MAX_FILE_BYTES)
    return { title: ['file.too-large', { size: { bytes: MAX_FILE_BYTES } }], next: 'next.export' };
  return undefined;
}

/** Why a photo of this many pixels cannot be taken; undefined when it can. */
export function refusalOfSize(width: number, height: number): Advice | undefined {
  if (width * height <= MAX_PIXELS) return undefined;
  const megapixels = Math.ceil((width * height) / 1e6);
  return { title: ['file.pixels', { megapixels, limit: MAX_PIXELS / 1e6 }], next: 'next.scale' };
}
