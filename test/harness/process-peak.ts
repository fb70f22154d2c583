import { readFileSync } from 'node:fs';

/** Most resident memory that a living process ever had, in MB (proc(5)). */
export const memoryPeakMb = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024);
