import type { ServiceProcess } from './process-table.js';

/** The audited system: the audit's own, or a running one. */
export interface AuditedSystem {
  readonly url: string;
  readonly isOwn: boolean;
  /** True when the audit may kill processes. */
  readonly mayKill: boolean;
  /** Addresses of each Redis for a user that may read all keys; empty when unknown. */
  readonly redisUrls: readonly string[];
  /** An API key, for paths that need one; undefined when unknown. */
  readonly apiKey: string | undefined;
  /** `UPLOAD_TIMEOUT_S` of the service, where known. */
  readonly uploadTimeoutS: number | undefined;
  /** Folders that only this system uses. */
  readonly privateFolders: readonly string[];
  /** The current processes. A restarted process has another pid. */
  processes(): ServiceProcess[];
  /** Everything that it has printed, where known. */
  output(): Buffer | undefined;
  stop(): Promise<void>;
}

/** The system cannot be audited. The message gives the reason. */
export class AuditError extends Error {
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
