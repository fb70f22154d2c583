import type { FileLook } from '../channel/file-watch.js';
import type { ProcessFacts } from '../channel/process-facts.js';
import type { KeyspaceLook } from '../channel/redis-keyspace.js';
import type { KindTally } from '../scan/tally.js';
import type { AuditEnvironment } from '../system/environment.js';
import type { Role, ServiceProcess } from '../system/process-table.js';

/** Scan of the memory of one process. */
export interface ProcessScan extends ServiceProcess {
  bytes: number;
  /** Forms of which anything was found. */
  kinds: KindTally[];
}

/** One search of everything at one moment. */
export interface Look {
  /** Start, in milliseconds after the end of the path. */
  afterMs: number;
  /** Duration, in milliseconds. */
  tookMs: number;
  /** Number of windows searched for in each process. */
  windows: number;
  memory: ProcessScan[];
  keyspace: KeyspaceLook | undefined;
}

/** A look and the name of its time: `50 ms`, `2 s`, `end` or `idle`. */
export interface PathLook {
  when: string;
  look: Look;
}

/** Canaries found in what the system has printed. */
export interface OutputLook {
  bytes: number;
  hits: KindTally[];
}

/** One walk of a path and what it left. */
export interface PathReport {
  name: string;
  title: string;
  /** 1 for the first. */
  round: number;
  outcome: 'clean' | 'found' | 'not run' | 'broken';
  /** Reason why it did not run or broke, or a remark. */
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

/** One finding. */
export interface AuditFinding {
  channel: 'memory' | 'keyspace' | 'output' | 'files' | 'process' | 'path' | 'control';
  where: string;
  what: string;
  /** Of findings in memory. */
  memory?: MemoryFinding;
}

/** The whole audit; the JSON report is this object and what readers need (`report-document.ts`). */
export interface AuditReport {
  product: 'Removebg BD';
  verdict: 'pass' | 'fail' | 'void';
  startedAt: string;
  tookMs: number;
  url: string;
  system: 'own' | 'attached';
  environment: AuditEnvironment;
  /** Look while an engine worked on a canary: the canary must be in the engine and nowhere else. */
  inFlight: Look | undefined;
  /** Of all rounds. */
  paths: PathReport[];
  /** For each round, a look for all its canaries at its end. */
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

/** What a scan of processes cannot show. Part of the report. */
export const OUT_OF_SIGHT: readonly string[] = [
  'Kernel buffers: data in sockets and pipes, and freed pages that have not been reused. Boot with init_on_free=1.',
  'A proxy in front, unless --pid nginx=… names its process, and what the proxy writes.',
  'Memory of the host of this virtual machine, and snapshots of it.',
  'What the client does with a result.',
  'An administrator who reads memory while an image is processed, as this audit does.',
];
