import { closeSync, openSync, readSync } from 'node:fs';
import { nothingFound, scanBytes, type Finding } from './buffer-scan.js';
import { ownPages, regionsOf, type Run } from './process-map.js';
import { WORD_BYTES, WINDOW_BYTES, type WindowIndex } from './window-index.js';

/** Bytes per read: small enough to stay in the CPU cache between the copy and the search. */
const PIECE_BYTES = 262_144;
/** Overlap of two reads, so that a window across the boundary is found. */
const OVERLAP_BYTES = 64;

const piece = new Uint8Array(PIECE_BYTES + 2 * OVERLAP_BYTES);

/** Scans a run of pages. Returns the number of bytes that could be read. */
export function scanRun(index: WindowIndex, memory: number, { start, end }: Run, into: Finding): number {
  let read = 0;
  for (let at = start; at < end; at += PIECE_BYTES) {
    const before = at === start ? 0 : OVERLAP_BYTES;
    const wanted = Math.min(PIECE_BYTES, end - at) + before;
    const got = readAt(memory, wanted, at - before);
    const usable = got - (got % WORD_BYTES);
    if (usable >= WINDOW_BYTES) scanBytes(index, piece.subarray(0, usable), at - before, into);
    read += Math.max(0, got - before);
  }
  return read;
}

/** Pages may be unmapped during the read. An unmapped page holds no data. */
function readAt(memory: number, bytes: number, address: number): number {
  try {
    return readSync(memory, piece, 0, bytes, address);
  } catch {
    return 0;
  }
}

/** Scans the memory of one process on this thread. */
export function scanProcess(pid: number, index: WindowIndex): { found: Finding; bytes: number } {
  const found = nothingFound(index);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    let bytes = 0;
    for (const run of ownPages(pid, regionsOf(pid))) bytes += scanRun(index, memory, run, found);
    return { found, bytes };
  } finally {
    closeSync(memory);
  }
}
