import { eventually } from '../system/audited-system.js';
import { entryOf, type Role } from '../system/process-table.js';
import type { AuditPath, PathStage } from './audit-path.js';
import { stageBegins } from './service-client.js';

const SHAPE = { format: 'jpeg', width: 1200, height: 900 } as const;
const RESTART_LIMIT_MS = 30_000;

/** Processes that are killed while they work. Their supervisor restarts them. */
export const KILLED_PATHS: readonly AuditPath[] = [
  { name: 'worker-killed', title: 'Worker killed at work', shape: SHAPE, kills: true, walk: killWorker },
  { name: 'api-killed', title: 'API killed while its job runs', shape: SHAPE, kills: true, walk: killApi },
];

async function killWorker(stage: PathStage): Promise<string> {
  const { canary, client, system } = stage;
  const engines = pidsOf(stage, 'engine');
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  await client.listen(job, stageBegins('infer'));
  for (const pid of pidsOf(stage, 'worker')) process.kill(pid, 'SIGKILL');
  canary.learnResult(await client.result(job));
  await eventually(
    () => (engines.every((pid) => entryOf(pid) === undefined) ? true : undefined),
    RESTART_LIMIT_MS,
  );
  const left = engines.filter((pid) => entryOf(pid) !== undefined);
  const again = system.processes().filter(({ role }) => role === 'worker').length;
  return left.length > 0
    ? `the engine of the killed worker still runs: ${left.join(', ')}`
    : `processed again by ${again} new worker`;
}

async function killApi(stage: PathStage): Promise<string> {
  const { canary, client } = stage;
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  await client.listen(job, stageBegins('infer'));
  for (const pid of pidsOf(stage, 'api')) process.kill(pid, 'SIGKILL');
  const begin = Date.now();
  await eventually(() => isUp(client.url), RESTART_LIMIT_MS);
  const downtimeMs = Date.now() - begin;
  canary.learnResult(await client.result(job));
  return `back after ${(downtimeMs / 1000).toFixed(1)} s, result delivered`;
}

const pidsOf = ({ system }: PathStage, wanted: Role): number[] =>
  system
    .processes()
    .filter(({ role }) => role === wanted)
    .map(({ pid }) => pid);

async function isUp(url: string): Promise<true | undefined> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return true;
  } catch {
    return undefined;
  }
}
