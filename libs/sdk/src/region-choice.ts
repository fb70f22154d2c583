import { JobClient, type JobClientSettings } from './job-client.js';

/** Where a deployment is, by its region's name. */
export type RegionAddresses = Readonly<Record<string, string>>;

/** How regions are compared. */
export interface RegionChoiceSettings {
  /** Stands in for the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Times each region is asked; the quickest answer counts, because only delays vary. */
  probes?: number;
  /** A region that has not answered by then, in milliseconds, counts as away. */
  timeoutMs?: number;
  /** How long a choice stands before it is measured again, in milliseconds. */
  freshMs?: number;
  /** How long a region that has failed is not asked, in milliseconds. */
  restMs?: number;
  /** A region further away than the one in use is worth a change from this many milliseconds on. */
  gainMs?: number;
}

/** A region to send the next image to. */
export interface ChosenRegion {
  name: string;
  /** Address of its service. */
  origin: string;
  /** Quickest answer, in milliseconds. */
  latencyMs: number;
}

/** No region answers. */
export class NoRegionError extends Error {
  override readonly name = 'NoRegionError';
}

/** The small answer that every instance gives without looking at anything. */
const PROBE_PATH = '/healthz';

/**
 * Chooses the region that answers soonest, and another when that one fails. A choice is for new images alone: a job
 * lives and ends in the region that took it, so keep the `JobClient` that `clientOf` makes and ask it about the job.
 * An image that was sent to a region which has failed since may be sent again elsewhere: it is done twice then, and
 * delivered from each region at most as often as there.
 */
export class RegionChoice {
  private readonly settings: Required<RegionChoiceSettings>;
  private readonly failedUntil = new Map<string, number>();
  private chosen: { region: ChosenRegion; until: number } | undefined;
  private measuring: Promise<ChosenRegion> | undefined;

  constructor(
    private readonly regions: RegionAddresses,
    settings: RegionChoiceSettings = {},
  ) {
    this.settings = {
      fetch: (input, init) => globalThis.fetch(input, init),
      ...{ probes: 3, timeoutMs: 2000, freshMs: 300_000, restMs: 30_000, gainMs: 20 },
      ...settings,
    };
  }

  /** The region for the next image. @throws NoRegionError when none answers */
  async best(): Promise<ChosenRegion> {
    if (this.chosen !== undefined && Date.now() < this.chosen.until) return this.chosen.region;
    this.measuring ??= this.measure().finally(() => (this.measuring = undefined));
    return this.measuring;
  }

  /** A client of one region: keep it for all calls on the jobs that it takes, whatever is chosen later. */
  clientOf(region: Pick<ChosenRegion, 'origin'>, settings: JobClientSettings = {}): JobClient {
    return new JobClient({
      fetch: this.settings.fetch,
      ...settings,
      baseUrl: region.origin,
      origin: undefined,
    });
  }

  /** A call to that region has failed: the next image goes elsewhere, unless no other region answers. */
  failed(name: string): void {
    this.failedUntil.set(name, Date.now() + this.settings.restMs);
    if (this.chosen?.region.name === name) this.chosen = undefined;
  }

  private async measure(): Promise<ChosenRegion> {
    const names = Object.keys(this.regions);
    const rested = names.filter((name) => (this.failedUntil.get(name) ?? 0) <= Date.now());
    const resting = names.filter((name) => !rested.includes(name));
    const region = (await this.quickest(rested)) ?? (await this.quickest(resting));
    if (region === undefined) throw new NoRegionError('no region answers');
    this.chosen = { region, until: Date.now() + this.settings.freshMs };
    return region;
  }

  private async quickest(names: readonly string[]): Promise<ChosenRegion | undefined> {
    const answers = await Promise.all(names.map((name) => this.probe(name)));
    const found = answers.filter((answer) => answer !== undefined).sort((a, b) => a.latencyMs - b.latencyMs);
    const [first] = found;
    const inUse = found.find(({ name }) => name === this.chosen?.region.name);
    // Two regions that are about as near must not take turns.
    const stays =
      first !== undefined && inUse !== undefined && inUse.latencyMs - first.latencyMs < this.settings.gainMs;
    return stays ? inUse : first;
  }

  /** Undefined when the region is away. The first probe also opens the connection, and is slower for it. */
  private async probe(name: string): Promise<ChosenRegion | undefined> {
    const { fetch, probes, timeoutMs } = this.settings;
    const origin = (this.regions[name] ?? '').replace(/\/$/, '');
    let latencyMs = Infinity;
    for (let i = 0; i < probes; i++) {
      const began = performance.now();
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await fetch(origin + PROBE_PATH, { signal });
        await answer.arrayBuffer();
        if (!answer.ok) return undefined;
      } catch {
        return undefined;
      }
      latencyMs = Math.min(latencyMs, performance.now() - began);
    }
    return { name, origin, latencyMs };
  }
}
