import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { keyFilesIn, type KeyFiles } from '../../tools/src/service-keys.js';
import { CONTAINED, RedisProcess, type Launch } from './redis-process.js';

/** One process of the service, as built. */
export interface ServiceProcess {
  child: ChildProcess;
  /** Everything it has printed. */
  output: () => string;
  /** Resolves with its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals | null>;
}

/** An API, and its admin port where METRICS_PORT asks for one. */
export interface ApiProcess extends ServiceProcess {
  url: string;
  adminUrl: string;
}

/** The whole service from `dist`: a real Redis, API and worker processes, in a private folder. */
export class TestSystem {
  readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'removebg-test-'));
  readonly redis: RedisProcess;
  readonly keyFiles: KeyFiles;
  readonly apis: ApiProcess[] = [];
  readonly workers: ServiceProcess[] = [];
  private readonly clients: Redis[] = [];
  private lister: Redis | undefined;
  private readonly cleanUps: (() => void)[] = [];

  constructor(
    private readonly overrides: Record<string, string> = {},
    private readonly launch: Launch = CONTAINED,
  ) {
    const maxmemory = `${overrides['REDIS_MAXMEMORY_MB'] ?? '512'}mb`;
    this.redis = new RedisProcess(this.folder, maxmemory, [], launch);
    this.keyFiles = keyFilesIn(this.folder);
  }

  /** Address of the first API. */
  get url(): string {
    return this.apis[0]?.url ?? '';
  }

  /** A client to look into Redis with. */
  inspector(): Redis {
    const redis = inspectorAt(this.redis.socket);
    redis.on('error', () => undefined);
    this.clients.push(redis);
    return redis;
  }

  /** All keys in Redis. */
  async keys(): Promise<string[]> {
    this.lister ??= this.inspector();
    return (await this.lister.keys('*')).sort();
  }

  /** Everything that any process has printed. */
  output(): string {
    return [...this.apis, ...this.workers].map((service) => service.output()).join('');
  }

  /** Starts Redis, one API and `workers` workers; stops all of them when one does not start. */
  async start(workers = 1): Promise<void> {
    try {
      await this.redis.start();
      await Promise.all([this.startApi(), ...Array.from({ length: workers }, () => this.startWorker())]);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Starts one more API; resolves once it listens. */
  async startApi(overrides: Record<string, string> = {}, launch = this.launch): Promise<ApiProcess> {
    const service = this.spawn('api', { PORT: '0', ...overrides }, launch);
    const message = await messageOf(service, 'listening');
    const [url, adminUrl] = [message.port, message.metricsPort].map(
      (port) => `http://${overrides['HOST'] ?? '127.0.0.1'}:${port ?? 0}`,
    );
    const api = { ...service, url: url ?? '', adminUrl: adminUrl ?? '' };
    this.apis.push(api);
    return api;
  }

  /** Starts one more worker; resolves once its model is warm. */
  async startWorker(overrides: Record<string, string> = {}, launch = this.launch): Promise<ServiceProcess> {
    const service = this.spawn('worker', overrides, launch);
    await messageOf(service, 'ready');
    this.workers.push(service);
    return service;
  }

  /** Lets `act` be done once everything has ended. */
  onceStopped(act: () => void): void {
    this.cleanUps.push(act);
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    const services = [...this.apis, ...this.workers];
    for (const { child } of services) child.kill('SIGTERM');
    const timer = setTimeout(() => services.forEach(({ child }) => child.kill('SIGKILL')), 8000);
    await Promise.all(services.map(({ exited }) => exited));
    clearTimeout(timer);
    await this.redis.kill();
    rmSync(this.folder, { recursive: true, force: true });
    for (const act of this.cleanUps) act();
  }

  private spawn(app: 'api' | 'worker', overrides: Record<string, string>, launch: Launch): ServiceProcess {
    const env = {
      ...process.env,
      HOST: '127.0.0.1',
      RATE_LIMIT: 'off',
      REDIS_URL: `unix://${this.redis.socket}`,
      ...this.keyFiles,
      ...this.overrides,
      ...overrides,
    };
    const entry = join('dist/apps', app, 'src/main.js');
    const [program, ...rest] = launch('node', [process.execPath, entry]);
    const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (printed += data.toString()));
    const exited = once(child, 'exit').then(
      ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
    );
    return { child, exited, output: () => printed };
  }
}

/** A client that may look at everything. Its `disconnect` leaves no timer of seconds, also when Redis is gone. */
export const inspectorAt = (
  path: string,
  options: { lazyConnect?: boolean; retryStrategy?: () => number } = {},
): Redis => new Redis({ path, username: 'inspector', password: 'none', disconnectTimeout: 100, ...options });

/** Starts Redis, one API and `workers` workers from `dist`. */
export async function startSystem(
  overrides: Record<string, string> = {},
  workers = 1,
  launch = CONTAINED,
): Promise<TestSystem> {
  const system = new TestSystem(overrides, launch);
  await system.start(workers);
  return system;
}

interface ServiceMessage {
  type: string;
  port?: number;
  metricsPort?: number;
}

async function messageOf(service: ServiceProcess, type: string): Promise<ServiceMessage> {
  return new Promise((resolve, reject) => {
    service.child.on('message', (message: ServiceMessage) => {
      if (message.type === type) resolve(message);
    });
    void service.exited.then((code) =>
      reject(new Error(`exited with ${String(code)}:\n${service.output()}`)),
    );
  });
}
