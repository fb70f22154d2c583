import type { FileLook } from '../channel/file.watch.js';
import type { ProcessFacts } from '../channel/process.facts.js';
import type { KeyspaceLook } from '../channel/redis.keyspace.js';
import type { KindTally } from '../scan/tally.js';
import type { ServiceProcess } from '../system/process.table.js';

/** What the memory of one process showed at one moment. */
export interface ProcessScan extends ServiceProcess {
  bytes: number;
  kinds: KindTally[];
}

/** All that was looked at together. */
export interface Look {
  /** How long the look took, milliseconds. */
  tookMs: number;
  memory: ProcessScan[];
  keyspace: KeyspaceLook | undefined;
}

/** One path of an image and what was left of it. */
export interface PathReport {
  name: string;
  title: string;
  outcome: 'clean' | 'found' | 'not run' | 'broken';
  /** Why it was not run or broke, or what else is worth knowing. */
  note?: string;
  after?: Look;
}

/** Something that should not be. */
export interface AuditFinding {
  channel: 'memory' | 'keyspace' | 'output' | 'files' | 'process' | 'path' | 'control';
  where: string;
  what: string;
}

/** The whole audit; the JSON report is this object. */
export interface AuditReport {
  product: 'Removebg BD';
  verdict: 'pass' | 'fail' | 'void';
  startedAt: string;
  tookMs: number;
  url: string;
  system: 'own' | 'attached';
  host: { kernel: string; node: string; cores: number };
  /** While an engine worked on a canary: it must be seen there, and in the engine alone. */
  inFlight: Look | undefined;
  paths: PathReport[];
  /** Once more at the end, for all canaries of the run together. */
  atEnd: Look | undefined;
  /** Canaries found in what the system has printed; undefined when that could not be known. */
  output: { bytes: number; hits: KindTally[] } | undefined;
  files: FileLook | undefined;
  processes: (ProcessFacts & { faults: string[]; writtenDuringRun: number })[];
  findings: AuditFinding[];
  /** What this audit cannot see. */
  outOfSight: string[];
}

/** What no look at processes can tell; the report says so. */
export const OUT_OF_SIGHT: readonly string[] = [
  'Buffers of the kernel: what stands in a socket or pipe on its way, and pages that a process has given back and nobody has used since. Boot with init_on_free=1.',
  'A proxy in front, unless its process is named with --pid nginx=…, and whatever it writes.',
  'Memory of a machine under this one, and snapshots that its owner may take.',
  'What the receiver of a result does with it.',
  'An administrator who reads memory while an image is being worked on, as this audit itself does.',
];
