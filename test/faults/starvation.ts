import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { childrenOf, isAlive } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';

/** Gives back what a process was deprived of. */
export type Relief = () => Promise<void> | void;

/** Less than half of what an engine with a model takes. */
const GROUP_BYTES = 128 * 1024 * 1024;
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
 * A worker whose next engine may not have the memory that a model takes: both in a control group of their own, where
 * this user may make one, and the engine replaced, so that the kernel kills the new one as it grows. Elsewhere the
 * engine that is there is refused more address space.
 */
export function takeMemory(worker: number): Relief {
  const [engine] = childrenOf(worker);
  if (engine === undefined) return () => undefined;
  try {
    const relief = confine(worker);
    process.kill(engine, 'SIGKILL');
    return relief;
  } catch {
    const status = readFileSync(`/proc/${engine}/status`, 'latin1');
    const sizeBytes = Number(/VmSize:\s+(\d+)/.exec(status)?.[1]) * 1024;
    return limit(engine, 'as', 'Max address space', sizeBytes);
  }
}

/** Puts a process into a control group with little memory. @throws Error where that cannot be had */
function confine(pid: number): Relief {
  const root = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find((folder) =>
    existsSync(`${folder}/cgroup.procs`),
  );
  const [, home = '/'] =
    /^(?:\d+:memory|0:):(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1')) ?? [];
  const folder = `${root ?? ''}/removebg-faults-${pid}`;
  mkdirSync(folder);
  const move = (member: string, to: string): void => {
    if (isAlive(Number(member))) writeFileSync(`${to}/cgroup.procs`, member);
  };
  const leave = async (): Promise<void> => {
    await eventually(() => {
      const members = readFileSync(`${folder}/cgroup.procs`, 'latin1').split('\n').filter(Boolean);
      for (const member of members) move(member, `${root ?? ''}${home}`);
      return removed(folder);
    });
  };
  try {
    const file = ['memory.max', 'memory.limit_in_bytes'].find((name) => existsSync(`${folder}/${name}`));
    writeFileSync(`${folder}/${file ?? 'memory.max'}`, String(GROUP_BYTES));
    move(String(pid), folder);
  } catch (error) {
    removed(folder);
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

/** Busy loops beside the service: by default twice as many as there are cores. */
export function takeProcessors(count = 2 * availableParallelism()): Relief {
  const burners = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  return () => {
    for (const burner of burners) burner.kill('SIGKILL');
  };
}
