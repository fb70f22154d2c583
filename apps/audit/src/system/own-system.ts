import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawApiKey, drawKeyId, hashApiKey } from '#auth/api-key.js';
import { AuditError, eventually, type AuditedSystem } from './audited-system.js';
import { OwnRedis } from './own-redis.js';
import { descendants, roleOf, type ServiceProcess } from './process-table.js';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 15_000;
const UPLOAD_TIMEOUT_S = 20;

/** Short lifetimes, so that the audit can wait for expiry. Everything else is the default of `npm start`. */
const SETTINGS = {
  // Empty counts as unset: the system draws its own keys, and its worker always runs.
  MIN_WORKERS: '',
  API_SECRET_FILE: '',
  WORKER_KEY_FILE: '',
  WORKER_PUBLIC_KEY_FILE: '',
  PORT: '0',
  HOST: '127.0.0.1',
  RATE_LIMIT: 'off',
  UPLOAD_TIMEOUT_S: String(UPLOAD_TIMEOUT_S),
  RESULT_TTL_S: '3',
  SHUTDOWN_S: '5',
  WORKERS: '1',
  LOG_LEVEL: 'debug',
};

/** A private system, started like `npm start`, with its own temporary folder. */
export class OwnSystem implements AuditedSystem {
  readonly isOwn = true;
  readonly mayKill = true;
  readonly apiKey = drawApiKey();
  readonly uploadTimeoutS = UPLOAD_TIMEOUT_S;
  private readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'audit-'));
  private readonly redis = new OwnRedis(ROOT, this.folder);
  private readonly shards: OwnRedis[];
  private readonly printed: Buffer[] = [];
  private supervisor: ChildProcess | undefined;
  url = '';

  private constructor(shards: number) {
    this.shards = Array.from({ length: shards }, (_, i) => new OwnRedis(ROOT, this.folder, `shard-${i}`));
    for (const redis of this.servers()) redis.onOutput((piece) => this.printed.push(piece));
  }

  /** Starts it and resolves when it is ready. @throws AuditError when it does not start */
  static async start(shards = 0): Promise<OwnSystem> {
    const system = new OwnSystem(shards);
    try {
      for (const redis of system.servers()) await redis.ready();
      system.writeKeys();
      const supervisor = system.launch();
      const address = await eventually(() => system.announced(supervisor), START_LIMIT_MS);
      if (address === undefined || address === '') {
        throw new AuditError(`The system to audit did not start:\n${String(system.output())}`);
      }
      system.url = address;
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** The folder of its Redis socket, which is its temporary folder as well. */
  get privateFolders(): string[] {
    return [this.folder];
  }

  /** Addresses for a user that may read every key. */
  get redisUrls(): string[] {
    return this.servers().map(({ readerUrl }) => readerUrl);
  }

  /** The API first, since it is scanned first; then Redis, the supervisor and its descendants. */
  processes(): ServiceProcess[] {
    const supervisor = { role: 'supervisor' as const, pid: this.supervisor?.pid ?? 0 };
    const below = descendants(supervisor.pid)
      .map((entry) => ({ role: roleOf(entry), pid: entry.pid }))
      .filter(({ role }) => role !== 'other');
    const servers = this.servers().map(({ pid }) => ({ role: 'redis' as const, pid }));
    const isApi = ({ role }: ServiceProcess): boolean => role === 'api';
    return [...below.filter(isApi), ...servers, ...below.filter((one) => !isApi(one)), supervisor];
  }

  /** Output of the supervisor and its descendants. */
  output(): Buffer {
    return Buffer.concat(this.printed);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    const supervisor = this.supervisor;
    if (supervisor !== undefined && supervisor.exitCode === null && supervisor.signalCode === null) {
      const exited = once(supervisor, 'exit');
      supervisor.kill('SIGTERM');
      const late = setTimeout(() => supervisor.kill('SIGKILL'), STOP_LIMIT_MS);
      await exited;
      clearTimeout(late);
    }
    for (const redis of this.servers()) await redis.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private servers(): OwnRedis[] {
    return [this.redis, ...this.shards];
  }

  private get keysFile(): string {
    return join(this.folder, 'keys.json');
  }

  /** Writes the key file with `apiKey`. */
  private writeKeys(): void {
    const entry = {
      ...{ id: drawKeyId(), name: 'audit', tier: 'enterprise' },
      ...{ sha256: hashApiKey(this.apiKey).toString('hex'), created: new Date().toISOString() },
    };
    writeFileSync(this.keysFile, JSON.stringify({ version: 1, keys: [entry] }), { mode: 0o600 });
  }

  private launch(): ChildProcess {
    const shards = this.shards.map(({ url }, i) => `shard-${i}=${url}`).join(',');
    const supervisor = spawn(process.execPath, [join(ROOT, 'tools', 'bootstrap.mjs'), 'start'], {
      cwd: ROOT,
      env: {
        ...process.env,
        ...SETTINGS,
        REDIS_URL: this.redis.url,
        PAYLOAD_REDIS_URLS: shards,
        KEYS_FILE: this.keysFile,
        TMPDIR: this.folder,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [supervisor.stdout, supervisor.stderr]) {
      stream.on('data', (piece: Buffer) => this.printed.push(piece));
    }
    process.once('exit', () => supervisor.kill('SIGTERM'));
    this.supervisor = supervisor;
    return supervisor;
  }

  /** The address in its output; empty when it has exited. */
  private announced(supervisor: ChildProcess): string | undefined {
    if (supervisor.exitCode !== null) return '';
    return /is ready: (\S+)/.exec(String(this.output()))?.[1];
  }
}
