import { closeSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { nothingFound, type Finding } from './buffer-scan.js';
import { scanRun } from './slice-scan.js';
import type { WindowIndex } from './window-index.js';

/** Input of a thread. Threads take slices from one counter, so that none is idle while another works. */
export interface ThreadTask {
  index: WindowIndex;
  pids: number[];
  /** Three numbers each: index in `pids`, first address, address after the last. */
  slices: Float64Array;
  /** Number of the next slice. */
  next: Int32Array;
}

/** Result of a thread, by index in `pids`. */
export interface ThreadResult {
  found: Finding[];
  bytes: number[];
}

function work({ index, pids, slices, next }: ThreadTask): ThreadResult {
  const found = pids.map(() => nothingFound(index));
  const bytes = pids.map(() => 0);
  const memories = pids.map((pid) => openMemory(pid));
  const count = slices.length / 3;
  for (let slice = Atomics.add(next, 0, 1); slice < count; slice = Atomics.add(next, 0, 1)) {
    const [place = 0, start = 0, end = 0] = slices.subarray(slice * 3, slice * 3 + 3);
    const memory = memories[place];
    if (memory === undefined) continue;
    bytes[place] = (bytes[place] ?? 0) + scanRun(index, memory, { start, end }, found[place] as Finding);
  }
  for (const memory of memories) if (memory !== undefined) closeSync(memory);
  return { found, bytes };
}

function openMemory(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return undefined;
  }
}

parentPort?.postMessage(work(workerData as ThreadTask));
