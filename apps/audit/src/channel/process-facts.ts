import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { ServiceProcess } from '../system/process-table.js';

/** `O_WRONLY` and `O_RDWR`. */
const WRITING = 0b11;

/** What /proc says about a process's means of writing to a disk. */
export interface ProcessFacts extends ServiceProcess {
  /** Limit on the size of files; `0` means that the process cannot write any. */
  fileSizeLimit: string;
  coreLimit: string;
  swapKb: number;
  /** Bytes written to a disk since the process started. */
  writtenBytes: number;
  /** Regular files open for writing, including deleted ones. */
  openForWriting: string[];
}

/** Reads the facts; undefined when the process has ended. */
export function factsOf(service: ServiceProcess): ProcessFacts | undefined {
  const { pid } = service;
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const io = readFileSync(`/proc/${pid}/io`, 'latin1');
    return {
      ...service,
      fileSizeLimit: /^Max file size\s+(\S+)/m.exec(limits)?.[1] ?? '?',
      coreLimit: /^Max core file size\s+(\S+)/m.exec(limits)?.[1] ?? '?',
      swapKb: Number(/^VmSwap:\s+(\d+)/m.exec(status)?.[1] ?? 0),
      writtenBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0),
      openForWriting: openForWriting(pid),
    };
  } catch {
    return undefined;
  }
}

function openForWriting(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => {
      try {
        const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1];
        return (parseInt(flags ?? '0', 8) & WRITING) !== 0 && statSync(`/proc/${pid}/fd/${fd}`).isFile();
      } catch {
        return false;
      }
    })
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/** nginx writes a file with its process number. This limit is too small for an image. */
const PID_FILE_BYTES = 4096;
const maxFileBytes = ({ role }: ProcessFacts): number => (role === 'nginx' ? PID_FILE_BYTES : 0);

/** Faults of a process as text; empty when there is none. */
export function faultsOf(facts: ProcessFacts): string[] {
  const faults: string[] = [];
  if (!(Number(facts.fileSizeLimit) <= maxFileBytes(facts))) {
    faults.push(`may write files (limit ${facts.fileSizeLimit})`);
  }
  if (facts.coreLimit !== '0') faults.push(`may leave a core dump (limit ${facts.coreLimit})`);
  if (facts.swapKb > 0) faults.push(`${facts.swapKb} KiB of it are in swap`);
  if (facts.openForWriting.length > 0)
    faults.push(`holds open for writing: ${facts.openForWriting.join(', ')}`);
  return faults;
}
