import { EXIT_CONFIG, say } from './report.js';
import type { Program } from './service-programs.js';
import { SupervisedProcess } from './supervised-process.js';

/** npm and the terminal both send Ctrl-C: only a later one is a second Ctrl-C. */
const SAME_SIGNAL_MS = 500;
const REDIS_GRACE_MS = 2000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs Redis servers and applications until a signal arrives or one of them exits because of its settings. Stops the
 * applications first: they finish their work in that Redis.
 */
export class Supervisor {
  /** Resolves to the exit status when everything has stopped. */
  readonly finished: Promise<number>;
  private readonly apps: SupervisedProcess[] = [];
  private readonly redis: SupervisedProcess[] = [];
  private stoppedAt = 0;
  private finish!: (exitCode: number) => void;

  /** @param graceMs how long the applications may take to finish their work */
  constructor(readonly graceMs: number) {
    this.finished = new Promise((resolve) => (this.finish = resolve));
    for (const signal of SIGNALS) process.on(signal, () => this.onSignal(signal));
    // Also when this process crashes: no child may outlive it.
    process.once('exit', () => this.killAll());
  }

  get isStopping(): boolean {
    return this.stoppedAt > 0;
  }

  startRedis(program: Program): void {
    const redis = this.supervise(program, () => undefined);
    this.redis.push(redis);
    redis.start();
  }

  startApp(program: Program, onMessage: (message: unknown) => void): void {
    this.addApp(program, onMessage).start();
  }

  /** An application that the caller starts and stops; it is stopped with the others. */
  addApp(program: Program, onMessage: (message: unknown) => void = () => undefined): SupervisedProcess {
    const app = this.supervise(program, onMessage);
    this.apps.push(app);
    return app;
  }

  private supervise(program: Program, onMessage: (message: unknown) => void): SupervisedProcess {
    const onBadSettings = (): void => {
      if (!this.isStopping) say(`${program.name} cannot run with these settings. Stopping.`);
      void this.stop(EXIT_CONFIG);
    };
    return new SupervisedProcess(program, { onMessage, onBadSettings });
  }

  private onSignal(signal: string): void {
    if (!this.isStopping) {
      say(
        `${signal}: stopping. Running work may take up to ${this.graceMs / 1000} s; ` +
          'a second signal stops it at once.',
      );
      void this.stop(0);
    } else if (performance.now() - this.stoppedAt > SAME_SIGNAL_MS) this.killAll();
  }

  /** Stops everything. Later calls do nothing. */
  async stop(exitCode: number): Promise<void> {
    if (this.isStopping) return;
    this.stoppedAt = performance.now();
    await Promise.all(this.apps.map((app) => app.stop(this.graceMs)));
    await Promise.all(this.redis.map((redis) => redis.stop(REDIS_GRACE_MS)));
    this.finish(exitCode);
  }

  private killAll(): void {
    for (const child of [...this.apps, ...this.redis]) child.kill();
  }
}
