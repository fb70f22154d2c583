import { lookAtAll } from './channel/redis-keyspace.js';
import { neverSent } from './canary/canary.js';
import type { Look } from './report/audit-report.js';
import { indexPayloads, type Payload, type WindowIndex } from './scan/window-index.js';
import { hitsIn } from './scan/tally.js';
import { scanMemory } from './scan/memory-scan.js';
import { pause, type AuditedSystem } from './system/audited-system.js';
import type { Role, ServiceProcess } from './system/process-table.js';

/** Time of a look. */
export interface LookTime {
  /** `performance.now()` at the end of the path. */
  endedAt: number;
  /** Delay after that, in milliseconds. A look starts later when building the index takes longer. */
  afterMs: number;
}

/** Index of the payloads and of the control, which is never sent. */
export const indexOf = (payloads: readonly Payload[]): WindowIndex =>
  indexPayloads([...payloads, neverSent()]);

/** Options of a look. */
export interface LookOptions {
  /** Default: immediately. */
  time?: LookTime;
  /** Processes to scan. Default: all of them, and the keyspace of Redis. */
  includes?: (service: ServiceProcess) => boolean;
  /** Scanned before the others. */
  first?: Role;
}

/** Searches the memory of processes and the keyspace of Redis for the windows of an index. */
export async function look(
  index: WindowIndex,
  system: AuditedSystem,
  { time = { endedAt: performance.now(), afterMs: 0 }, includes, first }: LookOptions = {},
): Promise<Look> {
  const { endedAt, afterMs } = time;
  await pause(Math.max(0, endedAt + afterMs - performance.now()));
  const begin = performance.now();
  const processes = system
    .processes()
    .filter((service) => includes?.(service) ?? true)
    .sort((a, b) => Number(b.role === first) - Number(a.role === first));
  const scans = await scanMemory(
    processes.map(({ pid }) => pid),
    index,
  );
  const tookMs = Math.round(performance.now() - begin);
  const keyspace = includes === undefined ? await lookAtAll(system.redisUrls, index) : undefined;
  const memory = processes.map((service, place) => {
    const { bytes = 0, kinds = [] } = scans[place] ?? {};
    return { ...service, bytes, kinds: hitsIn(kinds) };
  });
  const windows = index.labelOf.length;
  return { afterMs: Math.round(begin - endedAt), tookMs, windows, memory, keyspace };
}
