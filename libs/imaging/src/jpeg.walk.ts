import { Problem } from '#contracts/problem.catalogue.js';
import { corrupt, type ByteCursor, type Reading } from './byte.cursor.js';
import { sized, type FactsHeard, type ImageFacts } from './image.facts.js';

/**
 * Scans that one image may have. Each is a pass over all of it, and a few kilobytes can ask for 883 of them, which
 * decode for minutes; encoders write at most a dozen.
 */
const MAX_SCANS = 64;

/** Bounds on marker segments and on bytes that belong to none. 2,048 full segments are 128 MiB of metadata. */
const MAX_SEGMENTS = 2048;
const MAX_STRAY_BYTES = 4096;

const EOI = 0xd9;
const SOS = 0xda;
/** Lossless and hierarchical coding, which no browser and no camera knows: SOF3, 5 to 7, 11, 13 to 15. */
const UNTAKEN_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf]);

interface Frame {
  facts: ImageFacts;
  components: number;
}

/** What has been passed so far. */
interface Passed {
  frame: Frame | undefined;
  scans: number;
  segments: number;
  strays: number;
}

/**
 * Walks a JPEG (ITU-T T.81, annex B) from after its first marker to its end; `found` hears the frame header, and once
 * more when the image turns out to come in several passes. Pixels are passed over, not decoded.
 * @throws Problem `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function* walkJpeg(cursor: ByteCursor, found: FactsHeard): Reading<void> {
  const passed: Passed = { frame: undefined, scans: 0, segments: 0, strays: 0 };
  for (;;) {
    const marker = yield* nextMarker(cursor, passed);
    if (marker === EOI) break;
    if (isStandalone(marker)) continue;
    const length = (yield* cursor.take(2)).readUInt16BE(0) - 2;
    if (length < 0) throw corrupt();
    if (isFrameHeader(marker)) {
      if (passed.frame !== undefined) throw corrupt();
      passed.frame = yield* frameHeader(cursor, marker, length);
      found(passed.frame.facts);
    } else if (marker === SOS) {
      yield* scanHeader(cursor, { length, passed, found });
    } else {
      yield* cursor.skip(length);
    }
  }
  if (passed.scans === 0) throw corrupt();
}

function* nextMarker(cursor: ByteCursor, passed: Passed): Reading<number> {
  const from = cursor.position;
  const marker = yield* cursor.skipToMarker();
  // Behind a scan's header come the coded pixels; elsewhere whatever is between two segments is waste.
  if (passed.scans === 0) passed.strays += cursor.position - from - 2;
  passed.segments += 1;
  if (passed.segments > MAX_SEGMENTS || passed.strays > MAX_STRAY_BYTES) throw corrupt();
  return marker;
}

/** SOFn: precision, height, width, and of each component its sampling. */
function* frameHeader(cursor: ByteCursor, marker: number, length: number): Reading<Frame> {
  if (length < 6) throw corrupt();
  const head = yield* cursor.take(6);
  const components = head.readUInt8(5);
  const facts = sized('jpeg', head.readUInt16BE(3), head.readUInt16BE(1), isProgressive(marker));
  // 12 bits, lossless and hierarchical coding are JPEGs in name only: nothing in use reads them.
  if (UNTAKEN_FRAMES.has(marker) || head.readUInt8(0) !== 8) throw new Problem('image-type-unsupported');
  if (length !== 6 + 3 * components || ![1, 3, 4].includes(components)) throw corrupt();
  const rest = yield* cursor.take(3 * components);
  for (let i = 0; i < components; i += 1) {
    const sampling = rest.readUInt8(3 * i + 1);
    if (!isFactor(sampling >> 4) || !isFactor(sampling & 15)) throw corrupt();
  }
  return { facts, components };
}

/** SOS. Counts scans, and finds out from the first whether there are to be several. */
function* scanHeader(
  cursor: ByteCursor,
  { length, passed, found }: { length: number; passed: Passed; found: FactsHeard },
): Reading<void> {
  const { frame } = passed;
  if (frame === undefined || length < 1) throw corrupt();
  passed.scans += 1;
  if (passed.scans > MAX_SCANS) throw new Problem('image-too-complex');
  const components = (yield* cursor.take(1)).readUInt8(0);
  if (components < 1 || components > frame.components || length !== 4 + 2 * components) throw corrupt();
  yield* cursor.skip(length - 1);
  // Planes one after the other: the whole image is held in coefficients, as with a progressive one.
  const inPasses = passed.scans === 1 && components < frame.components && !frame.facts.progressive;
  if (inPasses) found({ ...frame.facts, progressive: true });
}

const isFactor = (factor: number): boolean => factor >= 1 && factor <= 4;

/** TEM and SOI have no length. */
const isStandalone = (marker: number): boolean => marker === 0x01 || marker === 0xd8;

/** SOF0–SOF15 without DHT, JPG and DAC, which share the range. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** SOF2, SOF6, SOF10 and SOF14: the image comes in several scans over all of it. */
const isProgressive = (marker: number): boolean => (marker & 3) === 2;
