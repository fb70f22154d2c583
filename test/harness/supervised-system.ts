import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Redis } from 'ioredis';
import { ChaosProxy } from './chaos-proxy.js';
import { childrenOf, isAlive } from './engine-hold.js';
import { eventually, pause } from './eventually.js';
import type { ModelFolder } from './model-folder.js';
import { inspectorAt } from './system.js';

/** What a process of the service is. */
export type Role = 'redis' | 'api' | 'worker' | 'engine';

/** What its command line says of it. */
const ROLE_OF: readonly (readonly [part: string, role: Role])[] = [
  ['engine-main.js', 'engine'],
  ['apps/worker/src/main.js', 'worker'],
  ['apps/api/src/main.js', 'api'],
  ['redis-server', 'redis'],
];

/** libfaketime, where packages put it: shows processes another time than the machine's. */
const FAKE_CLOCK = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));

/** Whether a system's clock can be set. */
export const canSetClock = (): boolean => FAKE_CLOCK !== undefined;

const CLOCK_READ_S = 1;
const START_MS = 60_000;
const KEPT_LINES = 100;
/** What a process takes whose Redis and supervisor are gone, and more. */
const STOP_MS = 40_000;

/** The whole service as `npm start` runs and supervises it, with a network between its processes and Redis. */
export class SupervisedSystem {
  readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'removebg-test-'));
  readonly network = new ChaosProxy(join(this.folder, 'network.sock'), this.socket);
  /** Every process there ever was. */
  private readonly everSeen = new Set<number>();
  private readonly clients: Redis[] = [];
  private child: ChildProcess | undefined;
  private readonly lines: string[] = [];
  private readonly defectLines: string[] = [];
  private port = 0;

  private constructor(
    private readonly settings: Record<string, string>,
    private readonly model: ModelFolder | undefined,
  ) {
    void this.setClock(0);
  }

  /**
   * Starts it; resolves once it answers that it is ready.
   * @param model a folder with a model of the test's own, which the system removes at its end; the real one by default
   */
  static async start(
    workers: number,
    settings: Record<string, string> = {},
    model?: ModelFolder,
  ): Promise<SupervisedSystem> {
    const system = new SupervisedSystem(settings, model);
    await system.network.start();
    system.spawn(workers);
    try {
      await eventually(() => system.port > 0, START_MS);
      await eventually(() => system.isReady(workers), START_MS);
      return system;
    } catch (error) {
      await system.kill();
      throw new Error(`did not start: ${system.lines.join('\n')}`, { cause: error });
    }
  }

  /** Address of the API. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Log lines that report a defect in the service. */
  get defects(): readonly string[] {
    return this.defectLines;
  }

  /** Living processes of a role. */
  pids(role: Role): number[] {
    return this.processes().filter((pid) => roleOf(pid) === role);
  }

  /** A Redis client that bypasses the simulated network. */
  inspector(): Redis {
    const redis = inspectorAt(this.socket);
    redis.on('error', () => undefined);
    this.clients.push(redis);
    return redis;
  }

  /** All keys in Redis. */
  async keys(): Promise<string[]> {
    const redis = this.inspector();
    const keys = await redis.keys('*');
    redis.disconnect();
    return keys.sort();
  }

  /**
   * Sets the clock of all its processes, engines excepted, so many seconds ahead of the machine's; resolves once all have
   * seen it.
   */
  async setClock(aheadS: number): Promise<void> {
    writeFileSync(this.clockFile, `+${aheadS}\n`);
    await pause(1000 * CLOCK_READ_S + 100);
  }

  /**
   * Ends it with a signal to the supervisor alone. Returns the processes that were still there when their time was up;
   * they are killed then.
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number[]> {
    this.processes();
    for (const client of this.clients) client.disconnect();
    this.child?.kill(signal);
    const left = (): number[] =>
      [...this.everSeen].filter((pid) => isAlive(pid) && roleOf(pid) !== undefined);
    await eventually(() => left().length === 0, STOP_MS).catch(() => undefined);
    const leaked = left();
    await this.kill();
    return leaked;
  }

  private async kill(): Promise<void> {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    if (this.child?.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    await this.network.stop();
    this.model?.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get socket(): string {
    return join(this.folder, 'redis.sock');
  }

  private get clockFile(): string {
    return join(this.folder, 'clock');
  }

  private spawn(workers: number): void {
    const given = {
      ...{ folder: this.folder, redisUrl: `unix://${this.network.path}`, workers },
      ...{
        cwd: this.model?.path ?? process.cwd(),
        maxmemoryMb: Number(this.settings['REDIS_MAXMEMORY_MB'] ?? 256),
      },
    };
    const args = ['test/harness/supervised.mjs', JSON.stringify(given)];
    const clock = FAKE_CLOCK === undefined ? {} : clockFrom(FAKE_CLOCK, this.clockFile);
    const env = { ...process.env, HOST: '127.0.0.1', RATE_LIMIT: 'off', ...clock };
    Object.assign(env, this.model?.settings, this.settings);
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const input of [child.stdout, child.stderr])
      if (input !== null) createInterface({ input }).on('line', (line) => this.note(line));
    child.on('message', ({ port }: { port: number }) => (this.port = port));
    this.child = child;
  }

  private note(line: string): void {
    if (line.includes('"event":"defect"')) this.defectLines.push(line);
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
  }

  private async isReady(workers: number): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
    const running = Number(this.settings['MIN_WORKERS'] ?? workers);
    return answer?.status === 200 && this.pids('engine').length === running;
  }

  /** All living descendants of the supervisor. */
  private processes(): number[] {
    const found: number[] = [];
    const generation = [this.child?.pid ?? 0];
    for (let pid = generation.pop(); pid !== undefined && pid > 0; pid = generation.pop()) {
      const children = childrenOf(pid);
      generation.push(...children);
      found.push(...children);
    }
    for (const pid of found) this.everSeen.add(pid);
    return found.filter(isAlive);
  }
}

/**
 * See faketime(1): the file is read again and again; timers go on as they were. Redis' own allocator asks for the time
 * before it can allocate, which the library cannot answer without allocating: so there libc's is used.
 */
const clockFrom = (library: string, file: string): NodeJS.ProcessEnv => ({
  LD_PRELOAD: `${library}:libc.so.6`,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_CACHE_DURATION: String(CLOCK_READ_S),
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

function roleOf(pid: number): Role | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    return ROLE_OF.find(([part]) => line.includes(part))?.[1];
  } catch {
    return undefined;
  }
}
