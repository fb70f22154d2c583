/**
 * One client with thousands of images, and others with one each: how long the others wait, and what that costs the
 * first, with fair queueing and with first-in-first-out. Simulated without a clock, and measured on a real Redis and
 * BullMQ with work that only sleeps. First-in-first-out is the same queue with all clients as one tenant.
 *
 * usage: npm run bench -- fairness [--jobs 2000] [--others 20] [--slots 4] [--service-ms 20] [--json] [--save]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobConsumer } from '#broker/queue/job-consumer.js';
import { JobQueue } from '#broker/queue/job-queue.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { FairScheduler } from '#broker/queue/fair-scheduler.js';
import type { JobId } from '#contracts/job-id.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../test/harness/redis-process.js';
import { argument, median, percentile, show, tenth } from '../lib/figures.js';
import { ArrivalOrder, FairOrder, simulate, type Order, type SimulatedJob } from './queue-simulation.js';

const jobs = Number(argument('jobs', '2000'));
const others = Number(argument('others', '20'));
const slots = Number(argument('slots', '4'));
const serviceMs = Number(argument('service-ms', '20'));
const HEAVY = 'heavy';

interface Outcome {
  /** Wait of each of the others. */
  waitsMs: number[];
  heavyMakespanMs: number;
}

const ratio = (a: number, b: number): number => Math.round((a / b) * 1000) / 1000;

/** The others arrive one after the other during the first half of the heavy client's work. */
const arrivalMs = (i: number): number => ((i + 1) / (others + 1)) * ((jobs * serviceMs) / slots / 2);

function simulated(order: Order, count: number): Outcome {
  const heavy = Array.from({ length: jobs }, () => ({ tenant: HEAVY, weight: 1, atMs: 0, serviceMs }));
  const light = Array.from({ length: count }, (_, i) => ({
    ...{ tenant: `other ${i}`, weight: 1 },
    ...{ atMs: arrivalMs(i), serviceMs },
  }));
  const served = simulate([...heavy, ...light], order, slots);
  const ofHeavy = served.filter(({ job }) => job.tenant === HEAVY);
  return {
    waitsMs: served.filter(({ job }) => job.tenant !== HEAVY).map(({ waitMs }) => waitMs),
    heavyMakespanMs: Math.max(...ofHeavy.map(({ doneMs }) => doneMs)),
  };
}

/** Share of the work for each tenant while all of them wait; images cost 1 to 3 times the minimum. */
function sharesByWeight(order: Order): Record<string, number> {
  const weights = [1, 2, 4];
  const waiting: SimulatedJob[] = Array.from({ length: jobs * 3 }, (_, i) => {
    const weight = weights[i % 3] ?? 1;
    return { tenant: `weight ${weight}`, weight, atMs: 0, serviceMs: serviceMs * (1 + ((i * 7) % 5) / 2) };
  });
  const done = simulate(waiting, order, slots).slice(0, jobs);
  const all = done.reduce((sum, { job }) => sum + job.serviceMs, 0);
  return Object.fromEntries(
    weights.map((weight) => {
      const own = done.filter(({ job }) => job.weight === weight);
      return [
        `weight ${weight}`,
        ratio(
          own.reduce((sum, { job }) => sum + job.serviceMs, 0),
          all,
        ),
      ];
    }),
  );
}

/** The same on Redis and BullMQ. */
async function measured(nameOf: (tenant: string) => string, count: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-fairness-'));
  const redis = new RedisProcess(folder);
  await redis.start();
  const url = redis.urlFor('inspector');
  const control = connect(url, 'control');
  await whenReady(control, 5000);
  const scheduler = new FairScheduler(control, 600_000);
  const queue = new JobQueue(url, control, scheduler);
  const broughtAt = new Map<JobId, number>();
  const heavy = new Set<JobId>();
  const outcome: Outcome = { waitsMs: [], heavyMakespanMs: 0 };
  let left = jobs + count;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const submit = async (tenant: string): Promise<void> => {
    const { id } = deriveSecrets(drawToken());
    if (tenant === HEAVY) heavy.add(id);
    else broughtAt.set(id, performance.now());
    await queue.add(id, { tenant: { id: nameOf(tenant), weight: 1 }, cost: 1 });
  };
  for (let i = 0; i < jobs; i++) await submit(HEAVY);
  let startedAt = 0;
  const consumer = new JobConsumer(url, scheduler, {
    concurrency: slots,
    work: async (id) => {
      const at = broughtAt.get(id);
      if (at !== undefined) outcome.waitsMs.push(performance.now() - at);
      await sleep(serviceMs);
      if (heavy.has(id)) outcome.heavyMakespanMs = performance.now() - startedAt;
      if (--left === 0) finish();
    },
    onTrouble: () => undefined,
  });
  startedAt = performance.now();
  consumer.start();
  for (let i = 0; i < count; i++) {
    await sleep(Math.max(0, arrivalMs(i) - (performance.now() - startedAt)));
    await submit(`other-${i}`);
  }
  await finished;
  await consumer.close();
  await queue.close();
  control.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
  return outcome;
}

const summary = ({ waitsMs, heavyMakespanMs }: Outcome, alone: Outcome): Record<string, number> => ({
  waitMedianMs: tenth(median(waitsMs)),
  waitP95Ms: tenth(percentile(waitsMs, 0.95)),
  waitMaxMs: tenth(Math.max(...waitsMs)),
  heavyMakespanMs: tenth(heavyMakespanMs),
  heavyAgainstAlone: ratio(heavyMakespanMs, alone.heavyMakespanMs),
});

const simulatedAlone = simulated(new FairOrder(), 0);
const real = {
  alone: await measured((tenant) => tenant, 0),
  fair: await measured((tenant) => tenant, others),
  arrival: await measured(() => 'everybody', others),
};

show('fairness', {
  jobs,
  others,
  slots,
  serviceMs,
  simulation: {
    fair: summary(simulated(new FairOrder(), others), simulatedAlone),
    arrival: summary(simulated(new ArrivalOrder(), others), simulatedAlone),
    shareByWeight: {
      fair: sharesByWeight(new FairOrder()),
      arrival: sharesByWeight(new ArrivalOrder()),
    },
  },
  bullmq: {
    fair: summary(real.fair, real.alone),
    arrival: summary(real.arrival, real.alone),
  },
});
