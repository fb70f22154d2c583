import { release, availableParallelism } from 'node:os';
import {
  controlHits,
  controlShare,
  inFlightFindings,
  findingsIn,
  leaksIn,
  LEAST_CONTROL_SHARE,
} from './audit.findings.js';
import { pathFindings, tallyText } from './audit.findings.js';
import { lookFor } from './audit.look.js';
import { Canary, type ModelInput } from './canary/canary.js';
import { FileWatch } from './channel/file.watch.js';
import { factsOf, faultsOf, type ProcessFacts } from './channel/process.facts.js';
import { PathSkipped, type AuditPath } from './path/audit.path.js';
import { ServiceClient } from './path/service.client.js';
import {
  OUT_OF_SIGHT,
  type AuditFinding,
  type AuditReport,
  type Look,
  type PathReport,
} from './report/audit.report.js';
import { nothingFound, scanCopy } from './scan/buffer.scan.js';
import { hitsIn, tallyOf } from './scan/tally.js';
import { indexPayloads } from './scan/window.index.js';
import { pause, type AuditedSystem } from './system/audited.system.js';
import { folderOf } from './system/process.table.js';

/** The promise: this long after the end nothing is left. */
const AFTER_END_MS = 500;

/** What an audit is told. */
export interface AuditOrder {
  system: AuditedSystem;
  paths: readonly AuditPath[];
  model: ModelInput;
  /** Hears what is being done. */
  onStep: (text: string) => void;
}

/** One run of the audit over one system. */
export class AuditRun {
  readonly #order: AuditOrder;
  readonly #client: ServiceClient;
  readonly #canaries: Canary[] = [];
  readonly #files: FileWatch;
  readonly #factsBefore: ProcessFacts[];
  #inFlight: Look | undefined;

  constructor(order: AuditOrder) {
    this.#order = order;
    this.#client = new ServiceClient(order.system.url);
    const processes = order.system.processes();
    const folders = processes.map(({ pid }) => folderOf(pid)).filter((folder) => folder !== undefined);
    this.#files = new FileWatch(order.system.privateFolders, folders);
    this.#factsBefore = processes.map(factsOf).filter((facts) => facts !== undefined);
  }

  /** Walks all paths and reports. */
  async perform(): Promise<AuditReport> {
    const startedAt = new Date();
    const { system, onStep } = this.#order;
    const paths: PathReport[] = [];
    for (const path of this.#order.paths) {
      onStep(path.title);
      paths.push(await this.#walk(path));
    }
    onStep('All canaries once more');
    const payloads = this.#canaries.flatMap((canary) => canary.payloads);
    const atEnd = await lookFor(payloads, system);
    const seen = { inFlight: this.#inFlight, paths, atEnd };
    const channels = this.#channels();
    const findings = [...this.#findings(seen), ...channelFindings(channels)];
    return {
      product: 'Removebg BD',
      verdict: verdictOf(seen, findings),
      startedAt: startedAt.toISOString(),
      tookMs: Date.now() - startedAt.getTime(),
      url: system.url,
      system: system.isOwn ? 'own' : 'attached',
      host: { kernel: release(), node: process.version, cores: availableParallelism() },
      ...seen,
      ...channels,
      findings,
      outOfSight: [...OUT_OF_SIGHT],
    };
  }

  async #walk(path: AuditPath): Promise<PathReport> {
    const { name, title } = path;
    const { system } = this.#order;
    if (path.kills === true && !system.mayKill) {
      return { name, title, outcome: 'not run', note: 'kills processes: needs --allow-kill' };
    }
    const canary = await Canary.draw(name, path.shape, this.#order.model);
    this.#canaries.push(canary);
    const lookInside = async (): Promise<void> => {
      this.#inFlight ??= await lookFor(canary.payloads, system);
    };
    try {
      const note = await path.walk({ canary, client: this.#client, system, lookInside });
      await pause(AFTER_END_MS);
      const after = await lookFor(canary.payloads, system);
      const report: PathReport = {
        name,
        title,
        outcome: 'clean',
        after,
        ...(note !== undefined && { note }),
      };
      return pathFindings(report).length === 0 ? report : { ...report, outcome: 'found' };
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error);
      return { name, title, outcome: error instanceof PathSkipped ? 'not run' : 'broken', note };
    }
  }

  #findings({ inFlight, paths, atEnd }: Pick<AuditReport, 'inFlight' | 'paths' | 'atEnd'>): AuditFinding[] {
    return [
      ...(inFlight === undefined ? [] : inFlightFindings(inFlight)),
      ...paths.flatMap(pathFindings),
      ...(atEnd === undefined ? [] : findingsIn(atEnd, 'at the end')),
    ];
  }

  #channels(): Pick<AuditReport, 'output' | 'files' | 'processes'> {
    const index = indexPayloads(this.#canaries.flatMap((canary) => canary.payloads));
    const processes = this.#order.system
      .processes()
      .map(factsOf)
      .filter((facts) => facts !== undefined);
    const printed = this.#order.system.output();
    const found = nothingFound(index);
    if (printed !== undefined) scanCopy(index, printed, found);
    return {
      output: printed && { bytes: printed.length, hits: hitsIn(tallyOf(index, found, () => 'output', 1)) },
      files: this.#files.finish(index),
      processes: processes.map((facts) => ({
        ...facts,
        faults: faultsOf(facts),
        writtenDuringRun: facts.writtenBytes - this.#writtenBefore(facts.pid),
      })),
    };
  }

  #writtenBefore(pid: number): number {
    return this.#factsBefore.find((facts) => facts.pid === pid)?.writtenBytes ?? 0;
  }
}

function channelFindings({
  output,
  files,
  processes,
}: Pick<AuditReport, 'output' | 'files' | 'processes'>): AuditFinding[] {
  return [
    ...leaksIn(output?.hits ?? []).map((tally) => ({
      channel: 'output' as const,
      where: `printed (${tally.canary})`,
      what: tallyText(tally),
    })),
    ...(files?.appeared ?? []).map((file) => ({
      channel: 'files' as const,
      where: file,
      what: 'appeared during the run',
    })),
    ...(files?.hits ?? []).flatMap(({ file, kinds }) =>
      leaksIn(kinds).map((tally) => ({ channel: 'files' as const, where: file, what: tallyText(tally) })),
    ),
    ...processes.flatMap(({ role, pid, faults, writtenDuringRun }) => [
      ...faults.map((what) => ({ channel: 'process' as const, where: `${role} (pid ${pid})`, what })),
      ...(writtenDuringRun > 0 && role !== 'nginx'
        ? [
            {
              channel: 'process' as const,
              where: `${role} (pid ${pid})`,
              what: `wrote ${writtenDuringRun} bytes to a disk`,
            },
          ]
        : []),
    ]),
  ];
}

function verdictOf(
  seen: Pick<AuditReport, 'inFlight' | 'paths' | 'atEnd'>,
  findings: readonly AuditFinding[],
): AuditReport['verdict'] {
  if (controlHits(seen) > 0) return 'void';
  if (controlShare(seen.inFlight).share < LEAST_CONTROL_SHARE) return 'void';
  return findings.length === 0 ? 'pass' : 'fail';
}
