import { ChildKeeper, EXIT_CONFIG } from './child.keeper.mjs';
import { say } from './report.mjs';

/** npm passes Ctrl-C on to us and the terminal sends it too: only what comes later is a second Ctrl-C. */
const SAME_SIGNAL_MS = 500;
const REDIS_GRACE_MS = 2000;
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs Redis servers and applications until a signal comes or one of them says that it cannot run as it is set up.
 * Ends the applications first, because they finish their work in that Redis.
 */
export class Supervisor {
  /** @type {ChildKeeper[]} */
  #apps = [];
  /** @type {ChildKeeper[]} */
  #redis = [];
  #stoppedAt = 0;
  /** @type {(exitCode: number) => void} */
  #finish = () => {};
  /** Resolves to the exit status once everything has been stopped. */
  finished = new Promise((/** @type {(exitCode: number) => void} */ resolve) => (this.#finish = resolve));

  /** @param {number} graceMs how long the applications may take to finish their work */
  constructor(graceMs) {
    this.graceMs = graceMs;
    for (const signal of SIGNALS) process.on(signal, () => this.#onSignal(signal));
    // A crash of this process ends in 'exit' as well: nothing may outlive it.
    process.once('exit', () => this.#killAll());
  }

  get isStopping() {
    return this.#stoppedAt > 0;
  }

  /** @param {import('./programs.supervised.mjs').Program} program */
  startRedis(program) {
    this.#redis.push(this.#keep(program, () => {}));
  }

  /**
   * @param {import('./programs.supervised.mjs').Program} program
   * @param {(message: unknown) => void} [onMessage]
   */
  startApp(program, onMessage = () => {}) {
    this.#apps.push(this.#keep(program, onMessage));
  }

  /**
   * @param {import('./programs.supervised.mjs').Program} program
   * @param {(message: unknown) => void} onMessage
   */
  #keep(program, onMessage) {
    const onGiveUp = () => {
      if (!this.isStopping) say(`${program.name} cannot run as it is set up: stopping.`);
      void this.stop(EXIT_CONFIG);
    };
    const keeper = new ChildKeeper(program, { onMessage, onGiveUp });
    keeper.start();
    return keeper;
  }

  /** @param {string} signal */
  #onSignal(signal) {
    if (!this.isStopping) {
      say(`${signal}: stopping; running work may take up to ${this.graceMs / 1000} s (again: stop at once)`);
      void this.stop(0);
    } else if (performance.now() - this.#stoppedAt > SAME_SIGNAL_MS) this.#killAll();
  }

  /**
   * Ends everything. Only the first call counts.
   * @param {number} exitCode
   */
  async stop(exitCode) {
    if (this.isStopping) return;
    this.#stoppedAt = performance.now();
    await Promise.all(this.#apps.map((app) => app.stop(this.graceMs)));
    await Promise.all(this.#redis.map((redis) => redis.stop(REDIS_GRACE_MS)));
    this.#finish(exitCode);
  }

  #killAll() {
    for (const keeper of [...this.#apps, ...this.#redis]) keeper.kill();
  }
}
