import { availableParallelism, totalmem } from 'node:os';
import type { Settings } from './settings.schema.js';

/** What processes can share. */
export interface Machine {
  /** Processors that this process may use. */
  cores: number;
  /** Main memory that this process may use, in MiB. */
  memoryMb: number;
}

/** How the work is spread. */
export interface ProcessLayout {
  /** Worker processes. */
  workers: number;
  /** CPU threads of one inference. */
  threads: number;
}

/** More threads than this no longer make one image faster. */
const MAX_THREADS = 8;
/** Up to this many cores one image is worth all of them. */
const SMALL_MACHINE_CORES = 4;
/** The engine at work on a photo of 24 megapixels takes 0.7 GB, its worker and the queue the rest. */
const WORKER_MB = 1024;
const MIB = 1024 * 1024;

/** The machine, or the share of it that its control group allows. */
export function machineOf(): Machine {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { cores: availableParallelism(), memoryMb: Math.floor(bytes / MIB) };
}

type Wish = Pick<Settings, 'LAYOUT' | 'PROVIDER' | 'WORKERS' | 'THREADS'>;

/**
 * Spreads the work over a machine. `latency`: one worker with all cores. `throughput`: a worker with one thread
 * for each core that there is memory for. `auto`: latency on up to four cores, else a worker for every four. An
 * accelerator is one device: one worker feeds it. WORKERS and THREADS, where given, stand; workers given without
 * threads share the cores.
 */
export function processLayout(wish: Wish, { cores, memoryMb }: Machine): ProcessLayout {
  const layout = layoutOf(wish, cores);
  const perWorker = { latency: Math.min(cores, MAX_THREADS), throughput: 1, quarters: SMALL_MACHINE_CORES };
  const usual = wish.THREADS ?? perWorker[layout];
  const wanted = layout === 'latency' ? 1 : Math.floor(cores / usual);
  const workers = wish.WORKERS ?? Math.max(1, Math.min(wanted, Math.floor(memoryMb / WORKER_MB)));
  if (wish.WORKERS === undefined || wish.THREADS !== undefined || layout === 'throughput') {
    return { workers, threads: usual };
  }
  return { workers, threads: Math.max(1, Math.min(Math.floor(cores / workers), MAX_THREADS)) };
}

function layoutOf({ LAYOUT, PROVIDER }: Wish, cores: number): 'latency' | 'throughput' | 'quarters' {
  if (PROVIDER !== 'cpu') return 'latency';
  if (LAYOUT !== 'auto') return LAYOUT;
  return cores <= SMALL_MACHINE_CORES ? 'latency' : 'quarters';
}

/** CPU threads for a worker that was started alone, whatever its siblings are. */
export const threadsOf = (settings: Wish, machine: Machine = machineOf()): number =>
  processLayout({ ...settings, WORKERS: settings.WORKERS ?? 1 }, machine).threads;
