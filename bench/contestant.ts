import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { engineEnvironment } from '../apps/worker/src/engine/engine-environment.js';
import type { Answer, Entry, Task } from './contestant-entry.js';

const MAIN = fileURLToPath(new URL('./contestant-main.js', import.meta.url));

/** A contestant in a process of its own, loaded once; nobody computes while it is not asked. */
export class Contestant {
  readonly #name: string;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
  }

  /**
   * @param contained runs it as an engine runs under its worker: process limits, wiping allocator and memory
   * settings; otherwise with the allocator as it is
   * @throws Error when it cannot be loaded
   */
  static async start(entry: Entry, contained = false): Promise<Contestant> {
    const [program, ...args] = [...(contained ? containment() : []), process.execPath, MAIN];
    const child = spawn(program, [...args, JSON.stringify(entry)], {
      stdio: ['ignore', 2, 2, 'ipc'],
      serialization: 'advanced',
      env: engineEnvironment({}),
    });
    const contestant = new Contestant(entry.kind, child);
    await contestant.#next();
    return contestant;
  }

  /** @throws Error when it ends over the image */
  async run(image: Uint8Array, outputWanted = false): Promise<Answer> {
    const answer = this.#next();
    this.#child.send({ image, outputWanted } satisfies Task);
    return (await answer) as Answer;
  }

  /** Ends the process, and waits for that. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }

  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`the contestant ${this.#name} ended`));
      this.#child.once('exit', ended).once('message', (message) => {
        this.#child.off('exit', ended);
        resolve(message);
      });
    });
  }
}

/** The command in front of an engine: its worker's limits, and the allocator settings that it adds to those. */
function containment(): string[] {
  const limits = ['tools/contained.sh', 'node'];
  const printed = execFileSync(limits[0] ?? '', ['node', 'printenv', 'GLIBC_TUNABLES'], { encoding: 'utf8' });
  const added = engineEnvironment({ GLIBC_TUNABLES: printed.trim() });
  return [
    ...limits,
    '/usr/bin/env',
    ...Object.entries(added).map(([name, value]) => `${name}=${value ?? ''}`),
  ];
}
