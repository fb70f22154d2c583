import { indexPayloads, type Payload } from './scan/window.index.js';
import { lookAtAll } from './channel/redis.keyspace.js';
import { neverSent } from './canary/canary.js';
import type { Look } from './report/audit.report.js';
import { scanMemory } from './scan/memory.scan.js';
import type { AuditedSystem } from './system/audited.system.js';

/** Looks for payloads, and for the control, in the memory of all processes and in Redis' keyspace. */
export async function lookFor(payloads: readonly Payload[], system: AuditedSystem): Promise<Look> {
  const index = indexPayloads([...payloads, neverSent()]);
  const begin = performance.now();
  const processes = system.processes();
  const scans = await scanMemory(
    processes.map(({ pid }) => pid),
    index,
  );
  const tookMs = Math.round(performance.now() - begin);
  const keyspace = await lookAtAll(system.redisUrls, index);
  const memory = processes.map((service, place) => {
    const { bytes = 0, kinds = [] } = scans[place] ?? {};
    return { ...service, bytes, kinds };
  });
  return { tookMs, memory, keyspace };
}
