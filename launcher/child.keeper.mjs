import { spawn } from 'node:child_process';
import { holdOutput, passOutputOn } from './output.mjs';
import { duration, say } from './report.mjs';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5000;
/** A child that lived this long was sound: its next death is a new matter. */
const SOUND_AFTER_MS = 10_000;

/** Exit status of an application that cannot start as it is set up (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;

/**
 * How long to wait before the next start.
 * @param {number} previousMs the wait before the last start, 0 for none
 * @param {number} livedMs
 */
export function nextDelayMs(previousMs, livedMs) {
  if (previousMs === 0 || livedMs >= SOUND_AFTER_MS) return FIRST_DELAY_MS;
  return Math.min(previousMs * 2, LONGEST_DELAY_MS);
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches it once, from its launcher, and not a
 * second time from the terminal.
 * @param {import('./programs.supervised.mjs').Program} program
 */
export function startProgram({ command, env, cwd, stdin, ipc }) {
  const input = typeof stdin === 'object' ? 'pipe' : stdin;
  const child = spawn(command.program, command.args, {
    cwd,
    env,
    detached: true,
    stdio: [input, 'pipe', 'pipe', ...(ipc ? [/** @type {const} */ ('ipc')] : [])],
  });
  // A program that ends before it has read everything is missed by its exit.
  if (typeof stdin === 'object') child.stdin?.on('error', () => {}).end(stdin.text);
  return child;
}

/** Keeps one program running: starts it again, later each time, until it is told to stop. */
export class ChildKeeper {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #stopping = false;
  #delayMs = 0;

  /**
   * @param {import('./programs.supervised.mjs').Program} program its `env` is read at each start
   * @param {{ onMessage?: (message: unknown) => void, onGiveUp: () => void }} events `onGiveUp`: it says that
   *   it cannot run as it is set up
   */
  constructor(program, events) {
    this.program = program;
    this.events = events;
  }

  /** Starts the program. */
  start() {
    const startedAt = performance.now();
    const child = startProgram(this.program);
    const held = this.program.quiet ? holdOutput(child) : [];
    if (!this.program.quiet) passOutputOn(child, this.program.name);
    this.#child = child;
    child.on('error', () => this.#ended('could not be started', startedAt));
    child.on('exit', (code, signal) => {
      if (!this.#stopping) for (const line of held) say(`[${this.program.name}] ${line}`);
      if (code === EXIT_CONFIG && !this.#stopping) this.events.onGiveUp();
      else this.#ended(signal === null ? `exit ${code}` : signal, startedAt);
    });
    child.on('message', (message) => this.events.onMessage?.(message));
  }

  /**
   * @param {string} reason
   * @param {number} startedAt
   */
  #ended(reason, startedAt) {
    if (this.#stopping || this.#timer !== undefined) return;
    this.#delayMs = nextDelayMs(this.#delayMs, performance.now() - startedAt);
    say(`${this.program.name} ended (${reason}): starting it again in ${duration(this.#delayMs)}`);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.start();
    }, this.#delayMs);
  }

  /**
   * Ends the program: asks, waits, then kills.
   * @param {number} graceMs
   * @returns {Promise<void>} resolves when it is gone
   */
  stop(graceMs) {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined || !isRunning(child)) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => this.kill(), graceMs);
      child.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  /** Kills the program at once. */
  kill() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#child !== undefined && isRunning(this.#child)) this.#child.kill('SIGKILL');
  }
}

/** @param {import('node:child_process').ChildProcess} child */
const isRunning = (child) => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
