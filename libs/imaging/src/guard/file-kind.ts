import { FORMAT_NAMES, type InputFormat } from '#contracts/input-formats.js';
import { Problem } from '#contracts/problem-catalog.js';

/** Bytes at the start of a file by which its kind is known. */
export const KIND_BYTES = 64;

/** The beginning of a file, and whether that is all of it. */
export interface FileHead {
  bytes: Uint8Array;
  isWhole: boolean;
}

type Test = (head: FileHead) => boolean;

/** The bytes of a text in Latin-1. */
const codesOf = (text: string): readonly number[] => Array.from(Buffer.from(text, 'latin1'));

/** True when `text` (Latin-1) stands at a place. */
const has =
  (text: string, at = 0): Test =>
  ({ bytes }) =>
    codesOf(text).every((code, i) => bytes[at + i] === code);

const any =
  (...tests: Test[]): Test =>
  (head) =>
    tests.some((test) => test(head));

/** One of several words at a place. */
const oneOf = (at: number, ...texts: string[]): Test => any(...texts.map((text) => has(text, at)));

const lower = (byte = 0): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** A word that text begins with, whatever its case, behind a byte order mark and blanks. */
const begins =
  (...words: string[]): Test =>
  ({ bytes }) => {
    let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (isBlank(bytes[from])) from += 1;
    return words.some((word) => codesOf(word).every((code, i) => lower(bytes[from + i]) === code));
  };

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/** Printable ASCII, blanks, and bytes beyond ASCII, as UTF-8 has them. */
const isText: Test = ({ bytes }) =>
  bytes.length > 0 && bytes.every((byte) => isBlank(byte) || (byte >= 0x20 && byte !== 0x7f && byte < 0xf8));

const EXTENSIONS = [
  ...['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'bmp', 'avif', 'tif', 'tiff'],
  ...['heic', 'heif', 'svg', 'pdf', 'jxl', 'psd', 'mp4', 'mov'],
];

/** A whole text that is nothing but a name with the extension of an image. */
const isFileName: Test = (head) => {
  if (!head.isWhole || !isText(head)) return false;
  let end = head.bytes.length;
  while (end > 0 && isBlank(head.bytes[end - 1])) end -= 1;
  const dot = head.bytes.subarray(0, end).lastIndexOf(0x2e);
  const hasLineEnd = head.bytes.subarray(0, end).some((byte) => byte === 0x0a);
  const isExtension = (word: string): boolean =>
    word.length === end - dot - 1 &&
    codesOf(word).every((code, i) => lower(head.bytes[dot + 1 + i]) === code);
  return dot !== -1 && !hasLineEnd && EXTENSIONS.some(isExtension);
};

const tiffHead = oneOf(0, 'II*\0', 'MM\0*', 'II+\0', 'MM\0+');

/** How files of the formats begin that the service can take. */
const FORMATS: readonly (readonly [InputFormat, Test])[] = [
  ['jpeg', has('\xff\xd8')],
  ['png', has('\x89PNG\r\n\x1a\n')],
  ['webp', (head) => has('RIFF')(head) && has('WEBP', 8)(head)],
  ['gif', oneOf(0, 'GIF87a', 'GIF89a')],
  ['bmp', (head) => has('BM')(head) && has('\0\0\0', 15)(head)],
  ['avif', (head) => has('ftyp', 4)(head) && hasBrand(head, 'avif', 'avis')],
  ['tiff', tiffHead],
];

/** True when the major brand of an ISO file, or one of those that it is compatible with, is one of these. */
function hasBrand(head: FileHead, ...brands: string[]): boolean {
  const size = ((head.bytes[2] ?? 0) << 8) | (head.bytes[3] ?? 0);
  const end = Math.min(size, head.bytes.length);
  for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) if (oneOf(at, ...brands)(head)) return true;
  return false;
}

const isoWith =
  (...brands: string[]): Test =>
  (head) =>
    has('ftyp', 4)(head) && hasBrand(head, ...brands);

const SEND_BYTES =
  'Send the bytes of the file: curl does so with --data-binary @NAME, or with -F image=@NAME.';

/** What else people send, most particular first, and what to do about it. */
const OTHERS: readonly (readonly [Test, string])[] = [
  [
    isoWith('heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'),
    'This is a HEIC photo, as iPhones take them. Export it as JPEG. The web page converts it by itself, and so do SDK and command line where libheif-js and sharp are installed.',
  ],
  [
    any(
      isoWith('crx '),
      has('CR', 8),
      oneOf(0, 'FUJIFILMCCD-RAW', 'IIRO', 'IIRS', 'MMOR', 'IIU\0', 'FOVb', '\0MRM'),
    ),
    'This is a camera raw file. Export it as JPEG.',
  ],
  [
    any(has('ftyp', 4), has('\x1aE\xdf\xa3'), has('AVI ', 8)),
    'This is a video. Export one picture of it as JPEG or PNG.',
  ],
  [oneOf(0, '\xff\x0a', '\0\0\0\x0cJXL '), 'This is a JPEG XL image. Export it as JPEG or PNG.'],
  [oneOf(0, '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'), 'This is a JPEG 2000 image. Export it as JPEG or PNG.'],
  [has('II\xbc'), 'This is a JPEG XR image. Export it as JPEG or PNG.'],
  [has('8BPS'), 'This is a Photoshop document. Export it as PNG or JPEG.'],
  [has('%PDF'), 'This is a PDF document. Export the page as PNG or JPEG.'],
  [oneOf(0, '%!PS', '\xc5\xd0\xd3\xc6'), 'This is a PostScript document. Export it as PNG or JPEG.'],
  [oneOf(0, '\0\0\x01\0', '\0\0\x02\0'), 'This is an icon file. Export its picture as PNG.'],
  [
    oneOf(0, '\x89PNG', '\x89PNG\n'.slice(1)),
    'This PNG was changed on its way, as a transfer as text does. Send it as binary.',
  ],
  [begins('<svg'), 'This is an SVG drawing. Export it as PNG.'],
  [
    begins('<!doctype html', '<html', '<head', '<body'),
    'This is a web page, not an image: a link may have led to a page about the image.',
  ],
  [begins('<?xml', '<!doctype', '<'), 'This is XML or SVG, not a photo. Export a drawing as PNG.'],
  [
    oneOf(0, 'PK\x03\x04', 'Rar!', "7z\xbc\xaf'\x1c", '\x1f\x8b', '\xfd7zXZ', 'BZh', '\x28\xb5\x2f\xfd'),
    'This is an archive. Unpack it, and send its images one by one.',
  ],
  [begins('data:'), 'This is a data URL. Decode its Base64, and send the bytes.'],
  [
    begins('/9j/', 'ivborw0kgg', 'r0lgod', 'uklgr'),
    'This is an image in Base64. Decode it, and send the bytes.',
  ],
  [
    begins('http://', 'https://'),
    'This is the address of an image. Send its bytes, or its address as the field image_url where the service fetches images.',
  ],
  [isFileName, `This is the name of a file, not what is in it. ${SEND_BYTES}`],
  [
    begins('{', '['),
    'This is JSON, not an image. Send the bytes of the image, or set the Content-Type of what you send.',
  ],
  [
    begins('--'),
    'This looks like a multipart form without its Content-Type. Let the HTTP client set that header, with its boundary.',
  ],
  [isText, `This is text, not an image. ${SEND_BYTES}`],
];

/**
 * What bytes are that the service does not take as an image, and what to do about it, in one or two sentences;
 * undefined when their kind is not known. Nothing of the bytes is repeated.
 */
export function describeBytes(head: FileHead): string | undefined {
  return OTHERS.find(([test]) => test(head))?.[1];
}

/**
 * The refusal of a file that is none of the formats that are taken.
 * @param head its first `KIND_BYTES` bytes, fewer when it is shorter
 */
export function unsupportedFile(head: FileHead, formats: readonly InputFormat[]): Problem {
  return new Problem('image-type-unsupported', { detail: detailOf(head, formats), accepted: formats });
}

function detailOf(head: FileHead, formats: readonly InputFormat[]): string {
  const names = formats.map((format) => FORMAT_NAMES[format]);
  const taken = `Taken are ${names.slice(0, -1).join(', ')}${names.length > 1 ? ' and ' : ''}${names.at(-1)}.`;
  const [format] = FORMATS.find(([, test]) => test(head)) ?? [];
  const isOff = format !== undefined && !formats.includes(format);
  // A camera's raw file begins as a TIFF does.
  const isRaw = tiffHead(head) && has('CR', 8)(head);
  if (isOff && !isRaw) {
    return `This is a ${FORMAT_NAMES[format]} image, and the operator of this service has not enabled ${FORMAT_NAMES[format]} (INPUT_FORMATS). ${taken}`;
  }
  const kind = format === undefined || isRaw ? describeBytes(head) : undefined;
  return kind === undefined ? taken : `${kind} ${taken}`;
}
