import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditImpossible, eventually, type AuditedSystem } from './audited.system.js';
import { descendants, roleOf, startVariable, type ServiceProcess } from './process.table.js';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 15_000;

/** Short lives, so that running out can be waited for; everything else as `npm start` has it. */
const SETTINGS = {
  // Empty counts as unset: a Redis and a key of its own.
  REDIS_URL: '',
  KEK_FILE: '',
  PORT: '0',
  HOST: '127.0.0.1',
  RATE_LIMIT: 'off',
  RESULT_TTL_S: '3',
  SHUTDOWN_S: '5',
  WORKERS: '1',
  LOG_LEVEL: 'debug',
};

/** A private system, started as `npm start` starts one, with a temporary folder of its own. */
export class OwnSystem implements AuditedSystem {
  readonly isOwn = true;
  readonly mayKill = true;
  readonly #launcher: ChildProcess;
  readonly #folder: string;
  readonly #printed: Buffer[] = [];
  url = '';

  private constructor() {
    this.#folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'audit-'));
    this.#launcher = spawn(process.execPath, [join(ROOT, 'launcher', 'start.mjs')], {
      cwd: ROOT,
      env: { ...process.env, ...SETTINGS, TMPDIR: this.#folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#launcher.stdout, this.#launcher.stderr]) {
      stream?.on('data', (piece: Buffer) => this.#printed.push(piece));
    }
    process.once('exit', () => this.#launcher.kill('SIGTERM'));
  }

  /** Starts it; resolves once it takes work. @throws AuditImpossible when it does not start */
  static async start(): Promise<OwnSystem> {
    const system = new OwnSystem();
    const address = await eventually(() => system.#announced(), START_LIMIT_MS);
    if (address === undefined || address === '') {
      await system.stop();
      throw new AuditImpossible(`The system to audit did not start:\n${String(system.output())}`);
    }
    system.url = address;
    return system;
  }

  /** Folder of the run, with the socket of its Redis, and the temporary folder. */
  get privateFolders(): string[] {
    const socket = /^unix:\/\/(.+)$/.exec(this.redisUrl ?? '')?.[1];
    return socket === undefined ? [this.#folder] : [this.#folder, dirname(socket)];
  }

  /** As the API was told. */
  get redisUrl(): string | undefined {
    const api = this.processes().find(({ role }) => role === 'api');
    return api === undefined ? undefined : startVariable(api.pid, 'REDIS_URL');
  }

  /** Everything below the launcher, and the launcher. */
  processes(): ServiceProcess[] {
    const below = descendants(this.#launcher.pid ?? 0).map((entry) => ({
      role: roleOf(entry),
      pid: entry.pid,
    }));
    return below.filter(({ role }) => role !== 'other');
  }

  /** What the launcher and all below it have printed. */
  output(): Buffer {
    return Buffer.concat(this.#printed);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    if (this.#launcher.exitCode === null && this.#launcher.signalCode === null) {
      const exited = once(this.#launcher, 'exit');
      this.#launcher.kill('SIGTERM');
      const late = setTimeout(() => this.#launcher.kill('SIGKILL'), STOP_LIMIT_MS);
      await exited;
      clearTimeout(late);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #announced(): string | undefined {
    if (this.#launcher.exitCode !== null) return '';
    return /is ready: (\S+)/.exec(String(this.output()))?.[1];
  }
}
