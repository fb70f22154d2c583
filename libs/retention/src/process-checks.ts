import { readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { RetentionFact } from './retention-facts.js';

const UNKNOWN = 'unknown';
const FILE_LIMIT = 'process.file-size-limit';

/** `f_type` of a tmpfs (statfs(2)). */
const TMPFS = 0x01021994;

/**
 * Retention checks of this process: files, core dumps, privileges that it could gain, swap, freed memory, debugger, reports.
 * They read /proc on Linux; on other systems most facts are unknown and fail.
 */
export function processFacts(env: NodeJS.ProcessEnv = process.env): RetentionFact[] {
  const limits = limitFacts('self');
  const canWrite = limits.some(({ fact, holds }) => fact === FILE_LIMIT && !holds);
  return [
    ...limits,
    temporaryFolderFact(canWrite),
    coreFilterFact(),
    newPrivilegesFact(),
    swapFact(),
    mallocFact(env),
    ...debuggerFacts(env),
  ];
}

/** Limits of a process: no file, no core dump. Empty when this process may not read them. */
export function limitFacts(pid: 'self' | number): RetentionFact[] {
  const limits = read(`/proc/${pid}/limits`);
  if (limits === undefined && pid !== 'self') return [];
  const limit = (name: string): string =>
    new RegExp(`^${name} +(\\S+) +(\\S+)`, 'm')
      .exec(limits ?? '')
      ?.slice(1)
      .join('/') ?? UNKNOWN;
  const owner = pid === 'self' ? 'process' : 'redis';
  return [
    zero(
      `${owner}.file-size-limit`,
      limit('Max file size'),
      'images could be written to files (ulimit -f 0)',
    ),
    zero(
      `${owner}.core-limit`,
      limit('Max core file size'),
      'a crash could write memory to disk (ulimit -c 0)',
    ),
  ];
}

const zero = (fact: string, found: string, closes: string): RetentionFact => ({
  fact,
  mechanism: 'no-files',
  found,
  closes,
  holds: found === '0/0',
});

/** The folder for temporary files of libraries. */
function temporaryFolderFact(canWrite: boolean): RetentionFact {
  const place = placeOf(tmpdir());
  return {
    fact: 'process.temporary-folder',
    mechanism: 'no-files',
    found: `${place}, ${canWrite ? 'writable' : 'nothing can be written'}`,
    holds: place !== 'disk' || !canWrite,
    closes: 'temporary files could put images on a disk (a file limit of 0, or TMPDIR on a tmpfs)',
  };
}

function placeOf(folder: string): 'memory' | 'disk' | 'none' {
  try {
    return statfsSync(folder).type === TMPFS ? 'memory' : 'disk';
  } catch {
    return 'none';
  }
}

/** A core dump to a pipe ignores the size limit, so its memory filter must be empty. */
function coreFilterFact(): RetentionFact {
  const piped = read('/proc/sys/kernel/core_pattern')?.startsWith('|') === true;
  const filter = Number.parseInt(read('/proc/self/coredump_filter') ?? '1', 16);
  const found = `${piped ? 'piped' : 'file'}, ${filter === 0 ? 'nothing' : 'memory'} selected`;
  const closes = 'a crash could hand memory to a collector (coredump_filter 0)';
  const holds = !piped || filter === 0;
  return { fact: 'process.core-pattern', mechanism: 'no-files', found, closes, holds };
}

/** Privileges of this process. */
export interface Privileges {
  /** It has a capability, as root processes do. */
  hasCapabilities: boolean;
  /** A program that it starts could gain privileges; undefined: unknown, on systems other than Linux. */
  canGain: boolean | undefined;
}

/** Reads the privileges of this process. */
export function ownPrivileges(): Privileges {
  const status = read('/proc/self/status') ?? '';
  const flag = /^NoNewPrivs:\s*(\d)$/m.exec(status)?.[1];
  return {
    hasCapabilities: /^CapPrm:\s*0*[1-9a-f]/m.test(status),
    canGain: flag === undefined ? undefined : flag === '0',
  };
}

/** Checks that child processes cannot gain privileges (`no_new_privs`). */
function newPrivilegesFact(): RetentionFact {
  const { canGain } = ownPrivileges();
  const found = canGain === undefined ? UNKNOWN : canGain ? 'possible' : 'impossible';
  const closes = 'a setuid program could give a taken-over process rights (setpriv --no-new-privs)';
  const holds = found === 'impossible';
  return { fact: 'process.new-privileges', mechanism: 'closed-memory', found, closes, holds };
}

/**
 * Empties the memory filter for core dumps of this process and its children, because a core dump to a pipe ignores the size
 * limit. contained.sh does the same where there is a shell.
 */
export function selectNothingForCores(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Not Linux; the checks report it.
  }
}

function swapFact(): RetentionFact {
  const devices = read('/proc/swaps')?.trim().split('\n').length;
  const found = devices === undefined ? UNKNOWN : devices <= 1 || swapCapped() ? 'none' : 'available';
  const closes = 'memory could be swapped to disk (swapoff -a, or memory.swap.max 0)';
  return { fact: 'process.swap', mechanism: 'no-files', found, closes, holds: found === 'none' };
}

/** True in a control group (v2) without swap. */
function swapCapped(): boolean {
  const group = /^0::(.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1];
  return group !== undefined && read(`/sys/fs/cgroup${group}/memory.swap.max`)?.trim() === '0';
}

function mallocFact(env: NodeJS.ProcessEnv): RetentionFact {
  const tunables = env['GLIBC_TUNABLES'] ?? '';
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const wiped =
    /glibc\.malloc\.perturb=[1-9]/.test(tunables) && /glibc\.malloc\.tcache_count=0/.test(tunables);
  const found = header?.glibcVersionRuntime === undefined ? 'not glibc' : wiped ? 'wiping' : 'not wiping';
  const closes = 'freed memory would keep pixels (GLIBC_TUNABLES, glibc only)';
  return { fact: 'process.malloc', mechanism: 'deletion', found, closes, holds: found === 'wiping' };
}

function debuggerFacts(env: NodeJS.ProcessEnv): RetentionFact[] {
  const options = [...process.execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
  const open = /--inspect|--heapsnapshot|--heap-prof|--cpu-prof|--report-|--abort-on|--trace-event/.exec(
    options,
  )?.[0];
  const signal = process.listenerCount('SIGUSR1') > 0;
  return [
    {
      fact: 'process.node-options',
      mechanism: 'closed-memory',
      found: open ?? 'none that keeps memory',
      closes: 'Node could write memory to files or open it to a debugger',
      holds: open === undefined,
    },
    {
      fact: 'process.debugger-signal',
      mechanism: 'closed-memory',
      found: signal ? 'ignored' : 'opens the debugger',
      closes: 'SIGUSR1 would open memory to a debugger',
      holds: signal,
    },
  ];
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
