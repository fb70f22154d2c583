import { readFileSync } from 'node:fs';

const MB = 1024;

/** Resident memory of a process in MB (proc(5)); `peak` is the most since it began. NaN once it has gone. */
export function residentMb(pid: number): { now: number; peak: number } {
  const status = readStatus(pid);
  const field = (name: string): number =>
    Math.round((Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN) / MB) * 10) / 10;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}
