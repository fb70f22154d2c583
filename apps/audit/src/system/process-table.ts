import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Role of a process in the service. */
export type Role = 'api' | 'worker' | 'engine' | 'redis' | 'supervisor' | 'nginx' | 'other';

/** A process to look at. */
export interface ServiceProcess {
  role: Role;
  pid: number;
}

/** A process in /proc. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  command: string;
  /** Clock ticks after boot. */
  startedAt: number;
}

/** All visible, live processes. */
export function allProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => entryOf(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** One process in /proc; undefined when it has ended. */
export function entryOf(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The process name may contain any character: count fields behind its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
    return { pid, parent: Number(fields[1]), command, startedAt: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** Descendants of `root`, in order of creation. */
export function descendants(root: number, all: readonly ProcessEntry[] = allProcesses()): ProcessEntry[] {
  const children = all.filter(({ parent }) => parent === root);
  return children.flatMap((child) => [child, ...descendants(child.pid, all)]);
}

/** Role of a process, by its command line. */
export function roleOf({ command }: ProcessEntry): Role {
  if (/apps\/api\/src\/main\.js/.test(command)) return 'api';
  if (/apps\/worker\/src\/main\.js/.test(command)) return 'worker';
  if (/engine-main\.js/.test(command)) return 'engine';
  if (/redis-server|valkey-server/.test(command)) return 'redis';
  if (/tools\/bootstrap\.mjs start( |$)/.test(command)) return 'supervisor';
  return /^nginx/.test(command) ? 'nginx' : 'other';
}

/** Clock ticks of processor time that a process has used. */
export function ticksUsed(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

/** Working folder of a process. */
export function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
