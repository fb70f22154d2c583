import { readFileSync } from 'node:fs';

/** Pages of every system that Node runs on with /proc. */
const PAGE_BYTES = 4096;

/** Memory that a process has in use, in bytes; undefined where the system does not tell, or when it has gone. */
export function residentBytesOf(pid: number): number | undefined {
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    return Number(pages) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
