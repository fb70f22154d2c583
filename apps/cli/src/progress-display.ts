/** A stream to people, maybe a terminal. */
export interface Screen {
  write: (text: string) => unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Photos of a run, by how they ended so far. */
export interface Tally {
  total: number;
  done: number;
  skipped: number;
  failed: number;
}

const REDRAW_MS = 100;
const TICK_MS = 1000;
const BAR = 20;
const CLEAR = '\r\u001b[2K';
/** Rates are taken over this many results, so that a slow start is forgotten. */
const RECENT = 50;

/** A duration for people: `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Shows how a run goes: on a terminal in one line that is redrawn, elsewhere in a line for each photo. */
export class ProgressDisplay {
  private readonly isLive: boolean;
  private readonly hasColour: boolean;
  private readonly times: number[] = [];
  private readonly startedAt = performance.now();
  private now = '';
  private drawnAt = 0;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly screen: Screen,
    private readonly settings: { isQuiet: boolean; env: NodeJS.ProcessEnv },
  ) {
    const { env, isQuiet } = settings;
    this.isLive = screen.isTTY === true && env['TERM'] !== 'dumb' && !isQuiet;
    this.hasColour = this.isLive && (env['NO_COLOR'] ?? '') === '';
  }

  /** A line that stays, if the run is not to be quiet. */
  line(text: string): void {
    if (!this.settings.isQuiet) this.print(text);
  }

  /** A line that stays, about something that went wrong. */
  fault(text: string): void {
    this.print(this.hasColour ? `\u001b[31m${text}\u001b[0m` : text);
  }

  /** What is being done with a single photo; on terminals only. */
  state(text: string): void {
    this.now = text;
    this.draw();
  }

  /** Shows the bar of a run of many photos, and from then on how long it has taken; on terminals only. */
  start(tally: Tally): void {
    if (!this.isLive) return;
    this.clock = setInterval(() => this.state(this.bar(tally)), TICK_MS).unref();
    this.state(this.bar(tally));
  }

  /** A photo is done or failed. On a terminal the bar shows it, elsewhere `text` does. */
  advance(tally: Tally, text: string): void {
    this.times.push(performance.now());
    if (this.times.length > RECENT) this.times.shift();
    if (this.isLive) this.state(this.bar(tally));
    else this.line(text);
  }

  /** Removes the line that is redrawn, for good. */
  stop(): void {
    clearInterval(this.clock);
    this.clear();
  }

  private clear(): void {
    if (this.isLive && this.drawnAt > 0) this.screen.write(CLEAR);
    this.now = '';
    this.drawnAt = 0;
  }

  private print(text: string): void {
    const { now } = this;
    this.clear();
    this.screen.write(`${text}\n`);
    if (now !== '') this.state(now);
  }

  private draw(): void {
    const now = performance.now();
    if (!this.isLive || this.now === '' || (this.drawnAt > 0 && now - this.drawnAt < REDRAW_MS)) return;
    this.drawnAt = now;
    this.screen.write(CLEAR + this.now.slice(0, (this.screen.columns ?? 80) - 1));
  }

  private bar({ total, done, skipped, failed }: Tally): string {
    const ended = done + skipped + failed;
    const filled = Math.round((BAR * ended) / Math.max(1, total));
    const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
    const rate = this.ratePerS();
    const left =
      rate > 0
        ? `  ${rate.toFixed(1)}/s  ${durationText((1000 * (total - ended)) / rate)} left`
        : `  ${Math.floor((performance.now() - this.startedAt) / 1000)} s`;
    return `${bar} ${ended}/${total}${failed > 0 ? `  ${failed} failed` : ''}${left}`;
  }

  private ratePerS(): number {
    const [first = 0] = this.times;
    const ms = (this.times.at(-1) ?? 0) - first;
    return ms > 0 ? (1000 * (this.times.length - 1)) / ms : 0;
  }
}
