import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineEnvironment } from '../../apps/worker/src/engine/engine-environment.js';
import type { Measurement, RunnerSpec, RunRequest } from './runner-protocol.js';

const MAIN = fileURLToPath(new URL('./runner-main.js', import.meta.url));

/** A runner in its own process, loaded once. It is idle between requests. */
export class RunnerProcess {
  private readonly name: string;
  private readonly child: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
  }

  /**
   * @param contained runs it as an engine runs under its worker: process limits, wiping allocator and memory
   * settings; otherwise with the default allocator
   * @throws Error when it cannot be loaded
   */
  static async start(spec: RunnerSpec, contained = false): Promise<RunnerProcess> {
    const [program, ...args] = [...(contained ? containedCommand() : []), process.execPath, MAIN];
    const child = spawn(program, [...args, JSON.stringify(spec)], {
      stdio: ['ignore', 2, 2, 'ipc'],
      serialization: 'advanced',
      env: engineEnvironment({}),
    });
    const runner = new RunnerProcess(spec.kind, child);
    await runner.next();
    return runner;
  }

  /** @throws Error when it ends over the image */
  async run(image: Uint8Array, withOutput = false): Promise<Measurement> {
    const measurement = this.next();
    this.child.send({ image, withOutput } satisfies RunRequest);
    return (await measurement) as Measurement;
  }

  /** Stops the process, and waits for its exit. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await ended;
  }

  private next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`the contestant ${this.name} ended`));
      this.child.once('exit', ended).once('message', (message) => {
        this.child.off('exit', ended);
        resolve(message);
      });
    });
  }
}

/** The command that starts an engine: its worker's process limits and allocator settings. */
function containedCommand(): string[] {
  const limits = ['tools/contained.sh', 'node'];
  const printed = execFileSync(limits[0] ?? '', ['node', 'printenv', 'GLIBC_TUNABLES'], { encoding: 'utf8' });
  const added = engineEnvironment({ GLIBC_TUNABLES: printed.trim() });
  return [
    ...limits,
    '/usr/bin/env',
    ...Object.entries(added).map(([name, value]) => `${name}=${value ?? ''}`),
  ];
}
