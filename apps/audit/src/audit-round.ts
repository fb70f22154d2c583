import { pathFindings } from './audit-findings.js';
import { indexOf, look } from './audit-look.js';
import { Canary, type ModelInput } from './canary/canary.js';
import type { CanaryShape } from './canary/canary-image.js';
import { FileWatch, type FileLook } from './channel/file-watch.js';
import { PathSkipped, type AuditPath, type PathStage } from './path/audit-path.js';
import type { ServiceClient } from './path/service-client.js';
import type { Look, OutputLook, PathLook, PathReport } from './report/audit-report.js';
import { nothingFound, scanCopy } from './scan/buffer-scan.js';
import { hitsIn, tallyOf } from './scan/tally.js';
import { indexPayloads, type Payload } from './scan/window-index.js';
import { pause, type AuditedSystem } from './system/audited-system.js';
import { folderOf, type ServiceProcess } from './system/process-table.js';

/** Times of the looks at each path, in milliseconds after its end. */
const LOOKS_MS = [50, 2000];
/** Processes that receive the bytes of a request first. They are scanned after each request of a path that sends several. */
const isFront = ({ role }: ServiceProcess): boolean => role === 'api' || role === 'nginx';

/** Options of a round. */
export interface RoundOptions {
  system: AuditedSystem;
  client: ServiceClient;
  /** 1 for the first. */
  round: number;
  paths: readonly AuditPath[];
  model: ModelInput;
  /** Idle time before the last look, in milliseconds. */
  idleMs: number;
  onStep: (text: string) => void;
}

/** Result of a round. */
export interface RoundReport {
  inFlight: Look | undefined;
  paths: PathReport[];
  /** Look for all canaries of the round at its end. */
  end: PathReport;
  output: OutputLook | undefined;
  files: FileLook;
}

/** One walk over all paths. Its canaries are discarded afterwards. */
export class AuditRound {
  private readonly canaries: Canary[] = [];
  private readonly files: FileWatch;
  private inFlight: Look | undefined;

  constructor(private readonly order: RoundOptions) {
    const { system } = order;
    const folders = system
      .processes()
      .map(({ pid }) => folderOf(pid))
      .filter((folder) => folder !== undefined);
    this.files = new FileWatch(system.privateFolders, folders);
  }

  /** Walks the paths in sequence. */
  async perform(): Promise<RoundReport> {
    const { onStep, paths, round } = this.order;
    const reports: PathReport[] = [];
    for (const path of paths) {
      onStep(round === 1 ? path.title : `${path.title} (round ${round})`);
      reports.push(await this.walk(path));
    }
    const end = await this.lookAtEnd();
    return { inFlight: this.inFlight, paths: reports, end, ...this.channels() };
  }

  private async walk(path: AuditPath): Promise<PathReport> {
    const { name, title, kills, walk } = path;
    const { system, round } = this.order;
    const about = { name, title, round, looks: [] };
    if (kills === true && !system.mayKill) {
      return { ...about, outcome: 'not run', note: 'kills processes: needs --allow-kill' };
    }
    const first = this.canaries.length;
    const between: PathLook[] = [];
    try {
      const note = await walk(await this.stageOf(path, between));
      const looks = [...between, ...(await this.looksAt(this.canaries.slice(first)))];
      const report: PathReport = { ...about, looks, outcome: 'clean', ...(note !== undefined && { note }) };
      return pathFindings(report).length === 0 ? report : { ...report, outcome: 'found' };
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error);
      return { ...about, outcome: error instanceof PathSkipped ? 'not run' : 'broken', note };
    }
  }

  private async stageOf({ name, shape }: AuditPath, looks: PathLook[]): Promise<PathStage> {
    const { system, client, model } = this.order;
    const own = shape === undefined ? undefined : await this.draw(name, shape, model);
    // Built in advance: the engine works for a moment only.
    const inside = indexOf(own?.payloads ?? []);
    return {
      get canary(): Canary {
        if (own === undefined) throw new Error('this path has no canary of its own');
        return own;
      },
      draw: (label, smallShape) => this.draw(`${name}: ${label}`, smallShape),
      client,
      system,
      lookInside: async () => {
        this.inFlight ??= await look(inside, system, { first: 'engine' });
      },
      prepareLook: ({ payloads }) => {
        const index = indexOf(payloads);
        return async () => {
          const time = { endedAt: performance.now(), afterMs: LOOKS_MS[0] ?? 0 };
          looks.push({
            when: timeOf(time.afterMs),
            look: await look(index, system, { time, includes: isFront }),
          });
        };
      },
    };
  }

  private async draw(name: string, shape: CanaryShape, model?: ModelInput): Promise<Canary> {
    const canary = await Canary.draw(name, shape, model);
    this.canaries.push(canary);
    return canary;
  }

  private async looksAt(canaries: readonly Canary[]): Promise<PathLook[]> {
    const endedAt = performance.now();
    const looks: PathLook[] = [];
    for (const afterMs of LOOKS_MS) {
      const index = indexOf(payloadsOf(canaries));
      const seen = await look(index, this.order.system, { time: { endedAt, afterMs } });
      looks.push({ when: timeOf(afterMs), look: seen });
      for (const canary of canaries) await canary.settle();
    }
    return looks;
  }

  /** Looks after an idle period, in which no other work overwrites what was left. */
  private async lookAtEnd(): Promise<PathReport> {
    const { system, idleMs, round, onStep } = this.order;
    onStep(idleMs === 0 ? 'All canaries' : `All canaries after ${timeOf(idleMs)} of idle time`);
    await pause(idleMs);
    const seen = await look(indexOf(payloadsOf(this.canaries)), system);
    const when = idleMs === 0 ? 'end' : 'idle';
    const title = 'All canaries at the end';
    const report: PathReport = { name: 'end', title, round, outcome: 'clean', looks: [{ when, look: seen }] };
    return pathFindings(report).length === 0 ? report : { ...report, outcome: 'found' };
  }

  private channels(): Pick<RoundReport, 'output' | 'files'> {
    const index = indexPayloads(payloadsOf(this.canaries));
    const printed = this.order.system.output();
    const found = nothingFound(index);
    if (printed !== undefined) scanCopy(index, printed, found);
    return {
      output: printed && { bytes: printed.length, hits: hitsIn(tallyOf(index, found, () => 'output', 1)) },
      files: this.files.finish(index),
    };
  }
}

const payloadsOf = (canaries: readonly Canary[]): Payload[] => canaries.flatMap(({ payloads }) => payloads);

const timeOf = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
