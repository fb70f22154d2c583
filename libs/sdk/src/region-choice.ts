import { JobClient, type JobClientSettings } from './job-client.js';

/** Address of the service in each region, by region name. */
export type RegionAddresses = Readonly<Record<string, string>>;

/** Settings of the comparison. */
export interface RegionChoiceSettings {
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Probes of each region. The fastest one counts. Default: 3. */
  probes?: number;
  /** Timeout of a probe, milliseconds. A region over it is unreachable. Default: 2,000. */
  timeoutMs?: number;
  /** How long a choice stays valid, milliseconds. Default: 300,000. */
  freshMs?: number;
  /** How long a failed region is skipped, milliseconds. Default: 30,000. */
  restMs?: number;
  /** Minimum gain in latency for a change of region, milliseconds. Default: 20. */
  gainMs?: number;
}

/** The region for the next image. */
export interface ChosenRegion {
  name: string;
  /** Address of its service. */
  origin: string;
  /** Latency of the fastest probe, milliseconds. */
  latencyMs: number;
}

/** No region is reachable. */
export class NoRegionError extends Error {
  override readonly name = 'NoRegionError';
}

/** A small, static response of every instance. */
const PROBE_PATH = '/healthz';

/**
 * Chooses the region with the lowest latency, and another one when it fails. The choice applies to new images: a job stays
 * in the region that accepted it, so keep the `JobClient` from `clientOf` for all calls about that job. If a region fails,
 * its images may be submitted to another region; they are then processed twice.
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

  /** The region for the next image. @throws NoRegionError if none is reachable */
  async best(): Promise<ChosenRegion> {
    if (this.chosen !== undefined && Date.now() < this.chosen.until) return this.chosen.region;
    this.measuring ??= this.measure().finally(() => (this.measuring = undefined));
    return this.measuring;
  }

  /** A client for one region. Keep it for all calls about the jobs it submits. */
  clientOf(region: Pick<ChosenRegion, 'origin'>, settings: JobClientSettings = {}): JobClient {
    return new JobClient({
      fetch: this.settings.fetch,
      ...settings,
      baseUrl: region.origin,
      origin: undefined,
    });
  }

  /** Reports a failed call: the next image goes to another region if one is reachable. */
  failed(name: string): void {
    this.failedUntil.set(name, Date.now() + this.settings.restMs);
    if (this.chosen?.region.name === name) this.chosen = undefined;
  }

  private async measure(): Promise<ChosenRegion> {
    const names = Object.keys(this.regions);
    const available = names.filter((name) => (this.failedUntil.get(name) ?? 0) <= Date.now());
    const skipped = names.filter((name) => !available.includes(name));
    const region = (await this.fastest(available)) ?? (await this.fastest(skipped));
    if (region === undefined) throw new NoRegionError('no region answers');
    this.chosen = { region, until: Date.now() + this.settings.freshMs };
    return region;
  }

  private async fastest(names: readonly string[]): Promise<ChosenRegion | undefined> {
    const answers = await Promise.all(names.map((name) => this.probe(name)));
    const found = answers.filter((answer) => answer !== undefined).sort((a, b) => a.latencyMs - b.latencyMs);
    const [first] = found;
    const inUse = found.find(({ name }) => name === this.chosen?.region.name);
    // Regions with similar latency must not alternate.
    const keepsRegion =
      first !== undefined && inUse !== undefined && inUse.latencyMs - first.latencyMs < this.settings.gainMs;
    return keepsRegion ? inUse : first;
  }

  /** Undefined if the region is unreachable. The first probe is slower: it also opens the connection. */
  private async probe(name: string): Promise<ChosenRegion | undefined> {
    const { fetch, probes, timeoutMs } = this.settings;
    const origin = (this.regions[name] ?? '').replace(/\/$/, '');
    let latencyMs = Infinity;
    for (let i = 0; i < probes; i++) {
      const startedAt = performance.now();
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await fetch(origin + PROBE_PATH, { signal });
        await answer.arrayBuffer();
        if (!answer.ok) return undefined;
      } catch {
        return undefined;
      }
      latencyMs = Math.min(latencyMs, performance.now() - startedAt);
    }
    return { name, origin, latencyMs };
  }
}
