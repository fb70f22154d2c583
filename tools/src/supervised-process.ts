import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { duration, EXIT_CONFIG, say } from './report.js';
import type { Program } from './service-programs.js';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5000;
/** After this time a process counts as healthy, and the delay starts again. */
const HEALTHY_AFTER_MS = 10_000;
/** Last lines of a quiet process that are kept. */
const KEPT_LINES = 20;

/**
 * Starts a program in a process group of its own: Ctrl-C then reaches it once, through this process, and not a second
 * time from the terminal.
 */
export function startProgram({ command, env, cwd, stdin, hasIpc }: Program): ChildProcess {
  const input = typeof stdin === 'object' ? 'pipe' : stdin;
  const child = spawn(command.program, command.args, {
    cwd,
    env,
    detached: true,
    stdio: hasIpc ? [input, 'pipe', 'pipe', 'ipc'] : [input, 'pipe', 'pipe'],
  });
  // When the program exits before it has read everything, its exit is what counts.
  if (typeof stdin === 'object') child.stdin?.on('error', () => undefined).end(stdin.text);
  return child;
}

/**
 * Prints the output of a child line by line. Children write to pipes only: under the limit on file sizes they could not
 * write to a stdout that is a file.
 * @param name printed before each line
 */
export function forwardOutput({ stdout, stderr }: ChildProcess, name?: string): void {
  const prefix = name === undefined ? '' : `[${name}] `;
  for (const [from, to] of [
    [stdout, process.stdout],
    [stderr, process.stderr],
  ] as const) {
    if (from !== null) createInterface({ input: from }).on('line', (line) => to.write(`${prefix}${line}\n`));
  }
}

/** Keeps the last lines of a child: of a program that prints much and matters only when it fails. */
function keepOutput({ stdout, stderr }: ChildProcess): string[] {
  const lines: string[] = [];
  for (const from of [stdout, stderr]) {
    if (from === null) continue;
    createInterface({ input: from }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    });
  }
  return lines;
}

interface ProcessEvents {
  onMessage: (message: unknown) => void;
  /** The program exited because of its settings: a restart would not help. */
  onBadSettings: () => void;
}

/** A program that is restarted when it exits, with a growing delay, until it is stopped. */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopping = false;
  private delayMs = 0;

  constructor(
    private readonly program: Program,
    private readonly events: ProcessEvents,
  ) {}

  get name(): string {
    return this.program.name;
  }

  /** Starts the program: for the first time, or once `stop` has resolved. */
  start(): void {
    this.isStopping = false;
    this.spawn();
  }

  private spawn(): void {
    const { name, isQuiet } = this.program;
    const startedAt = performance.now();
    const child = startProgram(this.program);
    const kept = isQuiet ? keepOutput(child) : [];
    if (!isQuiet) forwardOutput(child, name);
    this.child = child;
    child.on('error', () => this.restartLater('could not be started', startedAt));
    child.on('exit', (code, signal) => {
      if (!this.isStopping) for (const line of kept) say(`[${name}] ${line}`);
      if (code === EXIT_CONFIG && !this.isStopping) this.events.onBadSettings();
      else this.restartLater(signal ?? `exit ${code}`, startedAt);
    });
    child.on('message', (message) => this.events.onMessage(message));
  }

  private restartLater(reason: string, startedAt: number): void {
    if (this.isStopping || this.timer !== undefined) return;
    const isHealthy = performance.now() - startedAt >= HEALTHY_AFTER_MS;
    this.delayMs =
      this.delayMs === 0 || isHealthy ? FIRST_DELAY_MS : Math.min(this.delayMs * 2, MAX_DELAY_MS);
    say(`${this.program.name} exited (${reason}). Restarting in ${duration(this.delayMs)}.`);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.spawn();
    }, this.delayMs);
  }

  /** Sends SIGTERM, and SIGKILL after the grace period. Resolves when the process is gone. */
  stop(graceMs: number): Promise<void> {
    this.cancelRestart();
    const { child } = this;
    if (child === undefined || !isRunning(child)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.kill(), graceMs);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  private cancelRestart(): void {
    this.isStopping = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Sends SIGKILL. */
  kill(): void {
    this.cancelRestart();
    if (this.child !== undefined && isRunning(this.child)) this.child.kill('SIGKILL');
  }
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;
