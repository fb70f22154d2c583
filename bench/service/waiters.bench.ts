/**
 * Many clients waiting on one API process, each on its own connection for its own job, by event stream or by long
 * polling: memory per client, how soon each is notified that its job is done, and whether all of them are. Jobs are
 * submitted and queued as usual, then completed at a steady rate by a stand-in for the workers, which does everything
 * that a worker does on Redis, but no cut-out.
 *
 * usage: npm run bench -- waiters [--clients 1000,5000,10000] [--kinds sse,poll] [--rate 100] [--json] [--save]
 *   --rate  jobs completed per second
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSystem, type TestSystem } from '../../test/harness/system.js';
import { argument, list, numbers, percentile, show, tenth } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';
import { residentMb } from '../lib/process-memory.js';
import { StandInWorker } from './stand-in-worker.js';
import { waitOn, type WaitEnd, type WaitKind } from './waiting-client.js';
import type { JobKey } from '../../test/harness/api-client.js';

/** Concurrent requests while clients connect; Node's backlog holds a little over 500. */
const CONCURRENCY = 16;
/** Longer than one heartbeat of all streams. */
const SETTLE_MS = 15_000;
const TIMEOUT_MS = 15_000;

const rate = Number(argument('rate', '100'));
const photo = await photoOf(0.06);

/** Submits an image as one of many clients: each is its own tenant, because a tenant has a limit on its jobs. */
function submit(url: string, agent: Agent, number: number): Promise<JobKey> {
  const headers = {
    'Content-Type': 'image/jpeg',
    'Content-Length': photo.length,
    'X-Forwarded-For': `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/jobs`, { method: 'POST', agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        if (response.statusCode === 202) resolve(JSON.parse(Buffer.concat(parts).toString()) as JobKey);
        else reject(new Error(`not accepted but ${response.statusCode ?? 0}`));
      });
    });
    sent.on('error', reject).end(photo);
  });
}

async function inBatches<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += CONCURRENCY)
    results.push(...(await Promise.all(items.slice(i, i + CONCURRENCY).map(act))));
  return results;
}

/** Completes the jobs one after the other at the requested rate. Returns the time of each. */
async function finishAll(worker: StandInWorker, jobs: readonly JobKey[]): Promise<number[]> {
  const startedAt = performance.now();
  return Promise.all(
    jobs.map(async (job, i) => {
      await sleep(Math.max(0, startedAt + (1000 * i) / rate - performance.now()));
      return worker.finish(job);
    }),
  );
}

async function measure(
  system: TestSystem,
  clients: number,
  kind: WaitKind,
): Promise<Record<string, unknown>> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const rss = (): number => residentMb(system.apis[0]?.child.pid ?? 0).now;
  const idleMb = rss();
  const indices = Array.from({ length: clients }, (_, i) => i);
  const jobs = await inBatches(indices, (i) => submit(system.url, agent, i));
  agent.destroy();
  const submittedMb = rss();
  const port = Number(new URL(system.url).port);
  const waiters = await inBatches(jobs, async (job) => {
    const waiter = waitOn(port, job, kind);
    await waiter.opened;
    return waiter;
  });
  await sleep(SETTLE_MS);
  const waitingMb = rss();
  process.stderr.write(
    `${clients} ${kind}: ${idleMb}, ${submittedMb}, ${waitingMb} MB idle, submitted, waiting\n`,
  );
  const worker = await StandInWorker.open(`unix://${system.redis.socket}`);
  let maxMb = waitingMb;
  const sampler = setInterval(() => (maxMb = Math.max(maxMb, rss())), 500);
  const finishedAt = await finishAll(worker, jobs);
  const late: WaitEnd = { what: 'broken', at: NaN };
  const ends = await Promise.all(
    waiters.map(({ ended }) => Promise.race([ended, sleep(TIMEOUT_MS, late, { ref: false })])),
  );
  clearInterval(sampler);
  await worker.close();
  const noticeMs = ends.flatMap(({ what, at }, i) => (what === 'done' ? [at - (finishedAt[i] ?? NaN)] : []));
  return {
    clients,
    kind,
    lost: clients - noticeMs.length,
    rssMb: { idle: idleMb, submitted: submittedMb, waiting: waitingMb, max: maxMb },
    kbPerWaiter: tenth(((waitingMb - submittedMb) * 1024) / clients),
    noticeMs: {
      p50: tenth(percentile(noticeMs, 0.5)),
      p99: tenth(percentile(noticeMs, 0.99)),
      max: tenth(Math.max(...noticeMs)),
    },
  };
}

const rounds: Record<string, unknown>[] = [];
for (const kind of list('kinds', 'sse,poll') as WaitKind[]) {
  for (const clients of numbers('clients', '1000,5000,10000')) {
    const system = await startSystem(
      {
        ...{ REDIS_MAXMEMORY_MB: '4096', LOG_LEVEL: 'error', TRUST_PROXY: '127.0.0.1' },
        ...{ QUEUE_TTL_S: '1800', MAX_WAIT_S: '600', TOMBSTONE_TTL_S: '3600' },
      },
      0,
    );
    try {
      rounds.push(await measure(system, clients, kind));
      process.stderr.write(`${JSON.stringify(rounds.at(-1))}\n`);
    } finally {
      await system.stop();
    }
  }
}
show('waiters', { rate, rounds });
