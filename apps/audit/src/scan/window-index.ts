import { randomInt } from 'node:crypto';

/** Length of a window, in bytes. All of them must match. */
export const WINDOW_BYTES = 24;

/** Of eight consecutive offsets of a window, one is at an address that is a multiple of eight. */
export const WORD_BYTES = 8;

/** Windows of a payload that is sampled. */
const SAMPLED_WINDOWS = 256;
/** Windows of a payload that is covered; a larger one is covered less densely. */
const MAX_COVERING_WINDOWS = 8192;
/** Windows of one index; with more than that all payloads are covered less densely. */
const MAX_WINDOWS = 300_000;
const MIN_FILTER_BITS = 20;
const MAX_FILTER_BITS = 24;
const MULTIPLY_LOW = 0x9e3779b1;
const MULTIPLY_HIGH = 0x85ebca77;

/** Bytes to search for. */
export interface Payload {
  /** Name of the canary. */
  canary: string;
  /** Which form: `input`, `tensor`, … */
  kind: string;
  bytes: Uint8Array;
  /** Size of one value for the entropy check, in bytes: 4 for float32, else 1. */
  unitBytes?: 1 | 4;
  /** Number of different values that a window needs to be evidence. */
  minDistinct?: number;
  /** Bytes at the beginning that are the same in every file of the format. */
  skipBytes?: number;
  /**
   * Distance between windows, in bytes: every piece of `everyBytes + WINDOW_BYTES - 1` bytes contains one. Default: 256
   * windows at random offsets of the payload.
   */
  everyBytes?: number;
  /** Of how many alternative forms this is one (base64 has three alignments): the share is scaled up by it. */
  alternatives?: number;
}

/** A payload in the index. */
export interface Label {
  canary: string;
  kind: string;
  payloadBytes: number;
  sampled: number;
  alternatives: number;
}

/** Windows of many payloads, indexed by the words in them. Plain arrays only: it is sent to threads. */
export interface WindowIndex {
  labels: Label[];
  /** Label of each window. */
  labelOf: Uint16Array;
  /** The windows, one after the other. */
  windows: Uint8Array;
  /** One bit for each hash that occurs. */
  filter: Uint32Array;
  /** Its length in bits is 2 to the power of this. */
  filterBits: number;
  /** Open addressing: window × 8 + offset of the word in it, plus 1; 0 is free. */
  table: Int32Array;
  /** Its length is 2 to the power of this. */
  tableBits: number;
}

/** Hash of a word, given as two halves: its top bits are used. */
export const hashOf = (low: number, high: number): number =>
  Math.imul(low, MULTIPLY_LOW) ^ Math.imul(high, MULTIPLY_HIGH);

/** Bit of `hash` in a filter of 2 to the power of `filterBits` bits. */
export const filterBit = (hash: number, filterBits: number): number => hash >>> (32 - filterBits);

/** Where the search in the table begins. Top bits again: float words that end in zeros share all low ones. */
export const firstSlot = (hash: number, tableBits: number): number => hash >>> (32 - tableBits);

/** Chooses windows across each payload and indexes them. */
export function indexPayloads(payloads: readonly Payload[], maxWindows = MAX_WINDOWS): WindowIndex {
  const wanted = payloads.reduce((sum, payload) => sum + payload.bytes.length / stepOf(payload), 0);
  const thinning = Math.max(1, wanted / maxWindows);
  const labels: Label[] = [];
  const labelOf: number[] = [];
  const starts: number[] = [];
  for (const payload of payloads) {
    const found = startsOf(payload, thinning);
    const { canary, kind, bytes, alternatives = 1 } = payload;
    const about = { canary, kind, payloadBytes: bytes.length, sampled: found.length, alternatives };
    const label = labels.push(about) - 1;
    for (const start of found) {
      starts.push(start);
      labelOf.push(label);
    }
  }
  const windows = new Uint8Array(starts.length * WINDOW_BYTES);
  starts.forEach((start, window) => {
    const { bytes } = payloads[labelOf[window] as number] as Payload;
    for (let i = 0; i < WINDOW_BYTES; i += 1) windows[window * WINDOW_BYTES + i] = bytes[start + i] as number;
  });
  return { labels, labelOf: Uint16Array.from(labelOf), windows, ...indexWords(windows) };
}

/** Bytes from the beginning of one window to that of the next. */
function stepOf({ bytes, skipBytes = 0, everyBytes }: Payload): number {
  const room = Math.max(0, bytes.length - skipBytes);
  if (everyBytes === undefined) return Math.max(WORD_BYTES, Math.floor(room / SAMPLED_WINDOWS));
  return Math.max(everyBytes, Math.ceil(room / MAX_COVERING_WINDOWS));
}

/** Where windows of a payload begin. */
function startsOf(payload: Payload, thinning: number): number[] {
  const { bytes, unitBytes = 1, minDistinct, skipBytes = 0, everyBytes } = payload;
  const min = minDistinct ?? (unitBytes === 4 ? 5 : 14);
  const step = everyBytes === undefined ? stepOf(payload) : Math.ceil(stepOf(payload) * thinning);
  const slack = everyBytes === undefined ? Math.max(0, step - WINDOW_BYTES) : 0;
  const starts: number[] = [];
  for (let at = Math.min(skipBytes, bytes.length); at + WINDOW_BYTES <= bytes.length; at += step) {
    const start = Math.min(at + (slack > 0 ? randomInt(slack) : 0), bytes.length - WINDOW_BYTES);
    if (distinct(bytes, start, unitBytes) >= min) starts.push(start);
  }
  return starts;
}

/** Number of different values in a window. Tables and plain areas have few and would match anywhere. */
function distinct(bytes: Uint8Array, start: number, unitBytes: 1 | 4): number {
  if (unitBytes === 1) return distinctBytes(bytes, start);
  const window = Buffer.from(bytes.subarray(start, start + WINDOW_BYTES));
  const values = new Set<number>();
  for (let at = 0; at < WINDOW_BYTES; at += unitBytes) values.add(window.readUInt32LE(at));
  return values.size;
}

/** For each byte value the number of the window in which it was seen last. */
const lastSeen = new Uint32Array(256);
let windowNumber = 0;

function distinctBytes(bytes: Uint8Array, start: number): number {
  windowNumber += 1;
  let count = 0;
  for (let at = start; at < start + WINDOW_BYTES; at += 1) {
    const value = bytes[at] as number;
    if (lastSeen[value] === windowNumber) continue;
    lastSeen[value] = windowNumber;
    count += 1;
  }
  return count;
}

function indexWords(windows: Uint8Array): Pick<WindowIndex, 'filter' | 'filterBits' | 'table' | 'tableBits'> {
  const count = windows.length / WINDOW_BYTES;
  const wordBits = Math.ceil(Math.log2(Math.max(1, count * WORD_BYTES)));
  const filterBits = Math.min(MAX_FILTER_BITS, Math.max(MIN_FILTER_BITS, wordBits + 3));
  const filter = new Uint32Array(2 ** filterBits / 32);
  const tableBits = Math.ceil(Math.log2(Math.max(16, count * WORD_BYTES * 4)));
  const table = new Int32Array(2 ** tableBits);
  const view = new DataView(windows.buffer, windows.byteOffset, windows.byteLength);
  for (let window = 0; window < count; window += 1) {
    for (let offset = 0; offset < WORD_BYTES; offset += 1) {
      const at = window * WINDOW_BYTES + offset;
      const hash = hashOf(view.getUint32(at, true), view.getUint32(at + 4, true));
      const bit = filterBit(hash, filterBits);
      filter[bit >>> 5] = (filter[bit >>> 5] as number) | (1 << (bit & 31));
      let slot = firstSlot(hash, tableBits);
      while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1);
      table[slot] = window * WORD_BYTES + offset + 1;
    }
  }
  return { filter, filterBits, table, tableBits };
}
