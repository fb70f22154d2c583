import { orientationTiff, readOrientation } from './exif.orientation.js';
import { MAX_PROFILE_BYTES } from './colour.profile.js';
import { codingOfExif } from './exif.color.js';
import type { Piece } from './file.piece.js';
import { iccProfile } from './icc.profile.js';

/** How EXIF begins within its segment. */
export const EXIF_HEAD = Buffer.from('Exif\0\0', 'latin1');
const ICC_HEAD = Buffer.from('ICC_PROFILE\0', 'latin1');
const JFIF_HEAD = Buffer.from('JFIF\0', 'latin1');
const ADOBE_HEAD = Buffer.from('Adobe', 'latin1');

/** Bytes of these segments without thumbnails and whatever else was put behind them. */
const JFIF_BYTES = 14;
const ADOBE_BYTES = 12;

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
const SOS = 0xda;
/** DHT, DAC, DQT and DRI: tables and intervals that the scans are read with. */
const TABLES = new Set([0xc4, 0xcc, 0xdb, 0xdd]);

/** A marker segment. */
export interface Segment {
  marker: number;
  from: number;
  to: number;
  body: Buffer;
}

/** Segments up to the first scan (ITU-T T.81, annex B) that decide about pixels, then everything. */
export function* jpegPieces(file: Buffer): Generator<Piece, void> {
  const { segments, scansFrom } = segmentsOf(file);
  const hasProfile = isWholeProfile(segments.filter(isProfile));
  const exif = segments.find(({ marker, body }) => marker === APP1 && startsWith(body, EXIF_HEAD));
  yield { from: 0, to: 2 };
  for (const segment of segments) {
    const { marker, from, to } = segment;
    if (segment === exif) {
      yield* orientationOf(segment);
      yield* profileOf(segment, segments);
    } else if (marker === APP0 || marker === APP14) yield* colourSpace(segment);
    else if (isFrame(marker) || TABLES.has(marker) || (hasProfile && isProfile(segment))) yield { from, to };
  }
  yield { from: scansFrom, to: file.length };
}

/** What JFIF and Adobe say of colours, without thumbnails and whatever else stands behind it. */
function* colourSpace({ marker, from, body }: Segment): Generator<Piece, void> {
  if (marker === APP0 && startsWith(body, JFIF_HEAD) && body.length >= JFIF_BYTES) {
    yield segmentHead(APP0, JFIF_BYTES);
    yield { from: from + 4, to: from + 4 + JFIF_BYTES - 2 };
    yield Buffer.from([0, 0]);
  } else if (marker === APP14 && startsWith(body, ADOBE_HEAD) && body.length >= ADOBE_BYTES) {
    yield segmentHead(APP14, ADOBE_BYTES);
    yield { from: from + 4, to: from + 4 + ADOBE_BYTES };
  }
}

/** The guard has walked them before: every length is right, and there is a scan. */
export function segmentsOf(file: Buffer): { segments: Segment[]; scansFrom: number } {
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= file.length) {
    const marker = file[at + 1] ?? 0;
    // Fill bytes, strays, and markers that stand alone: decoders skip them too.
    if (file[at] !== 0xff || marker === 0xff || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 1;
      continue;
    }
    if (marker === SOS) break;
    const to = Math.min(at + 2 + file.readUInt16BE(at + 2), file.length);
    segments.push({ marker, from: at, to, body: file.subarray(at + 4, to) });
    at = to;
  }
  return { segments, scansFrom: at };
}

/** The orientation alone is all that is kept of EXIF; nothing when the image is stored upright. */
function* orientationOf({ body }: Segment): Generator<Piece, void> {
  const orientation = readOrientation(body.subarray(EXIF_HEAD.length));
  if (orientation === 1) return;
  const exif = Buffer.concat([EXIF_HEAD, orientationTiff(orientation)]);
  yield Buffer.concat([segmentHead(APP1, exif.length), exif]);
}

/** What EXIF says of colors, as a profile, where there is none and one of RGB fits. */
function* profileOf({ body }: Segment, segments: readonly Segment[]): Generator<Piece, void> {
  const coding = codingOfExif(body.subarray(EXIF_HEAD.length));
  const frame = segments.find(({ marker }) => isFrame(marker) && !TABLES.has(marker));
  if (coding === undefined || frame?.body[5] !== 3 || segments.some(isProfile)) return;
  const content = Buffer.concat([ICC_HEAD, Buffer.from([1, 1]), iccProfile(coding)]);
  yield Buffer.concat([segmentHead(APP2, content.length), content]);
}

function segmentHead(marker: number, bodyBytes: number): Buffer {
  const length = bodyBytes + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff]);
}

/** A profile comes in numbered parts (ICC.1, annex B.4): all of them, each once, and not too large together. */
function isWholeProfile(parts: Segment[]): boolean {
  const numbers = new Set(parts.map(({ body }) => body[ICC_HEAD.length]));
  const isNumbered = parts.every(
    ({ body }, i) => numbers.has(i + 1) && body[ICC_HEAD.length + 1] === parts.length,
  );
  return isNumbered && parts.reduce((sum, { body }) => sum + body.length, 0) <= MAX_PROFILE_BYTES;
}

const isProfile = ({ marker, body }: Segment): boolean => marker === APP2 && startsWith(body, ICC_HEAD);

/** SOF0–SOF15; DHT and DAC, which share the range, are kept as well. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8;

const startsWith = (bytes: Buffer, head: Buffer): boolean => bytes.subarray(0, head.length).equals(head);
