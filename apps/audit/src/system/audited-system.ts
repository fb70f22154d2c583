import type { ServiceProcess } from './process-table.js';

/** What is audited: a system of the audit's own, or one that runs already. */
export interface AuditedSystem {
  readonly url: string;
  readonly isOwn: boolean;
  /** May processes be killed? */
  readonly mayKill: boolean;
  /** How each Redis can be asked for its keys; empty when none can. */
  readonly redisUrls: readonly string[];
  /** A key of the service, for what needs one; undefined when the audit has none. */
  readonly apiKey: string | undefined;
  /** How long one request may take to arrive, where that is known. */
  readonly uploadTimeoutS: number | undefined;
  /** Folders that belong to this system alone: whatever appears there is its doing. */
  readonly privateFolders: readonly string[];
  /** The processes as they are now: killed ones come back under another number. */
  processes(): ServiceProcess[];
  /** Everything that it has printed, when that can be known. */
  output(): Buffer | undefined;
  stop(): Promise<void>;
}

/** The system cannot be audited as things are. The message is for the operator. */
export class AuditImpossible extends Error {
  override readonly name = 'AuditImpossible';
}

/** Sleeps. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The first value of `probe` that is not undefined; undefined when none comes in time. */
export async function eventually<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  limitMs: number,
): Promise<T | undefined> {
  for (const until = Date.now() + limitMs; ;) {
    const value = await probe();
    if (value !== undefined || Date.now() > until) return value;
    await pause(50);
  }
}
