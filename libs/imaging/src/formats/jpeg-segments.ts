import { EOI, isRestart, SOI } from './jpeg-markers.js';

/** A marker segment of a JPEG in memory. */
export interface Segment {
  /** Second byte of its marker. */
  marker: number;
  /** Where its marker begins, and where the segment ends; never outside of the file. */
  from: number;
  to: number;
  /** What follows the length; a part of the file. Empty for EOI. */
  body: Buffer;
  /** False when the file ends within the segment, or its length is impossible. */
  isWhole: boolean;
}

/**
 * The first segment at or behind a place in a file, EOI included. Strays, fill bytes, coded pixels and markers that
 * stand alone are passed over, as decoders do.
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
  if (marker === EOI) return { marker, from, to: from + 2, body: Buffer.alloc(0), isWhole: true };
  const length = from + 4 <= file.length ? file.readUInt16BE(from + 2) : 0;
  const to = Math.min(from + 2 + Math.max(length, 2), file.length);
  return {
    ...{ marker, from, to, body: file.subarray(from + 4, to) },
    isWhole: length >= 2 && from + 2 + length <= file.length,
  };
}
