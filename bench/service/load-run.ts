import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient, type Answer, type JobKey } from '../../test/harness/api-client.js';
import { engineOf } from '../../test/harness/engine-hold.js';
import type { TestSystem } from '../../test/harness/system.js';
import { median, percentile, tenth } from '../lib/figures.js';
import { residentMb } from '../lib/process-memory.js';
import type { Panel, Phase } from '../lib/svg-chart.js';

const SAMPLE_MS = 1000;
/** Concurrent images per worker while capacity is measured. */
const BUSY = 3;

/** One submitted image. */
interface Arrival {
  atS: number;
  /** From the first byte sent to the last received; undefined for a rejected image. */
  latencyMs?: number;
  doneAtS?: number;
  refusal?: { ms: number; retryAfterS: number; acceptedOnRetry: boolean | undefined };
}

/** Results of a phase of load. */
export interface LoadFigures {
  offeredPerS: number;
  goodputPerS: number;
  delivered: number;
  refused: number;
  failed: number;
  latencyMs: { p50: number; p95: number; max: number };
  refusalMs: { p50: number; p99: number };
  /** Of the rejected images that were submitted again after `Retry-After`: how many were accepted. */
  takenAfterRetry: { asked: number; taken: number };
}

/** Submits images to a service, in a closed or an open loop, and samples it meanwhile. */
export class LoadRun {
  readonly phases: Phase[] = [];
  private readonly api: ApiClient;
  private readonly startedAt = performance.now();
  private readonly arrivals: Arrival[] = [];
  private readonly samples: { s: number; values: Record<string, number> }[] = [];
  private readonly watching: NodeJS.Timeout;
  private failed = 0;

  constructor(
    private readonly system: TestSystem,
    private readonly photo: Buffer,
  ) {
    this.api = new ApiClient(system.url);
    const redis = system.inspector();
    this.watching = setInterval(() => void this.sample(redis).catch(() => undefined), SAMPLE_MS);
  }

  /** Images per second with always enough images waiting. */
  async capacity(seconds: number): Promise<number> {
    return this.phase('as fast as it goes', async () => {
      const until = this.now() + seconds;
      let done = 0;
      const client = async (): Promise<void> => {
        while (this.now() < until) {
          await this.submit();
          if (this.now() < until) done += 1;
        }
      };
      await Promise.all(Array.from({ length: BUSY * this.system.workers.length }, client));
      return done / seconds;
    });
  }

  /** Submits images until one is rejected, to reach the state of sustained overload. */
  async fill(): Promise<void> {
    const before = this.arrivals.length;
    while (!this.arrivals.slice(before).some(({ refusal }) => refusal !== undefined)) {
      void this.submit();
      await sleep(20);
    }
  }

  /** Submits images at random intervals at this rate, whether or not the service keeps up. */
  async open(name: string, perS: number, seconds: number): Promise<LoadFigures> {
    const first = this.arrivals.length;
    const [from, to] = [this.now(), this.now() + seconds];
    await this.phase(name, async () => {
      const own: Promise<void>[] = [];
      for (let next = from; next < to; next += -Math.log(1 - Math.random()) / perS) {
        await sleep(Math.max(0, 1000 * (next - this.now())));
        own.push(this.submit());
      }
      await sleep(Math.max(0, 1000 * (to - this.now())));
      void Promise.all(own);
    });
    const doneIn = this.arrivals.filter(({ doneAtS = -1 }) => doneAtS >= from && doneAtS < to);
    await this.drained();
    return this.figures(this.arrivals.slice(first), { perS, seconds, done: doneIn.length });
  }

  /** Waits until no image is in progress. */
  async drained(): Promise<void> {
    while (this.arrivals.some(({ doneAtS, refusal }) => doneAtS === undefined && refusal === undefined))
      await sleep(100);
  }

  /** Stops sampling. */
  end(): void {
    clearInterval(this.watching);
  }

  /** Charts of the whole run. */
  panels(): Panel[] {
    const names = [...new Set(this.samples.flatMap(({ values }) => Object.keys(values)))];
    const course = (name: string) => ({
      name,
      points: this.samples.flatMap(({ s, values }) =>
        values[name] === undefined ? [] : [[s, values[name]] as const],
      ),
    });
    const marks = (name: string, of: (arrival: Arrival) => number | undefined) => ({
      name,
      marks: true as const,
      points: this.arrivals.flatMap((arrival) => {
        const value = of(arrival);
        return value === undefined ? [] : [[arrival.atS, value] as const];
      }),
    });
    const own = (prefix: string): string[] => names.filter((name) => name.startsWith(prefix));
    return [
      {
        title: 'From submission to image',
        unit: 's',
        series: [marks('delivered', ({ latencyMs }) => latencyMs && latencyMs / 1000)],
      },
      { title: 'Images', unit: 'in the service', series: own('images').map(course) },
      {
        title: 'Resident memory of each process',
        unit: 'MB',
        series: own('rss ')
          .map(course)
          .map((one) => ({ ...one, name: one.name.slice(4) })),
      },
      { title: 'Memory of Redis', unit: 'MB', series: own('redis').map(course) },
    ];
  }

  /** Median memory of each process over the last `share` of the samples, relative to the first. */
  growth(share = 0.25): Record<string, number> {
    const count = Math.max(1, Math.floor(this.samples.length * share));
    const names = Object.keys(this.samples[0]?.values ?? {}).filter((name) => /^(rss|redis)/.test(name));
    const mid = (samples: typeof this.samples, name: string): number =>
      median(samples.map(({ values }) => values[name] ?? NaN));
    return Object.fromEntries(
      names.map((name) => [
        name,
        Math.round((100 * mid(this.samples.slice(-count), name)) / mid(this.samples.slice(0, count), name)) /
          100,
      ]),
    );
  }

  private async phase<T>(name: string, act: () => Promise<T>): Promise<T> {
    const fromS = this.now();
    const result = await act();
    this.phases.push({ name, fromS, toS: this.now() });
    return result;
  }

  private async submit(): Promise<void> {
    const arrival: Arrival = { atS: this.now() };
    this.arrivals.push(arrival);
    const startedAt = performance.now();
    const answer = await this.api.post(this.photo);
    if (answer.status === 202) return this.fetch(answer.json as unknown as JobKey, arrival, startedAt);
    arrival.refusal = {
      ms: performance.now() - startedAt,
      retryAfterS: retryAfterS(answer),
      acceptedOnRetry: undefined,
    };
    void this.retryRefused(arrival.refusal);
  }

  private async fetch(job: JobKey, arrival: Arrival, startedAt: number): Promise<void> {
    let answer = await this.api.result(job);
    while (answer.status === 202) answer = await this.api.result(job);
    arrival.doneAtS = this.now();
    if (answer.status === 200) arrival.latencyMs = performance.now() - startedAt;
    else this.failed += 1;
  }

  /** Submits a rejected image again after `Retry-After`, and cancels it if it is accepted. */
  private async retryRefused(refusal: NonNullable<Arrival['refusal']>): Promise<void> {
    await sleep(1000 * refusal.retryAfterS, undefined, { ref: false });
    const answer = await this.api.post(this.photo).catch(() => undefined);
    refusal.acceptedOnRetry = answer?.status === 202;
    if (answer?.status === 202) await this.api.cancel(answer.json as unknown as JobKey);
  }

  private figures(
    arrivals: readonly Arrival[],
    { perS, seconds, done }: { perS: number; seconds: number; done: number },
  ): LoadFigures {
    const latencies = arrivals.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));
    const refusals = arrivals.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
    const back = refusals.filter(({ acceptedOnRetry }) => acceptedOnRetry !== undefined);
    const refusalMs = refusals.map(({ ms }) => ms);
    return {
      offeredPerS: tenth(perS),
      goodputPerS: Math.round((100 * done) / seconds) / 100,
      ...{ delivered: latencies.length, refused: refusals.length, failed: this.failed },
      latencyMs: {
        p50: Math.round(median(latencies)),
        p95: Math.round(percentile(latencies, 0.95)),
        max: Math.round(Math.max(...latencies)),
      },
      refusalMs: { p50: tenth(median(refusalMs)), p99: tenth(percentile(refusalMs, 0.99)) },
      takenAfterRetry: {
        asked: back.length,
        taken: back.filter(({ acceptedOnRetry }) => acceptedOnRetry).length,
      },
    };
  }

  private async sample(redis: ReturnType<TestSystem['inspector']>): Promise<void> {
    const [waiting, active, info] = await Promise.all([
      redis.zcard('rb:q:cutout:prioritized'),
      redis.llen('rb:q:cutout:active'),
      redis.info('memory'),
    ]);
    const values: Record<string, number> = {
      'images waiting': waiting,
      'images in work': active,
      'rss API': residentMb(this.system.apis[0]?.child.pid ?? 0).now,
      'redis used': tenth(Number(/used_memory:(\d+)/.exec(info)?.[1] ?? NaN) / 2 ** 20),
      'redis resident': residentMb(this.system.redis.pid).now,
    };
    for (const [i, worker] of this.system.workers.entries()) {
      values[`rss worker ${i + 1}`] = residentMb(worker.child.pid ?? 0).now;
      values[`rss engine ${i + 1}`] = residentMb(await engineOf(worker)).now;
    }
    this.samples.push({ s: this.now(), values });
  }

  private now(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}

const retryAfterS = ({ headers }: Answer): number => Number(headers.get('retry-after') ?? NaN);
