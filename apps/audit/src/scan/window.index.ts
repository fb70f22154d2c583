import { randomInt } from 'node:crypto';

/** Length of a window: what must stand in memory, byte for byte, to count as found. */
export const WINDOW_BYTES = 24;

/** One in eight neighbouring offsets of a window stands at an address that is a multiple of eight. */
export const WORD_BYTES = 8;

const MOST_WINDOWS = 256;
const FILTER_BITS = 20;
const MULTIPLY_LOW = 0x9e3779b1;
const MULTIPLY_HIGH = 0x85ebca77;

/** Something that must not be found. */
export interface Payload {
  /** Which canary it is a form of. */
  canary: string;
  /** Which form: `input`, `tensor`, … */
  kind: string;
  bytes: Uint8Array;
  /** Size of what counts as one value when entropy is judged: 4 for float32, else 1. */
  unitBytes?: 1 | 4;
  /** How many different values a window needs to be evidence. */
  leastDistinct?: number;
  /** Bytes at the beginning that are the same in every file of the format. */
  skipBytes?: number;
  /** Of how many alternative forms this is one (base64 has three alignments): the share is scaled up by it. */
  alternatives?: number;
}

/** A payload as the index knows it. */
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
  /** Open addressing: window × 8 + offset of the word in it, plus 1; 0 is free. */
  table: Int32Array;
  /** Its length is 2 to the power of this. */
  tableBits: number;
}

/** Hash of a word, given as two halves: its top bits are used. */
export const hashOf = (low: number, high: number): number =>
  Math.imul(low, MULTIPLY_LOW) ^ Math.imul(high, MULTIPLY_HIGH);

/** Bit of `hash` in the filter. */
export const filterBit = (hash: number): number => hash >>> (32 - FILTER_BITS);

/** Where the search in the table begins. Top bits again: float words that end in zeros share all low ones. */
export const firstSlot = (hash: number, tableBits: number): number => hash >>> (32 - tableBits);

/** Chooses windows all over each payload, at random places, and indexes them. */
export function indexPayloads(payloads: readonly Payload[]): WindowIndex {
  const labels: Label[] = [];
  const labelOf: number[] = [];
  const pieces: Uint8Array[] = [];
  for (const payload of payloads) {
    const windows = windowsOf(payload);
    const { canary, kind, bytes, alternatives = 1 } = payload;
    const label = labels.push({
      canary,
      kind,
      payloadBytes: bytes.length,
      sampled: windows.length,
      alternatives,
    });
    for (const window of windows) {
      pieces.push(window);
      labelOf.push(label - 1);
    }
  }
  const windows = new Uint8Array(Buffer.concat(pieces));
  return { labels, labelOf: Uint16Array.from(labelOf), windows, ...indexWords(windows) };
}

function windowsOf({ bytes, unitBytes = 1, leastDistinct, skipBytes = 0 }: Payload): Uint8Array[] {
  const least = leastDistinct ?? (unitBytes === 4 ? 5 : 14);
  const from = Math.min(skipBytes, bytes.length);
  const room = bytes.length - from;
  const step = Math.max(WORD_BYTES, Math.floor(room / MOST_WINDOWS));
  const slack = Math.max(0, step - WINDOW_BYTES);
  const windows: Uint8Array[] = [];
  for (let at = from; at + WINDOW_BYTES <= bytes.length; at += step) {
    const start = Math.min(at + (slack > 0 ? randomInt(slack) : 0), bytes.length - WINDOW_BYTES);
    const window = bytes.subarray(start, start + WINDOW_BYTES);
    if (distinct(window, unitBytes) >= least) windows.push(window);
  }
  return windows;
}

/** How many different values a window has: tables and plain areas have few, and would be found anywhere. */
function distinct(window: Uint8Array, unitBytes: 1 | 4): number {
  if (unitBytes === 1) return new Set(window).size;
  const bytes = Buffer.from(window);
  const values = new Set<number>();
  for (let at = 0; at < bytes.length; at += unitBytes) values.add(bytes.readUInt32LE(at));
  return values.size;
}

function indexWords(windows: Uint8Array): Pick<WindowIndex, 'filter' | 'table' | 'tableBits'> {
  const count = windows.length / WINDOW_BYTES;
  const filter = new Uint32Array(2 ** FILTER_BITS / 32);
  const tableBits = Math.ceil(Math.log2(Math.max(16, count * WORD_BYTES * 4)));
  const table = new Int32Array(2 ** tableBits);
  const view = new DataView(windows.buffer, windows.byteOffset, windows.byteLength);
  for (let window = 0; window < count; window += 1) {
    for (let offset = 0; offset < WORD_BYTES; offset += 1) {
      const at = window * WINDOW_BYTES + offset;
      const hash = hashOf(view.getUint32(at, true), view.getUint32(at + 4, true));
      const bit = filterBit(hash);
      filter[bit >>> 5] = (filter[bit >>> 5] as number) | (1 << (bit & 31));
      let slot = firstSlot(hash, tableBits);
      while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1);
      table[slot] = window * WORD_BYTES + offset + 1;
    }
  }
  return { filter, table, tableBits };
}
