/** Bytes of a body or file that decide its kind: enough for the first line of a form. */
export const HEAD_BYTES = 128;

const MAX_BOUNDARY_BYTES = 70;
const MAX_NAME_BYTES = 100;
const [TAB, LF, CR, SPACE, DASH, EQUALS, BRACE] = [0x09, 0x0a, 0x0d, 0x20, 0x2d, 0x3d, 0x7b];

/** Signatures of image files, supported or not. Names of fields and boundaries start differently. */
const IMAGES: readonly [at: number, bytes: Buffer][] = (
  [
    [0, 'ffd8ff'],
    [0, '89504e47'],
    [0, Buffer.from('RIFF').toString('hex')],
    [0, Buffer.from('GIF8').toString('hex')],
    [0, '49492a00'],
    [0, '4d4d002a'],
    [4, Buffer.from('ftyp').toString('hex')],
  ] as const
).map(([at, hex]) => [at, Buffer.from(hex, 'hex')]);

/** True when the bytes start with the signature of an image file. */
export const startsAsImage = (head: Buffer): boolean =>
  IMAGES.some(([at, bytes]) => head.subarray(at, at + bytes.length).equals(bytes)) || startsAsBitmap(head);

/** BMP: `BM`, the size of the file, and four zero bytes. */
const startsAsBitmap = (head: Buffer): boolean =>
  head[0] === 0x42 && head[1] === 0x4d && head.length >= 10 && head.readUInt32LE(6) === 0;

/** The same signatures in base64, in both alphabets, and the prefix of a data URL. */
const BASE64 = /^(?:data:|[/_]9j[/_]|iVBORw0KGg|UklGR|R0lGOD|SUkqA|TU0AK|AAAA[\w+/-]GZ0eX)/;
const BASE64_BYTES = 10;

/** True when the bytes start an image in base64, or a data URL. */
export const startsAsBase64 = (head: Buffer): boolean =>
  BASE64.test(head.toString('latin1', 0, BASE64_BYTES));

/** True when the bytes are text: no control characters except blanks and line ends. */
export const isText = (head: Buffer): boolean =>
  head.every((byte) => (byte >= SPACE && byte !== 0x7f && byte < 0xf8) || isBlank(byte));

/** True when the bytes start an http or https URL. */
export const startsAsUrl = (head: Buffer): boolean =>
  /^https?:\/\//i.test(head.toString('latin1', 0, 'https://'.length));

/** True when the first byte that is not blank starts a JSON object. */
export const startsAsJson = (head: Buffer): boolean => head[firstOf(head)] === BRACE;

/** Length of the UTF-8 byte order mark at the start. */
export const markBytes = (head: Buffer): number =>
  head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;

/** True when the bytes start a urlencoded form: a name and `=`. */
export function startsAsUrlencoded(head: Buffer): boolean {
  const end = head.indexOf(EQUALS);
  return end > 0 && end <= MAX_NAME_BYTES && head.subarray(0, end).every(isOfName);
}

/**
 * The boundary of a multipart form: the first line is `--` and the boundary, the second a header of the first part.
 * Undefined when the bytes are not the start of such a form.
 */
export function boundaryIn(head: Buffer): string | undefined {
  const start = firstOf(head);
  const end = head.indexOf(LF, start);
  if (end === -1 || head[start] !== DASH || head[start + 1] !== DASH) return undefined;
  let last = end;
  while (isBlank(head[last - 1])) last -= 1;
  const boundary = head.subarray(start + 2, last);
  const isHeader = head.toString('latin1', end + 1, end + 9).toLowerCase() === 'content-';
  const fits = boundary.length > 0 && boundary.length <= MAX_BOUNDARY_BYTES && boundary.every(isOfBoundary);
  return isHeader && fits ? boundary.toString('latin1') : undefined;
}

/** Index of the first byte that is not blank. */
function firstOf(head: Buffer): number {
  let at = markBytes(head);
  while (at < head.length && isBlank(head[at])) at += 1;
  return at;
}

const isBlank = (byte: number | undefined): boolean =>
  byte === SPACE || byte === TAB || byte === CR || byte === LF;

const among = (letters: string): ((byte: number) => boolean) => {
  const bytes = new Set(
    Buffer.from(`${letters}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789`),
  );
  return (byte) => bytes.has(byte);
};
const isOfName = among('_-.%+*[]');
const isOfBoundary = among("'()+_,-./:=? ");
