import { availableParallelism, totalmem } from 'node:os';
import type { Settings } from './settings.schema.js';

/** Resources of the machine. */
export interface Machine {
  /** Processors that this process may use. */
  cores: number;
  /** Main memory that this process may use, in MiB. */
  memoryMb: number;
  /** Memory of the models of a worker, in MiB, where it was measured. */
  modelsMb?: number | undefined;
}

/** Number of processes and threads. */
export interface ProcessLayout {
  /** Worker processes. */
  workers: number;
  /** CPU threads of one inference. */
  threads: number;
}

/** More threads do not make one image faster. */
const MAX_THREADS = 8;
/** Up to this many cores, one image uses all of them. */
const SMALL_MACHINE_CORES = 4;
/** An engine needs 0.7 GB for a photo of 24 megapixels; the rest is for its worker and the queue. */
const WORKER_MB = 1024;
/** The same for a model whose memory was measured, without the model. */
const PICTURE_MB = 512;
const MIB = 1024 * 1024;

/** Resources of the machine within the limits of its control group. */
export function machineOf(): Machine {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { cores: availableParallelism(), memoryMb: Math.floor(bytes / MIB) };
}

type Wish = Pick<Settings, 'LAYOUT' | 'PROVIDER' | 'WORKERS' | 'THREADS'>;

/**
 * Chooses workers and threads. `latency`: one worker with all cores. `throughput`: one worker with one thread per core, as far
 * as memory allows. `auto`: `latency` on up to four cores, otherwise one worker per four cores. An accelerator has one worker.
 * Memory counts with what the models of a worker need.
 * WORKERS and THREADS override this; WORKERS without THREADS share the cores.
 */
export function processLayout(wish: Wish, { cores, memoryMb, modelsMb }: Machine): ProcessLayout {
  const layout = layoutOf(wish, cores);
  const perWorker = { latency: Math.min(cores, MAX_THREADS), throughput: 1, quarters: SMALL_MACHINE_CORES };
  const usual = wish.THREADS ?? perWorker[layout];
  const wanted = layout === 'latency' ? 1 : Math.floor(cores / usual);
  const workers = wish.WORKERS ?? Math.max(1, Math.min(wanted, Math.floor(memoryMb / workerMb(modelsMb))));
  if (wish.WORKERS === undefined || wish.THREADS !== undefined || layout === 'throughput') {
    return { workers, threads: usual };
  }
  return { workers, threads: Math.max(1, Math.min(Math.floor(cores / workers), MAX_THREADS)) };
}

/** Memory of a worker and its engine, in MiB. */
const workerMb = (modelsMb = 0): number => Math.max(WORKER_MB, modelsMb === 0 ? 0 : modelsMb + PICTURE_MB);

/** One line about memory that does not suffice for the workers that the cores allow, or that WORKERS asks for. */
export function memoryNote(wish: Wish, machine: Machine): string | undefined {
  if (wish.PROVIDER !== 'cpu') return undefined;
  const { workers } = processLayout(wish, machine);
  const wanted = processLayout(wish, { ...machine, memoryMb: Infinity }).workers;
  const each = workerMb(machine.modelsMb);
  if (workers * each <= machine.memoryMb && workers === wanted) return undefined;
  const need = `a worker needs about ${each} MiB with its models, and this machine has ${machine.memoryMb} MiB`;
  if (workers < wanted) return `Memory allows ${workers} of ${wanted} workers: ${need}.`;
  return `Memory may not suffice for ${workers} ${workers === 1 ? 'worker' : 'workers'}: ${need}.`;
}

function layoutOf({ LAYOUT, PROVIDER }: Wish, cores: number): 'latency' | 'throughput' | 'quarters' {
  if (PROVIDER !== 'cpu') return 'latency';
  if (LAYOUT !== 'auto') return LAYOUT;
  return cores <= SMALL_MACHINE_CORES ? 'latency' : 'quarters';
}

/** CPU threads of a worker that is started without the supervisor. */
export const threadsOf = (settings: Wish, machine: Machine = machineOf()): number =>
  processLayout({ ...settings, WORKERS: settings.WORKERS ?? 1 }, machine).threads;
