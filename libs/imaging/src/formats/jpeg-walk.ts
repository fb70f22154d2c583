import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, truncated, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type OnImageFacts, type ImageFacts } from './image-facts.js';
import { readScanHeader, ScanCoverage, wholeOf } from './jpeg-coverage.js';
import {
  EOI,
  isArithmetic,
  isFrameHeader,
  isProgressive,
  isSequentialHuffman,
  isStandalone,
  isTable,
  isUnusualFrame,
  SOS,
} from './jpeg-markers.js';

/**
 * Scans that one image may have. Each is a pass over all of it, and a few kilobytes can ask for 883 of them, which
 * decode for minutes; encoders write at most a dozen.
 */
export const MAX_SCANS = 64;

/** Marker segments of one image. 2,048 full segments are 128 MiB of metadata. */
export const MAX_SEGMENTS = 2048;
/** Bytes between segments that belong to none. */
export const MAX_STRAY_BYTES = 4096;

interface Frame {
  facts: ImageFacts;
  /** Its marker, which says how it is coded. */
  marker: number;
  /** Ids of its components. */
  components: number[];
  coverage: ScanCoverage;
}

/** What has been passed so far. */
interface Passed {
  frame: Frame | undefined;
  scans: number;
  segments: number;
  strays: number;
  /** There are tables that no scan has used yet. */
  hasNewTables: boolean;
  /** All pixels are in one scan, and it has begun: what stands behind it is no part of the image. */
  inOnlyScan: boolean;
}

/**
 * Walks a JPEG (ITU-T T.81, annex B) from after its first marker to its end; `found` is called with the frame header, and once
 * more when the image turns out to come in several passes. Pixels are passed over, not decoded. The end marker may be
 * missing where it can be proven later that nothing else is (`jpeg-repair.ts`).
 * @throws Problem `image-truncated` | `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function* walkJpeg(cursor: ByteCursor, found: OnImageFacts): Reading<void> {
  const passed: Passed = {
    ...{ frame: undefined, scans: 0, segments: 0, strays: 0 },
    ...{ hasNewTables: false, inOnlyScan: false },
  };
  for (;;) {
    const marker = yield* nextMarker(cursor, passed);
    if (marker === undefined) checkOpenEnd(passed);
    if (marker === undefined || marker === EOI) break;
    if (isStandalone(marker) || passed.inOnlyScan) continue;
    const length = (yield* cursor.take(2)).readUInt16BE(0) - 2;
    if (length < 0) throw corrupt();
    if (isFrameHeader(marker)) {
      if (passed.frame !== undefined) throw corrupt();
      passed.frame = yield* frameHeader(cursor, marker, length);
      found(passed.frame.facts);
    } else if (marker === SOS) {
      yield* scanHeader(cursor, { length, passed, found });
    } else {
      passed.hasNewTables ||= isTable(marker);
      yield* cursor.skip(length);
    }
  }
  if (passed.scans === 0) throw corrupt();
  checkScans(passed);
}

/** The next marker, or `undefined` at the end of the file. */
function* nextMarker(cursor: ByteCursor, passed: Passed): Reading<number | undefined> {
  const from = cursor.position;
  const marker = yield* cursor.skipToMarker();
  if (passed.inOnlyScan) return marker;
  // Behind a scan's header come the coded pixels; elsewhere whatever is between two segments is waste.
  if (passed.scans === 0) passed.strays += cursor.position - from - 2;
  passed.segments += 1;
  if (passed.segments > MAX_SEGMENTS || passed.strays > MAX_STRAY_BYTES) throw corrupt();
  return marker;
}

/**
 * The file ends without an end marker. Only of Huffman-coded images can it be found out whether the last scan is whole:
 * the codes are walked, or the decoder complains. It says nothing of an arithmetic-coded scan that ends early.
 * @throws Problem `image-truncated`
 */
function checkOpenEnd({ frame }: Passed): void {
  if (frame === undefined || isArithmetic(frame.marker) || !frame.coverage.isComplete) throw truncated();
}

/**
 * Encoders may leave scans out: such an image is coarse. They do not write tables for a scan that they leave out.
 * @throws Problem `image-truncated`
 */
function checkScans({ frame, hasNewTables }: Passed): void {
  if (hasNewTables && frame?.coverage.isComplete === false) throw truncated();
}

/** SOFn: precision, height, width, and of each component its id, sampling and quantization table. */
function* frameHeader(cursor: ByteCursor, marker: number, length: number): Reading<Frame> {
  if (length < 6) throw corrupt();
  const head = yield* cursor.take(6);
  const count = head.readUInt8(5);
  const [height, width] = [head.readUInt16BE(1), head.readUInt16BE(3)];
  checkKind(marker, { precision: head.readUInt8(0), isHeightLater: height === 0 && width > 0 });
  const facts = sized('jpeg', width, height, isProgressive(marker));
  if (length !== 6 + 3 * count || ![1, 3, 4].includes(count)) throw corrupt();
  const rest = yield* cursor.take(3 * count);
  const components: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const sampling = rest.readUInt8(3 * i + 1);
    if (!isFactor(sampling >> 4) || !isFactor(sampling & 15)) throw corrupt();
    components.push(rest.readUInt8(3 * i));
  }
  return { facts, marker, components, coverage: new ScanCoverage(components) };
}

/** These are JPEGs in name only: no browser shows them. @throws Problem `image-type-unsupported`, which names the kind */
function checkKind(
  marker: number,
  { precision, isHeightLater }: { precision: number; isHeightLater: boolean },
): void {
  const kind = isUnusualFrame(marker)
    ? 'lossless or hierarchical coding'
    : precision !== 8
      ? `${precision} bits a sample`
      : isHeightLater
        ? 'its height after its pixels (DNL)'
        : undefined;
  if (kind === undefined) return;
  const detail = `A JPEG with ${kind} is not supported: save it as a baseline or progressive JPEG with 8 bits`;
  throw new Problem('image-type-unsupported', { detail });
}

/** SOS. Counts scans and what they bring, and finds out from the first whether there are to be several. */
function* scanHeader(
  cursor: ByteCursor,
  { length, passed, found }: { length: number; passed: Passed; found: OnImageFacts },
): Reading<void> {
  const { frame } = passed;
  if (frame === undefined || length < 1) throw corrupt();
  passed.scans += 1;
  if (passed.scans > MAX_SCANS) throw new Problem('image-too-complex');
  const body = yield* takeScanHeader(cursor, length, frame);
  const scan = readScanHeader(body);
  passed.hasNewTables = false;
  frame.coverage.add(isProgressive(frame.marker) ? scan : wholeOf(scan.components));
  const isWhole = scan.components.length === frame.components.length;
  passed.inOnlyScan = isWhole && isSequentialHuffman(frame.marker) && passed.scans === 1;
  // Planes one after the other: the whole image is held in coefficients, as with a progressive one.
  const inPasses = passed.scans === 1 && !isWhole && !frame.facts.progressive;
  if (inPasses) found({ ...frame.facts, progressive: true });
}

/** The body of an SOS segment, a dozen bytes at most. */
function* takeScanHeader(cursor: ByteCursor, length: number, { components }: Frame): Reading<Buffer> {
  const first = yield* cursor.take(1);
  const count = first.readUInt8(0);
  if (count < 1 || count > components.length || length !== 4 + 2 * count) throw corrupt();
  return Buffer.concat([first, yield* cursor.take(length - 1)]);
}

const isFactor = (factor: number): boolean => factor >= 1 && factor <= 4;
