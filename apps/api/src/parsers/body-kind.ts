/** Bytes of a body or file that are looked at to see what it is: enough for the first line of a form. */
export const HEAD_BYTES = 128;

const MAX_BOUNDARY_BYTES = 70;
const MAX_NAME_BYTES = 100;
const [TAB, LF, CR, SPACE, DASH, EQUALS, BRACE] = [0x09, 0x0a, 0x0d, 0x20, 0x2d, 0x3d, 0x7b];

/** How image files begin, whatever the service takes of them. A name of a field, or `--`, begins otherwise. */
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

/** True when bytes begin as an image file does. */
export const startsAsImage = (head: Buffer): boolean =>
  IMAGES.some(([at, bytes]) => head.subarray(at, at + bytes.length).equals(bytes)) || startsAsBitmap(head);

/** BMP: a name, the size of the file, and four bytes that are 0. */
const startsAsBitmap = (head: Buffer): boolean =>
  head[0] === 0x42 && head[1] === 0x4d && head.length >= 10 && head.readUInt32LE(6) === 0;

/** How base64 of those images begins, in either alphabet, and the prefix of a data URL. */
const BASE64 = /^(?:data:|[/_]9j[/_]|iVBORw0KGg|UklGR|R0lGOD|SUkqA|TU0AK|AAAA[\w+/-]GZ0eX)/;
const BASE64_BYTES = 10;

/** True when bytes begin as an image in base64, or as a data URL. */
export const startsAsBase64 = (head: Buffer): boolean =>
  BASE64.test(head.toString('latin1', 0, BASE64_BYTES));

/** True when bytes are text: no control characters but blanks and line ends. */
export const isText = (head: Buffer): boolean =>
  head.every((byte) => (byte >= SPACE && byte !== 0x7f && byte < 0xf8) || isBlank(byte));

/** True when bytes begin as an address does. */
export const startsAsAddress = (head: Buffer): boolean =>
  /^https?:\/\//i.test(head.toString('latin1', 0, 'https://'.length));

/** True when the first byte that is no blank opens a JSON object. */
export const startsAsJson = (head: Buffer): boolean => head[firstOf(head)] === BRACE;

/** Length of a UTF-8 byte order mark, with which some programs begin a text. */
export const markBytes = (head: Buffer): number =>
  head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;

/** True when bytes begin as a urlencoded form: a name and `=`. */
export function startsAsUrlencoded(head: Buffer): boolean {
  const end = head.indexOf(EQUALS);
  return end > 0 && end <= MAX_NAME_BYTES && head.subarray(0, end).every(isOfName);
}

/**
 * The boundary of a multipart form that begins here: the first line is `--` and the boundary, the second a header of the
 * first part. Undefined when it does not look like that.
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

/** Index of the first byte that is no blank. */
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
