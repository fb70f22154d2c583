import type { FileLook } from '../channel/file-watch.js';
import type { ProcessFacts } from '../channel/process-facts.js';
import type { KeyspaceLook } from '../channel/redis-keyspace.js';
import type { KindTally } from '../scan/tally.js';
import type { AuditEnvironment } from '../system/environment.js';
import type { Role, ServiceProcess } from '../system/process-table.js';

/** What the memory of one process showed at one moment. */
export interface ProcessScan extends ServiceProcess {
  bytes: number;
  /** Those of which anything was found. */
  kinds: KindTally[];
}

/** All that was looked at together. */
export interface Look {
  /** When it began, milliseconds after the end of what was looked for. */
  afterMs: number;
  /** How long the look took, milliseconds. */
  tookMs: number;
  /** How many windows were looked for in each process. */
  windows: number;
  memory: ProcessScan[];
  keyspace: KeyspaceLook | undefined;
}

/** A look and its time by name: `50 ms`, `2 s`, `end` or `idle`. */
export interface PathLook {
  when: string;
  look: Look;
}

/** Canaries found in what the system has printed. */
export interface OutputLook {
  bytes: number;
  hits: KindTally[];
}

/** One walk of a path and what was left of it. */
export interface PathReport {
  name: string;
  title: string;
  /** 1 for the first. */
  round: number;
  outcome: 'clean' | 'found' | 'not run' | 'broken';
  /** Why it was not run or broke, or what else is worth knowing. */
  note?: string;
  looks: PathLook[];
}

/** Part of an image that was found in a process. */
export interface MemoryFinding {
  path: string;
  round: number;
  when: string;
  role: Role;
  pid: number;
  /** Which canary of the path. */
  canary: string;
  /** `raw`, `base64`, `pixels` or `text`. */
  form: string;
  kind: string;
  bytes: number;
  payloadBytes: number;
  places: string[];
}

/** Something that should not be. */
export interface AuditFinding {
  channel: 'memory' | 'keyspace' | 'output' | 'files' | 'process' | 'path' | 'control';
  where: string;
  what: string;
  /** Of findings in memory. */
  memory?: MemoryFinding;
}

/** The whole audit; the JSON report is this object. */
export interface AuditReport {
  product: 'Removebg BD';
  verdict: 'pass' | 'fail' | 'void';
  startedAt: string;
  tookMs: number;
  url: string;
  system: 'own' | 'attached';
  environment: AuditEnvironment;
  /** While an engine worked on a canary: it must be seen there, and in the engine alone. */
  inFlight: Look | undefined;
  /** Of all rounds. */
  paths: PathReport[];
  /** For each round, all its canaries together at its end. */
  ends: PathReport[];
  /** The last of these looks. */
  atEnd: Look | undefined;
  /** Canaries found in what the system has printed; undefined when that could not be known. */
  output: OutputLook | undefined;
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
