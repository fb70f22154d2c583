import {
  controlHits,
  controlShare,
  inFlightFindings,
  leaksIn,
  MIN_CONTROL_SHARE,
  pathFindings,
  tallyText,
} from './audit-findings.js';
import { AuditRound, type RoundReport } from './audit-round.js';
import type { ModelInput } from './canary/canary.js';
import type { FileLook } from './channel/file-watch.js';
import { factsOf, faultsOf, type ProcessFacts } from './channel/process-facts.js';
import type { AuditPath } from './path/audit-path.js';
import { ServiceClient } from './path/service-client.js';
import {
  OUT_OF_SIGHT,
  type AuditFinding,
  type AuditReport,
  type Look,
  type OutputLook,
} from './report/audit-report.js';
import type { AuditedSystem } from './system/audited-system.js';
import type { AuditEnvironment } from './system/environment.js';

/** Options of an audit. */
export interface AuditOptions {
  system: AuditedSystem;
  paths: readonly AuditPath[];
  model: ModelInput;
  environment: AuditEnvironment;
  /** Number of walks over all paths. Slow paths are walked in the first round only. */
  rounds: number;
  /** Idle time before the last look of a round, in milliseconds. */
  idleMs: number;
  /** Called before each step, with its name. */
  onStep: (text: string) => void;
}

/** Observations before the verdict. */
type Observations = Pick<AuditReport, 'inFlight' | 'paths' | 'ends' | 'atEnd'>;
type Channels = Pick<AuditReport, 'output' | 'files' | 'processes'>;

/** One run of the audit over one system. */
export class AuditRun {
  private readonly factsBefore: ProcessFacts[];

  constructor(private readonly order: AuditOptions) {
    this.factsBefore = this.facts();
  }

  /** Walks all paths and reports. */
  async perform(): Promise<AuditReport> {
    const startedAt = new Date();
    const { system, rounds } = this.order;
    const done: RoundReport[] = [];
    for (let round = 1; round <= rounds; round += 1) done.push(await this.round(round));
    const seen: Observations = {
      inFlight: clearest(done.map(({ inFlight }) => inFlight)),
      paths: done.flatMap(({ paths }) => paths),
      ends: done.map(({ end }) => end),
      atEnd: done.at(-1)?.end.looks[0]?.look,
    };
    const channels = this.channels(done);
    const findings = [...memoryFindings(seen), ...channelFindings(channels)];
    return {
      product: 'Removebg BD',
      verdict: verdictOf(seen, findings),
      startedAt: startedAt.toISOString(),
      tookMs: Date.now() - startedAt.getTime(),
      url: system.url,
      system: system.isOwn ? 'own' : 'attached',
      environment: this.order.environment,
      ...seen,
      ...channels,
      findings,
      outOfSight: [...OUT_OF_SIGHT],
    };
  }

  private round(round: number): Promise<RoundReport> {
    const { paths, system, ...order } = this.order;
    const client = new ServiceClient(system.url);
    return new AuditRound({ ...order, system, client, round, paths }).perform();
  }

  private channels(done: readonly RoundReport[]): Channels {
    return {
      output: outputOf(done),
      files: filesOf(done),
      processes: this.facts().map((facts) => ({
        ...facts,
        faults: faultsOf(facts),
        writtenDuringRun: facts.writtenBytes - this.writtenBefore(facts.pid),
      })),
    };
  }

  /** Facts of all processes but the supervisor, which writes the service's files before it starts and receives no image. */
  private facts(): ProcessFacts[] {
    return this.order.system
      .processes()
      .filter(({ role }) => role !== 'supervisor')
      .map(factsOf)
      .filter((facts) => facts !== undefined);
  }

  private writtenBefore(pid: number): number {
    return this.factsBefore.find((facts) => facts.pid === pid)?.writtenBytes ?? 0;
  }
}

/** The look with the largest share of a canary in an engine. */
const clearest = (looks: readonly (Look | undefined)[]): Look | undefined =>
  [...looks].sort((a, b) => controlShare(b).share - controlShare(a).share)[0];

function outputOf(done: readonly RoundReport[]): OutputLook | undefined {
  const looks = done.map(({ output }) => output).filter((output) => output !== undefined);
  const last = looks.at(-1);
  return last && { bytes: last.bytes, hits: looks.flatMap(({ hits }) => hits) };
}

function filesOf(done: readonly RoundReport[]): FileLook | undefined {
  const looks = done.map(({ files }) => files);
  const [first] = looks;
  return (
    first && {
      folders: first.folders,
      appeared: [...new Set(looks.flatMap(({ appeared }) => appeared))],
      lookedInto: looks.reduce((sum, { lookedInto }) => sum + lookedInto, 0),
      hits: looks.flatMap(({ hits }) => hits),
    }
  );
}

const memoryFindings = ({ inFlight, paths, ends }: Observations): AuditFinding[] => [
  ...(inFlight === undefined ? [] : inFlightFindings(inFlight)),
  ...[...paths, ...ends].flatMap(pathFindings),
];

function channelFindings({ output, files, processes }: Channels): AuditFinding[] {
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
    ...processes.flatMap(({ role, pid, faults, writtenDuringRun }) => {
      const written = writtenDuringRun > 0 && role !== 'nginx';
      const all = written ? [...faults, `wrote ${writtenDuringRun} bytes to a disk`] : faults;
      return all.map((what) => ({ channel: 'process' as const, where: `${role} (pid ${pid})`, what }));
    }),
  ];
}

function verdictOf(seen: Observations, findings: readonly AuditFinding[]): AuditReport['verdict'] {
  if (controlHits(seen) > 0) return 'void';
  if (controlShare(seen.inFlight).share < MIN_CONTROL_SHARE) return 'void';
  return findings.length === 0 ? 'pass' : 'fail';
}
