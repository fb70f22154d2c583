import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.js';
import type { ServiceProcess } from './system.js';

/** Process ids of the living children of `parent`. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, ppid] = statOf(pid);
      return ppid === parent && state !== 'Z';
    });
}

/** True while a process runs. */
export const isAlive = (pid: number): boolean => !['', 'Z', 'X'].includes(statOf(pid)[0]);

/** The process that decodes and infers for a worker. */
export const engineOf = (worker: ServiceProcess): Promise<number> =>
  eventually(() => childrenOf(worker.child.pid!)[0]);

/** Runs `act` while the worker's engine is stopped, so that it keeps its image. */
export async function whileHeld<T>(worker: ServiceProcess, act: () => Promise<T>): Promise<T> {
  // An engine whose image was cancelled is being replaced: it may end between being found and being stopped.
  const pid = await eventually(async () => {
    const found = await engineOf(worker);
    return signalled(found, 'SIGSTOP') && isAlive(found) && found;
  });
  try {
    return await act();
  } finally {
    signalled(pid, 'SIGCONT');
  }
}

/** Sends a signal. False when the process has ended. */
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** State letter and parent of a process (proc(5)); the name between them may hold anything. */
function statOf(pid: number): [state: string, parent: number] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', parent = '0'] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return [state, Number(parent)];
  } catch {
    return ['', 0];
  }
}
