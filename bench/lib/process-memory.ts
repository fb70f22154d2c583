import { readFileSync } from 'node:fs';

const MB = 1024;

/** Resident memory of a process in MB (proc(5)); `peak` is the maximum since its start. NaN after its exit. */
export function residentMb(pid: number): { now: number; peak: number } {
  const status = readStatus(pid);
  const runners = (name: string): number =>
    Math.round((Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN) / MB) * 10) / 10;
  return { now: runners('VmRSS'), peak: runners('VmHWM') };
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}
