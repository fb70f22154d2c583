import { readFileSync } from 'node:fs';

/** Unit of CPU times in /proc. */
const MS_PER_TICK = 10;

/** Milliseconds of CPU time that all threads of a process have used (proc(5)); undefined without /proc or process. */
export function cpuMsOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may contain any character; user and system time are fields 14 and 15.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return MS_PER_TICK * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}
