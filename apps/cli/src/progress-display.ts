/** An output stream, possibly a terminal. */
export interface Screen {
  write: (text: string) => unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Number of photos by outcome so far. */
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
/** The rate is the average of this many latest results. */
const RECENT = 50;

/** A readable number of bytes: `820 kB`, `4.2 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** A readable duration: `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Shows progress: on a terminal as one line that is redrawn, otherwise as one line per photo. */
export class ProgressDisplay {
  private readonly isLive: boolean;
  private readonly hasColor: boolean;
  private readonly times: number[] = [];
  private readonly startedAt = performance.now();
  private current = '';
  private drawnAt = 0;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly screen: Screen,
    private readonly settings: { isQuiet: boolean; env: NodeJS.ProcessEnv },
  ) {
    const { env, isQuiet } = settings;
    this.isLive = screen.isTTY === true && env['TERM'] !== 'dumb' && !isQuiet;
    this.hasColor = this.isLive && (env['NO_COLOR'] ?? '') === '';
  }

  /** Prints a permanent line unless the run is quiet. */
  line(text: string): void {
    if (!this.settings.isQuiet) this.print(text);
  }

  /** Prints a permanent line about an error. */
  error(text: string): void {
    this.print(this.hasColor ? `\u001b[31m${text}\u001b[0m` : text);
  }

  /** Shows the state of a single photo, on terminals only. */
  state(text: string): void {
    this.current = text;
    this.draw();
  }

  /** Starts the progress bar of a run with many photos, on terminals only. */
  start(tally: Tally): void {
    if (!this.isLive) return;
    this.clock = setInterval(() => this.state(this.bar(tally)), TICK_MS).unref();
    this.state(this.bar(tally));
  }

  /** A photo is done: updates the bar on a terminal, otherwise prints `text`. */
  advance(tally: Tally, text: string): void {
    this.times.push(performance.now());
    if (this.times.length > RECENT) this.times.shift();
    if (this.isLive) this.state(this.bar(tally));
    else this.line(text);
  }

  /** Removes the redrawn line. */
  stop(): void {
    clearInterval(this.clock);
    this.clear();
  }

  private clear(): void {
    if (this.isLive && this.drawnAt > 0) this.screen.write(CLEAR);
    this.current = '';
    this.drawnAt = 0;
  }

  private print(text: string): void {
    const { current } = this;
    this.clear();
    this.screen.write(`${text}\n`);
    if (current !== '') this.state(current);
  }

  private draw(): void {
    const now = performance.now();
    if (!this.isLive || this.current === '' || (this.drawnAt > 0 && now - this.drawnAt < REDRAW_MS)) return;
    this.drawnAt = now;
    this.screen.write(CLEAR + this.current.slice(0, (this.screen.columns ?? 80) - 1));
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
