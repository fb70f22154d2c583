import { filterBit, firstSlot, hashOf, WINDOW_BYTES, WORD_BYTES, type WindowIndex } from './window-index.js';

/** State of a scan: for each window the number of matches and the addresses of the first few. */
export interface Finding {
  hits: Uint32Array;
  places: Place[];
}

/** Place of a match. */
export interface Place {
  window: number;
  address: number;
}

const MAX_PLACES = 2000;

/** An empty finding for an index. */
export const nothingFound = (index: WindowIndex): Finding => ({
  hits: new Uint32Array(index.labelOf.length),
  places: [],
});

/**
 * Searches bytes for the windows of an index, at any alignment: each word at a multiple of eight is looked up, and the
 * whole window around a known word is compared.
 * @param bytes begins at a multiple of eight of its buffer and has a length that is one; ends of windows that
 *   reach beyond it are not found
 * @param address of the first byte, for the report
 */
export function scanBytes(index: WindowIndex, bytes: Uint8Array, address: number, into: Finding): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, (bytes.length >>> 3) * 2);
  const { filter, filterBits } = index;
  const length = words.length;
  for (let at = 0; at < length; at += 2) {
    const low = words[at] as number;
    const high = words[at + 1] as number;
    const hash = hashOf(low, high);
    const bit = filterBit(hash, filterBits);
    if ((((filter[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1) {
      confirm(index, { bytes, at: at * 4, hash, address }, into);
    }
  }
}

interface Candidate {
  bytes: Uint8Array;
  /** Offset of the word. */
  at: number;
  hash: number;
  address: number;
}

function confirm(index: WindowIndex, { bytes, at, hash, address }: Candidate, into: Finding): void {
  const { table, tableBits, windows } = index;
  const mask = table.length - 1;
  for (let slot = firstSlot(hash, tableBits); table[slot] !== 0; slot = (slot + 1) & mask) {
    const entry = (table[slot] as number) - 1;
    const window = Math.floor(entry / WORD_BYTES);
    const start = at - (entry % WORD_BYTES);
    if (!standsAt(windows, window * WINDOW_BYTES, bytes, start)) continue;
    into.hits[window] = (into.hits[window] as number) + 1;
    if (into.places.length < MAX_PLACES) into.places.push({ window, address: address + start });
  }
}

function standsAt(windows: Uint8Array, from: number, bytes: Uint8Array, start: number): boolean {
  if (start < 0 || start + WINDOW_BYTES > bytes.length) return false;
  for (let i = 0; i < WINDOW_BYTES; i += 1) {
    if (windows[from + i] !== bytes[start + i]) return false;
  }
  return true;
}

/** Searches bytes at any offset of a buffer, such as a value of Redis or a line of a log. */
export function scanCopy(index: WindowIndex, bytes: Uint8Array, into: Finding): void {
  const copy = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES + WORD_BYTES);
  copy.set(bytes);
  scanBytes(index, copy, 0, into);
}
