import { codingOfExif, orientationTiff, readOrientation } from './exif.js';
import { MAX_PROFILE_BYTES } from './image-facts.js';
import { iccProfile } from './icc-profile.js';
import type { Piece } from './file-piece.js';
import {
  APP0,
  APP1,
  APP14,
  APP2,
  EOI,
  isFrameHeader,
  isProgressive,
  isTable,
  nextSegment,
  SOS,
  type Segment,
} from './jpeg-segments.js';

/** Start of EXIF in its segment. */
export const EXIF_HEAD = Buffer.from('Exif\0\0', 'latin1');
const ICC_HEAD = Buffer.from('ICC_PROFILE\0', 'latin1');
const JFIF_HEAD = Buffer.from('JFIF\0', 'latin1');
const ADOBE_HEAD = Buffer.from('Adobe', 'latin1');

/** Bytes of these segments without thumbnails and trailing data. */
const JFIF_BYTES = 14;
const ADOBE_BYTES = 12;

/** The latest revision of JFIF. */
const JFIF_REVISION = Buffer.from([1, 2]);

/** Spectral selection of a sequential scan header: all 64 coefficients, with all their bits. */
const SEQUENTIAL_SCAN = Buffer.from([0, 63, 0]);

/**
 * Segments up to the first scan (ITU-T T.81, annex B) that affect pixels, then everything else. Values that decoders
 * warn about but ignore are corrected: an unknown revision of JFIF, an unknown color transform of Adobe, and the
 * coefficient range in the header of a sequential scan.
 */
export function* jpegPieces(file: Buffer): Generator<Piece, void> {
  const { segments, scansFrom } = segmentsOf(file);
  const hasProfile = isCompleteProfile(segments.filter(isProfile));
  const exif = segments.find(({ marker, body }) => marker === APP1 && startsWith(body, EXIF_HEAD));
  const frame = segments.find(({ marker }) => isFrameHeader(marker));
  yield { from: 0, to: 2 };
  for (const segment of segments) {
    const { marker, from, to } = segment;
    if (segment === exif) {
      yield* orientationOf(segment);
      yield* profileOf(segment, segments);
    } else if (marker === APP0) yield* jfifOf(segment);
    else if (marker === APP14) yield* adobeOf(segment, frame?.body[5] ?? 0);
    else if (isFrameHeader(marker) || isTable(marker) || (hasProfile && isProfile(segment)))
      yield { from, to };
  }
  yield* scansOf(file, scansFrom, frame);
}

/** JFIF's color and density fields, without a thumbnail. */
function* jfifOf({ from, body }: Segment): Generator<Piece, void> {
  if (!startsWith(body, JFIF_HEAD) || body.length < JFIF_BYTES) return;
  const major = from + 4 + JFIF_HEAD.length;
  yield segmentHead(APP0, JFIF_BYTES);
  yield { from: from + 4, to: major };
  yield body[JFIF_HEAD.length] === 1 ? { from: major, to: major + 2 } : JFIF_REVISION;
  yield { from: major + 2, to: from + 4 + JFIF_BYTES - 2 };
  yield Buffer.from([0, 0]);
}

/** Adobe's color transform. For an unknown one, decoders assume YCbCr, or YCCK with four components. */
function* adobeOf({ from, body }: Segment, components: number): Generator<Piece, void> {
  if (!startsWith(body, ADOBE_HEAD) || body.length < ADOBE_BYTES) return;
  const transform = body[ADOBE_BYTES - 1] ?? 0;
  const usual = components === 4 ? 2 : 1;
  yield segmentHead(APP14, ADOBE_BYTES);
  yield { from: from + 4, to: from + 4 + ADOBE_BYTES - 1 };
  yield Buffer.from([transform === 0 ? 0 : usual]);
}

/** Everything from the first scan on, with corrected headers of sequential scans. */
function* scansOf(file: Buffer, scansFrom: number, frame: Segment | undefined): Generator<Piece, void> {
  let from = scansFrom;
  const isSequential = frame !== undefined && !isProgressive(frame.marker);
  for (let at = scansFrom; isSequential;) {
    const segment = nextSegment(file, at);
    if (segment === undefined || segment.marker === EOI) break;
    at = segment.to;
    if (segment.marker !== SOS || segment.body.length < SEQUENTIAL_SCAN.length) continue;
    yield { from, to: at - SEQUENTIAL_SCAN.length };
    yield SEQUENTIAL_SCAN;
    from = at;
    // All components in one scan: nothing after it is read.
    if (segment.body[0] === frame.body[5]) break;
  }
  yield { from, to: file.length };
}

/** Segments before the first scan. The guard has checked their lengths, and that there is a scan. */
export function segmentsOf(file: Buffer): { segments: Segment[]; scansFrom: number } {
  const segments: Segment[] = [];
  for (let at = 2; ;) {
    const segment = nextSegment(file, at);
    if (segment === undefined) return { segments, scansFrom: file.length };
    if (segment.marker === SOS || segment.marker === EOI) return { segments, scansFrom: segment.from };
    segments.push(segment);
    at = segment.to;
  }
}

/** EXIF reduced to the orientation; nothing for an upright image. */
function* orientationOf({ body }: Segment): Generator<Piece, void> {
  const orientation = readOrientation(body.subarray(EXIF_HEAD.length));
  if (orientation === 1) return;
  const exif = Buffer.concat([EXIF_HEAD, orientationTiff(orientation)]);
  yield Buffer.concat([segmentHead(APP1, exif.length), exif]);
}

/** EXIF's color space as a profile, when the image is RGB and has no profile. */
function* profileOf({ body }: Segment, segments: readonly Segment[]): Generator<Piece, void> {
  const coding = codingOfExif(body.subarray(EXIF_HEAD.length));
  const frame = segments.find(({ marker }) => isFrameHeader(marker));
  if (coding === undefined || frame?.body[5] !== 3 || segments.some(isProfile)) return;
  yield profileSegments(iccProfile(coding));
}

/** Bytes of a profile in one segment, besides its length, name, number and count (ICC.1, annex B.4). */
const MAX_PART_BYTES = 65_535 - 2 - ICC_HEAD.length - 2;

/** The segments of a profile, of at most 65,519 bytes each. */
export function profileSegments(profile: Buffer): Buffer {
  const count = Math.ceil(profile.length / MAX_PART_BYTES);
  const segments = Array.from({ length: count }, (_, i) => {
    const part = profile.subarray(i * MAX_PART_BYTES, (i + 1) * MAX_PART_BYTES);
    const content = Buffer.concat([ICC_HEAD, Buffer.from([i + 1, count]), part]);
    return Buffer.concat([segmentHead(APP2, content.length), content]);
  });
  return Buffer.concat(segments);
}

function segmentHead(marker: number, bodyBytes: number): Buffer {
  const length = bodyBytes + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff]);
}

/** True when all numbered parts of a profile (ICC.1, annex B.4) are present once, and are not too large together. */
function isCompleteProfile(parts: Segment[]): boolean {
  const numbers = new Set(parts.map(({ body }) => body[ICC_HEAD.length]));
  const isNumbered = parts.every(
    ({ body }, i) => numbers.has(i + 1) && body[ICC_HEAD.length + 1] === parts.length,
  );
  return isNumbered && parts.reduce((sum, { body }) => sum + body.length, 0) <= MAX_PROFILE_BYTES;
}

const isProfile = ({ marker, body }: Segment): boolean => marker === APP2 && startsWith(body, ICC_HEAD);

const startsWith = (bytes: Buffer, head: Buffer): boolean => bytes.subarray(0, head.length).equals(head);
