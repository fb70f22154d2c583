import { cutShort } from '../harness/bad-images.js';
import { pause } from '../harness/eventually.js';
import { modelFolder } from '../harness/model-folder.js';
import { SeededRandom } from '../harness/seeded-random.js';
import { heavyNetwork } from '../harness/small-networks.js';
import { smallPhoto } from '../harness/small-photo.js';
import { SupervisedSystem } from '../harness/supervised-system.js';
import { remainsOf } from '../harness/traces.js';
import { FAULTS, type Fault } from './fault-kinds.js';
import { JobLedger } from './job-ledger.js';
import { RestlessClient, type Images } from './restless-client.js';

/** How a run of faults goes. */
export interface FaultRunPlan {
  seed: number;
  /** Each kind once in this many rounds, in an order drawn anew; with `minutes`, rounds until these are over. */
  rounds?: number;
  minutes?: number;
  /** Names of the kinds; all of them by default. */
  only?: readonly string[];
  clients: number;
  workers: number;
  /** With a model that computes next to nothing, instead of the real one. */
  isLight?: boolean;
  /** A fault that lasts takes at most this long. */
  longestMs: number;
  /** Hears what happens. */
  say: (line: string) => void;
}

/** What came of it. */
export interface FaultReport {
  ledger: JobLedger;
  /** Time from the end of each fault until the service had done a whole new image, less what that takes undisturbed. */
  recoveries: { fault: string; ms: number }[];
  /** What is left in Redis of the images of this run. */
  remains: string[];
  /** Processes that outlived the service. */
  leaked: number[];
  /** Log lines that report a defect. */
  defects: readonly string[];
}

/** Undisturbed images at the start, under load: what one takes, by median. */
const PRACTICE = 7;
/** An upload that lost its API is purged after 120 s; everything else earlier. */
const REMAINS_MS = 150_000;
/** Short lives, so that what is abandoned ends within the run. */
const SETTINGS = { RESULT_TTL_S: '6', QUEUE_TTL_S: '60', TOMBSTONE_TTL_S: '300', REDIS_MAXMEMORY_MB: '192' };

/** Runs the service under load, lets faults happen to it, and accounts for everything. */
export async function runFaults(plan: FaultRunPlan): Promise<FaultReport> {
  const images = await imagesToSend();
  const model = plan.isLight ? modelFolder(heavyNetwork(), 'isnet') : undefined;
  const system = await SupervisedSystem.start(plan.workers, SETTINGS, model);
  try {
    const report = await new FaultRun(system, plan, images).report();
    return { ...report, leaked: await endOf(system, plan) };
  } catch (error) {
    await system.stop('SIGKILL');
    throw error;
  }
}

/** In order, or with the supervisor killed: either way nothing may be left running. */
const endOf = (system: SupervisedSystem, { seed }: FaultRunPlan): Promise<number[]> =>
  system.stop(seed % 2 === 0 ? 'SIGTERM' : 'SIGKILL');

async function imagesToSend(): Promise<Images> {
  const good = smallPhoto();
  return { good, broken: cutShort(good) };
}

class FaultRun {
  private readonly ledger = new JobLedger();
  private readonly chance: SeededRandom;
  private readonly recoveries: FaultReport['recoveries'] = [];
  private readonly prober: RestlessClient;
  private usualMs = 0;

  constructor(
    private readonly system: SupervisedSystem,
    private readonly plan: FaultRunPlan,
    private readonly images: Images,
  ) {
    this.chance = new SeededRandom(plan.seed);
    this.prober = this.client(0);
  }

  async report(): Promise<Omit<FaultReport, 'leaked'>> {
    const { ledger, recoveries, system, plan } = this;
    const end = new AbortController();
    const clients = Array.from({ length: plan.clients }, (_, i) => this.client(i + 1).run(end.signal));
    const took: number[] = [];
    for (let i = 0; i < PRACTICE; i += 1) took.push(await this.probeMs());
    this.usualMs = median(took);
    plan.say(`an image takes ${Math.round(this.usualMs)} ms under this load`);
    await this.strikeAll();
    end.abort();
    await Promise.all(clients);
    return { ledger, recoveries, remains: await this.remains(), defects: system.defects };
  }

  private async strikeAll(): Promise<void> {
    const { plan } = this;
    const faults = FAULTS.filter(({ name }) => plan.only?.includes(name) ?? true);
    const until = performance.now() + (plan.minutes ?? 0) * 60_000;
    for (let round = 0; round < (plan.rounds ?? Infinity); round += 1) {
      for (const fault of this.chance.shuffle(faults)) {
        if (plan.minutes !== undefined && performance.now() > until) return;
        await this.strike(fault);
      }
    }
  }

  private async strike(fault: Fault): Promise<void> {
    const { system, chance, plan, ledger } = this;
    await pause(chance.between(0, plan.longestMs / 2));
    // From now until it is over: a client cannot know when in between it struck.
    const note = (at: number): void => {
      if (fault.losesQueue) ledger.disturbances.queueLostAt = at;
      if (fault.breaksClients) ledger.disturbances.clientsBrokenAt = at;
    };
    note(Infinity);
    await fault.strike({ system, chance, longestMs: plan.longestMs });
    note(performance.now());
    const ms = Math.max(0, Math.round((await this.probeMs()) - this.usualMs));
    this.recoveries.push({ fault: fault.name, ms });
    plan.say(`${fault.name}: well again after ${ms} ms`);
  }

  /** How long it takes until an image that is brought now, again and again if need be, has been delivered. */
  private async probeMs(): Promise<number> {
    const began = performance.now();
    while (!(await this.prober.deliverOne())) await pause(50);
    return performance.now() - began;
  }

  /** What is left in Redis once it should be gone. */
  private async remains(): Promise<string[]> {
    for (const until = performance.now() + REMAINS_MS; ;) {
      const remains = await remainsOf(this.system);
      if (remains.length === 0 || performance.now() > until) return remains;
      await pause(1000);
    }
  }

  private client(number: number): RestlessClient {
    const chance = new SeededRandom(this.plan.seed + 1000 * (number + 1));
    return new RestlessClient(this.system.url, this.images, this.ledger, chance);
  }
}

/** The middle one; 0 of none. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** The picture of a promise kept: what a report must say, in words that name what is wrong. */
export function faultsIn(
  { ledger, recoveries, remains, leaked, defects }: FaultReport,
  limitMs: number,
): string[] {
  return [
    ...ledger.wrongs,
    ...(ledger.open === 0 ? [] : [`${ledger.open} jobs are not accounted for`]),
    ...recoveries
      .filter(({ ms }) => ms > limitMs)
      .map(({ fault, ms }) => `${fault}: well only after ${ms} ms`),
    ...remains.map((what) => `left in Redis: ${what}`),
    ...leaked.map((pid) => `outlived the service: process ${pid}`),
    ...defects.map((line) => `defect: ${line}`),
  ];
}
