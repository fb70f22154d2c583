import { HEIC_HEAD_BYTES, isHeic } from '#sdk/heic-image.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Advice } from './problem-advice.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './photo-limits.js';

const HEAD_BYTES = 32;
const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

/** Unsupported file types that the page can name, by their first bytes. */
const UNSUPPORTED: readonly [test: (head: string) => boolean, kind: TextKey][] = [
  [(head) => /^ftyp(?:mif1|msf1)/.test(head.slice(4)), 'file.heic'],
  [(head) => head.startsWith('ftyp', 4), 'file.video'],
  [(head) => head.startsWith('%PDF'), 'file.pdf'],
  [(head) => head.startsWith('II*\0') || head.startsWith('MM\0*'), 'file.tiff'],
  [(head) => /^\s*<(?:svg|\?xml)/.test(head), 'file.svg'],
];

/** Formats that the service accepts and browsers can show. Excludes TIFF, which few browsers can show. */
const isAccepted = (head: string): boolean =>
  head.startsWith('\xff\xd8\xff') ||
  head.startsWith(PNG_SIGNATURE) ||
  /^GIF8[79]a/.test(head) ||
  (head.startsWith('BM') && head.startsWith('\0\0\0', 15)) ||
  isAvif(head) ||
  (head.startsWith('RIFF') && head.startsWith('WEBP', 8));

/** True if a file is HEIC, by its first bytes. The page converts it to JPEG. */
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
 * Why a file is rejected before it is sent; undefined if it is accepted. Checks the first bytes, as the service does, and
 * not the name.
 */
export async function refusalOfFile(file: Blob): Promise<Advice | undefined> {
  const head = await headOf(file);
  if (head === undefined) return { title: ['file.unreadable'], next: 'file.unreadable.next' };
  if (file.size === 0) return { title: ['file.empty'], next: 'file.empty.next' };
  if (!isAccepted(head) && !(await isHeicFile(file))) {
    const kind = UNSUPPORTED.find(([test]) => test(head))?.[1];
    return { title: [kind ?? 'file.unknown'], next: 'next.save' };
  }
  if (file.size > MAX_FILE_BYTES)
    return { title: ['file.too-large', { size: { bytes: MAX_FILE_BYTES } }], next: 'next.export' };
  return undefined;
}

/** Why a photo of this size in pixels is rejected; undefined if it is accepted. */
export function refusalOfSize(width: number, height: number): Advice | undefined {
  if (width * height <= MAX_PIXELS) return undefined;
  const megapixels = Math.ceil((width * height) / 1e6);
  return { title: ['file.pixels', { megapixels, limit: MAX_PIXELS / 1e6 }], next: 'next.scale' };
}
