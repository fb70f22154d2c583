/** Second bytes of JPEG markers (ITU-T T.81, table B.1). */
export const RST0 = 0xd0;
export const SOI = 0xd8;
export const EOI = 0xd9;
export const SOS = 0xda;
export const DHT = 0xc4;
export const DQT = 0xdb;
export const DRI = 0xdd;
export const APP0 = 0xe0;
export const APP1 = 0xe1;
export const APP2 = 0xe2;
export const APP14 = 0xee;
const TEM = 0x01;
const JPG = 0xc8;
const DAC = 0xcc;

/** Markers of tables and restart intervals. */
export const isTable = (marker: number): boolean => [DHT, DAC, DQT, DRI].includes(marker);

/** SOF0 to SOF15 without DHT, JPG and DAC, which share the range. */
export const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![DHT, JPG, DAC].includes(marker);

/** Lossless and hierarchical coding, which browsers and cameras do not use: SOF3, 5 to 7, 11, 13 to 15. */
export const isUnusualFrame = (marker: number): boolean =>
  [0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf].includes(marker);

/** SOF2, SOF6, SOF10 and SOF14: several scans, each over the whole image. */
export const isProgressive = (marker: number): boolean => (marker & 3) === 2;

/** SOF0 and SOF1: each block is coded once, by Huffman codes. */
export const isSequentialHuffman = (marker: number): boolean => marker === 0xc0 || marker === 0xc1;

/** SOF9 and above: arithmetic coding. */
export const isArithmetic = (marker: number): boolean => isFrameHeader(marker) && marker >= 0xc9;

/** RST0 to RST7. */
export const isRestart = (marker: number): boolean => marker >= RST0 && marker <= RST0 + 7;

/** TEM and SOI have no length. */
export const isStandalone = (marker: number): boolean => marker === TEM || marker === SOI;

/** A marker segment of a JPEG in memory. */
export interface Segment {
  /** Second byte of its marker. */
  marker: number;
  /** Offsets of its marker and of its end; never outside of the file. */
  from: number;
  to: number;
  /** Content after the length; a part of the file. Empty for EOI. */
  body: Buffer;
  /** False when the file ends within the segment, or its length is invalid. */
  isComplete: boolean;
}

/**
 * The first segment at or after an offset, including EOI. Stray bytes, fill bytes, coded pixels and standalone
 * markers are skipped, as in decoders.
 */
export function nextSegment(file: Buffer, at: number): Segment | undefined {
  for (let from = file.indexOf(0xff, at); from !== -1; from = file.indexOf(0xff, from + 1)) {
    const marker = file[from + 1] ?? 0;
    if (marker >= 0xc0 && marker !== 0xff && marker !== SOI && !isRestart(marker))
      return segmentAt(file, from, marker);
  }
  return undefined;
}

function segmentAt(file: Buffer, from: number, marker: number): Segment {
  if (marker === EOI) return { marker, from, to: from + 2, body: Buffer.alloc(0), isComplete: true };
  const length = from + 4 <= file.length ? file.readUInt16BE(from + 2) : 0;
  const to = Math.min(from + 2 + Math.max(length, 2), file.length);
  return {
    ...{ marker, from, to, body: file.subarray(from + 4, to) },
    isComplete: length >= 2 && from + 2 + length <= file.length,
  };
}
