import { allProcesses, descendants, entryOf, roleOf } from './process-table.js';
import type { ProcessEntry, Role, ServiceProcess } from './process-table.js';
import { AuditError, type AuditedSystem } from './audited-system.js';

/** How to reach a running system. */
export interface Attachment {
  url: string;
  pids: ServiceProcess[];
  redisUrls: readonly string[];
  mayKill: boolean;
}

/** A running system. Its engines are the children of its workers. */
export class AttachedSystem implements AuditedSystem {
  readonly isOwn = false;
  readonly privateFolders = [];
  readonly apiKey = undefined;
  readonly uploadTimeoutS = undefined;
  readonly url: string;
  readonly mayKill: boolean;
  readonly redisUrls: readonly string[];
  private readonly known: { role: Role; entry: ProcessEntry }[];

  /** @throws AuditError when a process named does not exist */
  constructor({ url, pids, redisUrls, mayKill }: Attachment) {
    this.url = url.replace(/\/$/, '');
    this.mayKill = mayKill;
    this.known = pids.map(({ role, pid }) => {
      const entry = entryOf(pid);
      if (entry === undefined) throw new AuditError(`--pid ${role}=${pid}: there is no such process.`);
      return { role, entry };
    });
    this.redisUrls = redisUrls;
  }

  /** The given processes or their successors, and the engines. */
  processes(): ServiceProcess[] {
    const all = allProcesses();
    const named = this.known
      .map(({ role, entry }) => ({ role, entry: successor(entry, all) }))
      .filter((found): found is { role: Role; entry: ProcessEntry } => found.entry !== undefined);
    const engines = named
      .filter(({ role }) => role === 'worker')
      .flatMap(({ entry }) => descendants(entry.pid, all))
      .filter((entry) => roleOf(entry) === 'engine');
    const found = named.map(({ role, entry: { pid } }) => ({ role, pid }));
    const more = engines.map(({ pid }) => ({ role: 'engine' as const, pid }));
    return [...found, ...more.filter(({ pid }) => !found.some((known) => known.pid === pid))];
  }

  /** Unknown: the audit did not start this system. */
  output(): undefined {
    return undefined;
  }

  /** Does nothing: the system keeps running. */
  async stop(): Promise<void> {
    await Promise.resolve();
  }
}

/** The process itself, or the one that its supervisor has started in its place. */
function successor(entry: ProcessEntry, all: readonly ProcessEntry[]): ProcessEntry | undefined {
  const itself = all.find(({ pid, startedAt }) => pid === entry.pid && startedAt === entry.startedAt);
  if (itself !== undefined) return itself;
  return all.find(
    ({ command, parent, startedAt }) =>
      command === entry.command && parent === entry.parent && startedAt > entry.startedAt,
  );
}
