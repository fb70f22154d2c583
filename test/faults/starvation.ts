import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAlive } from '../support/engine.hold.js';
import { eventually } from '../support/eventually.js';

/** Gives back what a process was deprived of. */
export type Relief = () => Promise<void> | void;

const GROUP_BYTES = 48 * 1024 * 1024;
/** Descriptors left besides those that are open. */
const SPARE_DESCRIPTORS = 1;

/** Sets a soft limit of a running process (prlimit(1)); the relief sets it back. */
function limit(pid: number, name: string, row: string, value: number): Relief {
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  const before = new RegExp(`^${row} +(\\S+)`, 'm').exec(limits)?.[1] ?? 'unlimited';
  const set = (to: string): void => {
    execFileSync('prlimit', ['--pid', String(pid), `--${name}=${to}:`], { stdio: 'ignore' });
  };
  set(String(value));
  return () => {
    if (isAlive(pid)) set(before);
  };
}

/** The process can open no file, and accept or make no connection, beyond those it has. */
export const takeDescriptors = (pid: number): Relief =>
  limit(pid, 'nofile', 'Max open files', readdirSync(`/proc/${pid}/fd`).length + SPARE_DESCRIPTORS);

/**
 * The process may take hardly more memory than it has: in a control group of its own where this user may make one, so
 * that the kernel kills it when it does; else by a limit on its address space, so that it is refused.
 */
export function takeMemory(pid: number): Relief {
  const parent = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find((folder) =>
    existsSync(`${folder}/cgroup.procs`),
  );
  try {
    return group(pid, parent ?? '');
  } catch {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const sizeBytes = Number(/VmSize:\s+(\d+)/.exec(status)?.[1]) * 1024;
    return limit(pid, 'as', 'Max address space', sizeBytes + GROUP_BYTES);
  }
}

/** @throws Error where control groups cannot be had */
function group(pid: number, parent: string): Relief {
  const folder = `${parent}/removebg-faults-${pid}`;
  mkdirSync(folder);
  const file = ['memory.max', 'memory.limit_in_bytes'].find((name) => existsSync(`${folder}/${name}`));
  const leave = async (): Promise<void> => {
    if (isAlive(pid)) writeFileSync(`${parent}/cgroup.procs`, String(pid));
    await eventually(() => removed(folder));
  };
  try {
    writeFileSync(`${folder}/${file ?? ''}`, String(GROUP_BYTES));
    writeFileSync(`${folder}/cgroup.procs`, String(pid));
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return leave;
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Twice as many busy loops as there are cores. */
export function takeProcessors(): Relief {
  const burners = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  return () => {
    for (const burner of burners) burner.kill('SIGKILL');
  };
}
