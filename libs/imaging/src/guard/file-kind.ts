import { FORMAT_NAMES, type InputFormat } from '#contracts/input-formats.js';
import { Problem } from '#contracts/problem-catalog.js';

/** Bytes at the start of a file from which its type is detected. */
export const KIND_BYTES = 64;

/** The first bytes of a file, and whether they are the whole file. */
export interface FileHead {
  bytes: Uint8Array;
  isWhole: boolean;
}

type Test = (head: FileHead) => boolean;

/** The bytes of a text in Latin-1. */
const codesOf = (text: string): readonly number[] => Array.from(Buffer.from(text, 'latin1'));

/** True when `text` (Latin-1) is at an offset. */
const has =
  (text: string, at = 0): Test =>
  ({ bytes }) =>
    codesOf(text).every((code, i) => bytes[at + i] === code);

const any =
  (...tests: Test[]): Test =>
  (head) =>
    tests.some((test) => test(head));

/** One of several texts at an offset. */
const oneOf = (at: number, ...texts: string[]): Test => any(...texts.map((text) => has(text, at)));

const lower = (byte = 0): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** Text that starts with one of the words in any case, after a byte order mark and white space. */
const startsWithText =
  (...words: string[]): Test =>
  ({ bytes }) => {
    let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (isBlank(bytes[from])) from += 1;
    return words.some((word) => codesOf(word).every((code, i) => lower(bytes[from + i]) === code));
  };

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/** Printable ASCII, white space, and bytes above ASCII, as in UTF-8. */
const isText: Test = ({ bytes }) =>
  bytes.length > 0 && bytes.every((byte) => isBlank(byte) || (byte >= 0x20 && byte !== 0x7f && byte < 0xf8));

const EXTENSIONS = [
  ...['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'bmp', 'avif', 'tif', 'tiff'],
  ...['heic', 'heif', 'svg', 'pdf', 'jxl', 'psd', 'mp4', 'mov'],
];

/** A complete text that is only a file name with an image extension. */
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

/** Signatures of the formats that the service can accept. */
const FORMATS: readonly (readonly [InputFormat, Test])[] = [
  ['jpeg', has('\xff\xd8')],
  ['png', has('\x89PNG\r\n\x1a\n')],
  ['webp', (head) => has('RIFF')(head) && has('WEBP', 8)(head)],
  ['gif', oneOf(0, 'GIF87a', 'GIF89a')],
  ['bmp', (head) => has('BM')(head) && has('\0\0\0', 15)(head)],
  ['avif', (head) => has('ftyp', 4)(head) && hasBrand(head, 'avif', 'avis')],
  ['tiff', tiffHead],
];

/** True when the major brand of an ISO file, or a compatible brand, is one of these. */
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

/** Other file types, most specific first, with advice for the client. */
const OTHERS: readonly (readonly [Test, string])[] = [
  [
    isoWith('heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'),
    'This is a HEIC photo, as iPhones take them. Export it as JPEG. The web page converts it automatically; the SDK and the command line do so if libheif-js and sharp are installed.',
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
    'This PNG was damaged by a transfer in text mode. Send it as binary.',
  ],
  [startsWithText('<svg'), 'This is an SVG drawing. Export it as PNG.'],
  [
    startsWithText('<!doctype html', '<html', '<head', '<body'),
    'This is a web page, not an image: a link may have led to a page about the image.',
  ],
  [startsWithText('<?xml', '<!doctype', '<'), 'This is XML or SVG, not a photo. Export a drawing as PNG.'],
  [
    oneOf(0, 'PK\x03\x04', 'Rar!', "7z\xbc\xaf'\x1c", '\x1f\x8b', '\xfd7zXZ', 'BZh', '\x28\xb5\x2f\xfd'),
    'This is an archive. Unpack it and send its images one by one.',
  ],
  [startsWithText('data:'), 'This is a data URL. Decode its Base64, and send the bytes.'],
  [
    startsWithText('/9j/', 'ivborw0kgg', 'r0lgod', 'uklgr'),
    'This is an image in Base64. Decode it, and send the bytes.',
  ],
  [
    startsWithText('http://', 'https://'),
    'This is the address of an image. Send its bytes, or its address as the field image_url where the service fetches images.',
  ],
  [isFileName, `This is the name of a file, not its content. ${SEND_BYTES}`],
  [
    startsWithText('{', '['),
    'This is JSON, not an image. Send the bytes of the image, or set the Content-Type of what you send.',
  ],
  [
    startsWithText('--'),
    'This looks like a multipart form without its Content-Type. Let the HTTP client set that header, with its boundary.',
  ],
  [isText, `This is text, not an image. ${SEND_BYTES}`],
];

/**
 * Describes bytes that are not an accepted image, with advice in one or two sentences; undefined when the type is
 * unknown. The text contains nothing of the bytes.
 */
export function describeBytes(head: FileHead): string | undefined {
  return OTHERS.find(([test]) => test(head))?.[1];
}

/**
 * The error for a file of a type that is not accepted.
 * @param head its first `KIND_BYTES` bytes, fewer when it is shorter
 */
export function unsupportedFile(head: FileHead, formats: readonly InputFormat[]): Problem {
  return new Problem('image-type-unsupported', { detail: detailOf(head, formats), accepted: formats });
}

function detailOf(head: FileHead, formats: readonly InputFormat[]): string {
  const names = formats.map((format) => FORMAT_NAMES[format]);
  const accepted = `Accepted formats: ${names.slice(0, -1).join(', ')}${names.length > 1 ? ' and ' : ''}${names.at(-1)}.`;
  const [format] = FORMATS.find(([, test]) => test(head)) ?? [];
  const isOff = format !== undefined && !formats.includes(format);
  // Some camera raw files start like a TIFF.
  const isRaw = tiffHead(head) && has('CR', 8)(head);
  if (isOff && !isRaw) {
    return `This is a ${FORMAT_NAMES[format]} image, and the operator of this service has not enabled ${FORMAT_NAMES[format]} (INPUT_FORMATS). ${accepted}`;
  }
  const kind = format === undefined || isRaw ? describeBytes(head) : undefined;
  return kind === undefined ? accepted : `${kind} ${accepted}`;
}
