import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { CUTOUT_STAGES } from '#imaging/cutout-stages.js';
import { drawTrace, traceparent } from '#telemetry/trace-context.js';
import { OtlpCollector } from '../../test/harness/otlp-collector.js';
import { metricsOf, sumOfSamples, type Exposition } from '../../test/harness/metrics-reader.js';
import { engineOf } from '../../test/harness/engine-hold.js';
import { startSystem, type TestSystem } from '../../test/harness/system.js';

/** One image processed by the real service. */
export interface Observed {
  traceId: string;
  latencyMs: number;
  /** All stages of the engine, from the response. */
  engineMs: number;
  /** The stage of the model. */
  inferMs: number;
  outputBytes: number;
}

/** Steps of one image from its spans, in ms. */
export interface StepsMs {
  intake: number;
  fetch: number;
  engine: number;
  store: number;
  /** From the result until its reader is notified, and the client's time outside of all spans. */
  latency: number;
  deliver: number;
}

/** CPU time of the service's processes, in ms. */
export interface CpuMs {
  api: number;
  redis: number;
  workers: number;
  engines: number;
}

/** Means measured by the service, in ms; `handover` includes waiting for the engine. */
export interface MeansMs {
  intake: number;
  pickup: number;
  fetch: number;
  handover: number;
  store: number;
  deliver: number;
}

const TICKS_PER_SECOND = 100;
const WAIT_S = 600;

/** The real service, with open and closed loops of images. */
export class LiveService {
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly system: TestSystem,
    private readonly engines: readonly number[],
    private readonly collector: OtlpCollector,
  ) {}

  /** Starts it with `workers` workers of one thread each. */
  static async start(workers: number, model: string): Promise<LiveService> {
    const collector = new OtlpCollector();
    const tracing = { OTLP_URL: await collector.listen(), TRACEPARENT: 'accept' };
    const settings = {
      ...tracing,
      MODEL: model,
      THREADS: '1',
      METRICS_PORT: '0',
      MAX_WAIT_S: String(WAIT_S),
      REDIS_MAXMEMORY_MB: '1024',
    };
    const system = await startSystem(settings, workers);
    return new LiveService(system, await Promise.all(system.workers.map(engineOf)), collector);
  }

  /** Stops it. */
  async stop(): Promise<void> {
    this.agent.destroy();
    await this.system.stop();
    await this.collector.close();
  }

  /** Sends a photo at each time, independently of earlier ones. Results are in the order of sending. */
  open(photo: Buffer, atMs: readonly number[]): Promise<Observed[]> {
    const startedAt = performance.now();
    return Promise.all(
      atMs.map(async (at) => {
        await new Promise((resolve) => setTimeout(resolve, at - (performance.now() - startedAt)));
        return this.send(photo);
      }),
    );
  }

  /** Sends `count` photos, `together` at a time. Returns their results and the total time. */
  async closed(
    photo: Buffer,
    count: number,
    together: number,
  ): Promise<{ observed: Observed[]; lastedMs: number }> {
    const observed: Observed[] = [];
    let left = count;
    const startedAt = performance.now();
    const client = async (): Promise<void> => {
      while (left-- > 0) observed.push(await this.send(photo));
    };
    await Promise.all(Array.from({ length: together }, client));
    return { observed, lastedMs: performance.now() - startedAt };
  }

  /** CPU time so far. */
  cpuMs(): CpuMs {
    const { apis, workers, redis } = this.system;
    const all = (pids: readonly (number | undefined)[]): number =>
      pids.reduce<number>((sum, pid) => sum + cpuOf(pid), 0);
    return {
      api: all(apis.map(({ child }) => child.pid)),
      redis: all([redis.pid]),
      workers: all(workers.map(({ child }) => child.pid)),
      engines: all(this.engines),
    };
  }

  /** The service's metrics so far, for means between two readings. */
  async sums(): Promise<Exposition> {
    // Workers report their metrics every two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    return metricsOf(this.system.apis[0]!.adminUrl);
  }

  /** Steps of one image after its spans have arrived; undefined when some are missing. */
  stepsOf({ traceId, latencyMs }: Observed): StepsMs | undefined {
    const spans = new Map(this.collector.of(traceId).map((span) => [span.name, span]));
    const lasted = (name: string): number =>
      (spans.get(name)?.endMs ?? NaN) - (spans.get(name)?.startMs ?? NaN);
    const summary = (spans.get('deliver')?.startMs ?? NaN) - (spans.get('commit')?.endMs ?? NaN);
    const beside = latencyMs - ((spans.get('deliver')?.endMs ?? NaN) - (spans.get('submit')?.startMs ?? NaN));
    const steps = {
      intake: lasted('submit'),
      fetch: lasted('fetch'),
      engine: CUTOUT_STAGES.reduce((sum, name) => sum + lasted(name), 0),
      store: lasted('store') + lasted('commit'),
      latency: Math.max(0, summary) + Math.max(0, beside),
      deliver: lasted('deliver'),
    };
    return Object.values(steps).every(Number.isFinite) ? steps : undefined;
  }

  private send(photo: Buffer): Promise<Observed> {
    const trace = drawTrace();
    const headers = {
      'Content-Type': 'image/jpeg',
      'Content-Length': photo.length,
      Prefer: `wait=${WAIT_S}`,
      traceparent: traceparent(trace),
    };
    const url = `${this.system.url}/v1/jobs`;
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const sent = request(url, { method: 'POST', headers, agent: this.agent }, (response) => {
        let outputBytes = 0;
        response.on('data', (piece: Buffer) => (outputBytes += piece.length));
        response.on('end', () => {
          if (response.statusCode !== 200) {
            reject(new Error(`status ${response.statusCode ?? 0}`));
            return;
          }
          const timing = String(response.headers['server-timing']);
          const stage = (name: string): number =>
            Number(new RegExp(`\\b${name}[^,]*dur=([\\d.]+)`).exec(timing)?.[1]);
          const engineMs = CUTOUT_STAGES.reduce((sum, name) => sum + stage(name), 0);
          const latencyMs = performance.now() - startedAt;
          resolve({ traceId: trace.traceId, latencyMs, engineMs, inferMs: stage('infer'), outputBytes });
        });
      });
      sent.once('error', reject).end(photo);
    });
  }
}

/** Means between two readings of the service's metrics. */
export function meansBetween(before: Exposition, after: Exposition): MeansMs {
  const mean = (name: string, labels: Record<string, string> = {}): number => {
    const grown = (part: string): number =>
      sumOfSamples(after, `${name}_${part}`, labels) - sumOfSamples(before, `${name}_${part}`, labels);
    return (1000 * grown('sum')) / grown('count');
  };
  const stage = (name: string): number => mean('removebg_stage_seconds', { stage: name });
  return {
    intake: mean('removebg_intake_seconds'),
    pickup: mean('removebg_queue_wait_seconds'),
    fetch: stage('fetch'),
    handover: stage('handover'),
    store: stage('store'),
    deliver: mean('removebg_delivery_seconds'),
  };
}

/** User and system time of a process (proc(5)). */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid ?? 0}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}
