import { createHmac, randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BatchKey } from '#sdk/batch-client.js';
import { DurableLog } from './durable-log.js';
import { CommandError } from './exit-codes.js';
import type { DoneLine } from './manifest-results.js';

/** A result that is about to be written. It is recorded first, so that the next run knows about it. */
export interface Placement {
  /** Fingerprint of the line of the manifest. */
  fingerprint: string;
  /** SHA-256 of the result. */
  sha256: string;
  /** The line of the results, without the receipt. */
  line: DoneLine;
  /** For a file: the path of its complete draft, which is renamed to it. Absent for an address. */
  draft?: string | undefined;
  /** Token of the job, for its receipt. */
  token?: string | undefined;
}

/** What an interrupted run leaves to the next one, beside the results. */
interface Kept {
  batch: BatchKey | undefined;
  salt: string;
  placements: Map<string, Placement>;
}

type Entry = { batch: BatchKey } | { salt: string } | { placement: Placement };

const CUSTOM_ID_LENGTH = 32;
/** How often, and how far apart, a lock without an owner is read before it counts as left by a killed process. */
const MAX_EMPTY_READS = 10;
const EMPTY_READ_MS = 20;

/**
 * The private file of a run beside its results, `.NAME.state`: the batch at the service with its token, and the results that
 * were about to be written. It is deleted when every image has ended. `.NAME.lock` keeps two runs apart.
 */
export class ManifestState {
  /** True when there is something to continue. */
  private isUsed: boolean;

  private constructor(
    private readonly kept: Kept,
    private readonly log: DurableLog | undefined,
    private readonly paths: { state: string; lock: string } | undefined,
  ) {
    this.isUsed = kept.batch !== undefined || kept.placements.size > 0;
  }

  /** The state of a run that cannot be continued, as its results go to the standard output. */
  static unkept(): ManifestState {
    return new ManifestState(
      { batch: undefined, salt: newSalt(), placements: new Map() },
      undefined,
      undefined,
    );
  }

  /** Reads and locks the state beside the results. @throws CommandError while another run has the lock */
  static async open(results: string): Promise<ManifestState> {
    const hidden = join(dirname(results), `.${basename(results)}`);
    const paths = { state: `${hidden}.state`, lock: `${hidden}.lock` };
    await lock(paths.lock, results);
    try {
      const entries = await entriesOf(paths.state);
      const kept: Kept = { batch: undefined, salt: '', placements: new Map() };
      for (const entry of entries) {
        if ('batch' in entry) kept.batch = entry.batch;
        else if ('salt' in entry) kept.salt = entry.salt;
        else kept.placements.set(entry.placement.fingerprint, entry.placement);
      }
      const log = await DurableLog.open(paths.state, 0o600);
      if (kept.salt === '') await log.add({ salt: (kept.salt = newSalt()) });
      return new ManifestState(kept, log, paths);
    } catch (error) {
      await rm(paths.lock, { force: true });
      throw error;
    }
  }

  /** Batch of the interrupted run. */
  get batch(): BatchKey | undefined {
    return this.kept.batch;
  }

  /** The name of an image at the service: it says nothing about the image, and is the same in the next run. */
  customIdOf(fingerprint: string): string {
    const { salt } = this.kept;
    return createHmac('sha256', salt).update(fingerprint).digest('hex').slice(0, CUSTOM_ID_LENGTH);
  }

  /** What an interrupted run was about to write for a line. */
  placementOf(fingerprint: string): Placement | undefined {
    return this.kept.placements.get(fingerprint);
  }

  /** Records a batch. @throws the file system's error */
  async addBatch(batch: BatchKey): Promise<void> {
    await this.add({ batch });
  }

  /** Records what is about to be written. @throws the file system's error */
  async addPlacement(placement: Placement): Promise<void> {
    await this.add({ placement });
  }

  /** Ends the run. @param isComplete true if every image has ended, and nothing is left to continue */
  async close(isComplete: boolean): Promise<void> {
    await this.log?.close();
    if (this.paths === undefined) return;
    if (isComplete || !this.isUsed) await rm(this.paths.state, { force: true });
    await rm(this.paths.lock, { force: true });
  }

  private async add(entry: Entry): Promise<void> {
    this.isUsed = true;
    await this.log?.add(entry);
  }
}

const newSalt = (): string => randomBytes(24).toString('base64url');

/** Reads the entries. A last line that is incomplete was not acted upon. */
async function entriesOf(path: string): Promise<Entry[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line): Entry[] => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });
}

/** @throws CommandError while the process that has the lock is running */
async function lock(path: string, results: string): Promise<void> {
  for (let reads = 1; ; reads += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await readFile(path, 'utf8').catch(() => '');
    if (isRunning(Number(owner))) {
      throw new CommandError(
        `Another run (process ${owner}) is writing ${results}. Wait for it, or delete ${path} if it is not running.`,
      );
    }
    // A process that has just made the lock writes its id next.
    if (owner === '' && reads < MAX_EMPTY_READS) await pause(EMPTY_READ_MS);
    else await rm(path, { force: true });
  }
}

/** True for the id of another process that is running. */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
