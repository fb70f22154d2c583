/** How a job that was accepted came to its end, as its client saw it. */
export type Ending =
  /** The whole image, once. */
  | 'delivered'
  /** The whole image, and again when asked for again although a fault may have hidden the first from the service. */
  | 'delivered-again'
  /** A problem with a reason: failed, cancelled, expired, or `queue-lost`. */
  | 'reported'
  /** Redis has come back empty since: the job is unknown. */
  | 'lost-with-redis';

/** What must never happen to a job. */
export type Wrong = 'delivered-twice' | 'vanished' | 'silent' | 'damaged';

/** When Redis lost everything, and when connections of clients were broken. */
export interface Disturbances {
  queueLostAt: number;
  clientsBrokenAt: number;
}

/** Accounts for every job that was accepted. */
export class JobLedger {
  readonly endings = new Map<string, number>();
  readonly reasons = new Map<string, number>();
  readonly wrongs: string[] = [];
  /** Submissions that were refused, by code. */
  readonly refusals = new Map<string, number>();
  readonly disturbances: Disturbances = { queueLostAt: -Infinity, clientsBrokenAt: -Infinity };
  accepted = 0;

  /** A job that has come to a good end. */
  end(how: Ending, reason = ''): void {
    count(this.endings, how);
    if (reason !== '') count(this.reasons, reason);
  }

  /** A job that has come to a bad one. */
  blame(wrong: Wrong, detail: string): void {
    this.wrongs.push(`${wrong}: ${detail}`);
  }

  /** An image that was not taken. */
  refuse(code: string): void {
    count(this.refusals, code);
  }

  /** Jobs accepted and not accounted for. */
  get open(): number {
    const ended = [...this.endings.values()].reduce((sum, jobs) => sum + jobs, 0);
    return this.accepted - ended - this.wrongs.length;
  }

  /** In one line. */
  toString(): string {
    const list = (map: Map<string, number>): string =>
      [...map].map(([name, jobs]) => `${jobs} ${name}`).join(', ') || 'none';
    return [
      `${this.accepted} accepted: ${list(this.endings)}; reasons: ${list(this.reasons)}`,
      `refused: ${list(this.refusals)}`,
      `wrong: ${this.wrongs.join('; ') || 'nothing'}; not accounted for: ${this.open}`,
    ].join('\n');
  }
}

const count = (map: Map<string, number>, name: string): void => void map.set(name, (map.get(name) ?? 0) + 1);
