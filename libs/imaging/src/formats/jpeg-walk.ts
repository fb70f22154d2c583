import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, truncated, type ByteCursor, type Reading } from './byte-cursor.js';
import { sized, type ImageFacts, type OnImageFacts } from './image-facts.js';
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
} from './jpeg-segments.js';

/**
 * Limit on scans. Each is a pass over the whole image, and a few kilobytes can contain 883 of them, which decode for
 * minutes; encoders write at most a dozen.
 */
export const MAX_SCANS = 64;

/** Limits on marker segments and on bytes outside of segments. 2,048 full segments are 128 MiB of metadata. */
export const MAX_SEGMENTS = 2048;
export const MAX_STRAY_BYTES = 4096;

interface Frame {
  facts: ImageFacts;
  /** Its marker, which identifies the coding. */
  marker: number;
  /** Ids of its components. */
  components: number[];
  coverage: ScanCoverage;
}

/** State of the walk. */
interface WalkState {
  frame: Frame | undefined;
  scans: number;
  segments: number;
  strayBytes: number;
  /** Tables were defined that no scan has used yet. */
  hasNewTables: boolean;
  /** All pixels are in one scan, which has started: bytes after it are not part of the image. */
  inOnlyScan: boolean;
}

/**
 * Walks a JPEG (ITU-T T.81, annex B) from after its first marker to its end. `onFacts` is called with the frame
 * header, and again when the image turns out to have several passes. Pixels are skipped, not decoded. The end marker
 * may be missing if it is shown later that nothing else is missing (`jpeg-repair.ts`).
 * @throws Problem `image-truncated` | `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function* walkJpeg(cursor: ByteCursor, onFacts: OnImageFacts): Reading<void> {
  const state: WalkState = {
    ...{ frame: undefined, scans: 0, segments: 0, strayBytes: 0 },
    ...{ hasNewTables: false, inOnlyScan: false },
  };
  for (;;) {
    const marker = yield* nextMarker(cursor, state);
    if (marker === undefined) checkOpenEnd(state);
    if (marker === undefined || marker === EOI) break;
    if (isStandalone(marker) || state.inOnlyScan) continue;
    const length = (yield* cursor.take(2)).readUInt16BE(0) - 2;
    if (length < 0) throw corrupt();
    if (isFrameHeader(marker)) {
      if (state.frame !== undefined) throw corrupt();
      state.frame = yield* frameHeader(cursor, marker, length);
      onFacts(state.frame.facts);
    } else if (marker === SOS) {
      yield* scanHeader(cursor, { length, state, onFacts });
    } else {
      state.hasNewTables ||= isTable(marker);
      yield* cursor.skip(length);
    }
  }
  if (state.scans === 0) throw corrupt();
  checkScans(state);
}

/** The next marker, or `undefined` at the end of the file. */
function* nextMarker(cursor: ByteCursor, state: WalkState): Reading<number | undefined> {
  const from = cursor.position;
  const marker = yield* cursor.skipToMarker();
  if (state.inOnlyScan) return marker;
  // Coded pixels follow a scan header; elsewhere bytes between two segments are strays.
  if (state.scans === 0) state.strayBytes += cursor.position - from - 2;
  state.segments += 1;
  if (state.segments > MAX_SEGMENTS || state.strayBytes > MAX_STRAY_BYTES) throw corrupt();
  return marker;
}

/**
 * Handles a missing end marker. Only for Huffman-coded images can the completeness of the last scan be determined:
 * the codes are walked, or the decoder warns. Decoders accept an arithmetic-coded scan that ends early.
 * @throws Problem `image-truncated`
 */
function checkOpenEnd({ frame }: WalkState): void {
  if (frame === undefined || isArithmetic(frame.marker) || !frame.coverage.isComplete) throw truncated();
}

/**
 * Encoders may omit scans, which gives a coarse image. They do not write tables for an omitted scan.
 * @throws Problem `image-truncated`
 */
function checkScans({ frame, hasNewTables }: WalkState): void {
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

/** Rejects JPEG variants that no browser shows. @throws Problem `image-type-unsupported`, which names the variant */
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

/** SOS: counts scans and their coverage, and detects an image of several scans from the first one. */
function* scanHeader(
  cursor: ByteCursor,
  { length, state, onFacts }: { length: number; state: WalkState; onFacts: OnImageFacts },
): Reading<void> {
  const { frame } = state;
  if (frame === undefined || length < 1) throw corrupt();
  state.scans += 1;
  if (state.scans > MAX_SCANS) throw new Problem('image-too-complex');
  const body = yield* takeScanHeader(cursor, length, frame);
  const scan = readScanHeader(body);
  state.hasNewTables = false;
  frame.coverage.add(isProgressive(frame.marker) ? scan : sequentialScan(scan.components));
  const hasAllComponents = scan.components.length === frame.components.length;
  state.inOnlyScan = hasAllComponents && isSequentialHuffman(frame.marker) && state.scans === 1;
  // Planes in separate scans: the decoder holds the whole image in coefficients, as for a progressive one.
  const inPasses = state.scans === 1 && !hasAllComponents && !frame.facts.progressive;
  if (inPasses) onFacts({ ...frame.facts, progressive: true });
}

/** The body of an SOS segment, a dozen bytes at most. */
function* takeScanHeader(cursor: ByteCursor, length: number, { components }: Frame): Reading<Buffer> {
  const first = yield* cursor.take(1);
  const count = first.readUInt8(0);
  if (count < 1 || count > components.length || length !== 4 + 2 * count) throw corrupt();
  return Buffer.concat([first, yield* cursor.take(length - 1)]);
}

const isFactor = (factor: number): boolean => factor >= 1 && factor <= 4;

const COEFFICIENTS = 64;
/** The coefficient is not in any scan so far. */
const MISSING = 255;

/** A scan header (SOS): which coefficients of which components the scan contains, and to how many bits. */
export interface ScanHeader {
  /** Ids of the components. */
  components: readonly number[];
  /** First and last coefficient, in zigzag order. */
  first: number;
  last: number;
  /** Low bits that later scans contain (`Al`). */
  low: number;
}

/**
 * Tracks which coefficients the scan headers of a JPEG have covered. When all are covered, a file that lacks only its
 * end marker can be distinguished from one that was cut between two scans.
 */
export class ScanCoverage {
  private readonly low: Map<number, Uint8Array>;

  /** @param components ids as in the frame header */
  constructor(components: readonly number[]) {
    this.low = new Map(components.map((id) => [id, new Uint8Array(COEFFICIENTS).fill(MISSING)]));
  }

  /** Adds a scan. Components that the frame does not have are ignored. */
  add({ components, first, last, low }: ScanHeader): void {
    for (const id of components) this.low.get(id)?.fill(low, first, last + 1);
  }

  /** True when every coefficient of every component has all its bits. */
  get isComplete(): boolean {
    return [...this.low.values()].every((low) => low.every((bits) => bits === 0));
  }
}

/** All coefficients of the components, which every scan of a sequential image contains, whatever its header says. */
export const sequentialScan = (components: readonly number[]): ScanHeader => ({
  components,
  first: 0,
  last: COEFFICIENTS - 1,
  low: 0,
});

/** Reads the body of an SOS segment: count, id and tables of each component, first, last, bits. */
export function readScanHeader(body: Buffer): ScanHeader {
  const count = body[0] ?? 0;
  const components = Array.from({ length: count }, (_, i) => body[1 + 2 * i] ?? 0);
  const [first = 0, last = 0, bits = 0] = body.subarray(1 + 2 * count);
  return { components, first, last, low: bits & 15 };
}
