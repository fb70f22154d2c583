import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Finding } from './buffer-scan.js';
import { nameOfPlace, ownPages, regionsOf, type Region, type Run } from './process-map.js';
import type { ThreadResult, ThreadTask } from './scan-thread.js';
import { tallyOf, type KindTally } from './tally.js';
import type { WindowIndex } from './window-index.js';

const MAX_THREADS = 4;
const SLICE_BYTES = 8 * 1_048_576;
const MAX_PLACES_REPORTED = 3;

/** Scan of one process. */
export interface MemoryScan {
  pid: number;
  /** Bytes scanned. */
  bytes: number;
  kinds: KindTally[];
}

/** Scans the memory of several processes in parallel. An ended process gives no findings. */
export async function scanMemory(pids: readonly number[], index: WindowIndex): Promise<MemoryScan[]> {
  const maps = pids.map((pid) => mapOf(pid));
  const slices = maps.flatMap(({ runs }, place) => runs.flatMap((run) => slicesOf(place, run)));
  const shared = new Float64Array(new SharedArrayBuffer(slices.length * 8));
  shared.set(slices);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const task: ThreadTask = { index, pids: [...pids], slices: shared, next };
  const threads = Math.min(MAX_THREADS, availableParallelism());
  const results = await Promise.all(Array.from({ length: threads }, () => runThread(task)));
  return pids.map((pid, place) => {
    const bytes = results.reduce((sum, result) => sum + (result.bytes[place] ?? 0), 0);
    const found = merge(results.map((result) => result.found[place] as Finding));
    const regions = maps[place]?.regions ?? [];
    const kinds = tallyOf(index, found, (address) => nameOfPlace(regions, address), MAX_PLACES_REPORTED);
    return { pid, bytes, kinds };
  });
}

function mapOf(pid: number): { regions: Region[]; runs: Run[] } {
  try {
    const regions = regionsOf(pid);
    return { regions, runs: ownPages(pid, regions) };
  } catch {
    return { regions: [], runs: [] };
  }
}

/** Slices of a run overlap, so that no window falls between two threads. */
function slicesOf(place: number, { start, end }: Run): number[] {
  const numbers: number[] = [];
  for (let at = start; at < end; at += SLICE_BYTES) {
    numbers.push(place, Math.max(start, at - 64), Math.min(end, at + SLICE_BYTES));
  }
  return numbers;
}

function runThread(workerData: ThreadTask): Promise<ThreadResult> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./scan-thread.js', import.meta.url), { workerData });
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

function merge(findings: Finding[]): Finding {
  const hits = new Uint32Array(findings[0]?.hits.length ?? 0);
  for (const finding of findings)
    finding.hits.forEach((count, window) => (hits[window] = (hits[window] ?? 0) + count));
  return { hits, places: findings.flatMap(({ places }) => places) };
}
