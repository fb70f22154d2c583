import { lookAtAll } from './channel/redis-keyspace.js';
import { neverSent } from './canary/canary.js';
import type { Look } from './report/audit-report.js';
import { indexPayloads, type Payload, type WindowIndex } from './scan/window-index.js';
import { hitsIn } from './scan/tally.js';
import { scanMemory } from './scan/memory-scan.js';
import { pause, type AuditedSystem } from './system/audited-system.js';
import type { Role, ServiceProcess } from './system/process-table.js';

/** When a look is due. */
export interface LookTime {
  /** `performance.now()` at the end of what is looked for. */
  endedAt: number;
  /** How long after that the look begins, milliseconds; later when the index takes longer than that. */
  afterMs: number;
}

/** What is to be looked for, and the control that must not be found. */
export const indexOf = (payloads: readonly Payload[]): WindowIndex =>
  indexPayloads([...payloads, neverSent()]);

/** What a look is limited to. */
export interface LookChoice {
  /** Left out: at once. */
  time?: LookTime;
  /** Which processes; left out: all of them, and the keyspace of Redis. */
  isWanted?: (service: ServiceProcess) => boolean;
  /** Looked at before the others. */
  first?: Role;
}

/** Looks for what is indexed in the memory of processes and in Redis' keyspace. */
export async function look(
  index: WindowIndex,
  system: AuditedSystem,
  { time = { endedAt: performance.now(), afterMs: 0 }, isWanted, first }: LookChoice = {},
): Promise<Look> {
  const { endedAt, afterMs } = time;
  await pause(Math.max(0, endedAt + afterMs - performance.now()));
  const begin = performance.now();
  const processes = system
    .processes()
    .filter((service) => isWanted?.(service) ?? true)
    .sort((a, b) => Number(b.role === first) - Number(a.role === first));
  const scans = await scanMemory(
    processes.map(({ pid }) => pid),
    index,
  );
  const tookMs = Math.round(performance.now() - begin);
  const keyspace = isWanted === undefined ? await lookAtAll(system.redisUrls, index) : undefined;
  const memory = processes.map((service, place) => {
    const { bytes = 0, kinds = [] } = scans[place] ?? {};
    return { ...service, bytes, kinds: hitsIn(kinds) };
  });
  const windows = index.labelOf.length;
  return { afterMs: Math.round(begin - endedAt), tookMs, windows, memory, keyspace };
}
