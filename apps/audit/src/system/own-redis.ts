import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AuditError, eventually } from './audited-system.js';

const MEMORY_CAP = '1024mb';
const START_LIMIT_MS = 10_000;
/** An additional Redis user that reads everything and changes nothing. The service's own users cannot list keys. */
const READER = ['--user', 'audit', 'on', 'nopass', '~*', '-@all', '+@read', '+@connection', '+info'];

/** A Redis with redis.conf and the limits of `npm start`, and a user that may read every key. */
export class OwnRedis {
  readonly socket: string;
  private readonly child: ChildProcess;

  /** @param root folder of the repository @param folder of its socket @param name of the socket */
  constructor(root: string, folder: string, name = 'redis') {
    this.socket = join(folder, `${name}.sock`);
    const place = ['--unixsocket', this.socket, '--unixsocketperm', '700', '--dir', folder];
    this.child = spawn(
      join(root, 'tools', 'contained.sh'),
      ['redis', 'redis-server', join(root, 'redis.conf'), ...place, '--maxmemory', MEMORY_CAP, ...READER],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.child.on('error', () => undefined);
    process.once('exit', () => this.child.kill('SIGKILL'));
  }

  /** Its process. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Address for the service, which adds its own users. */
  get url(): string {
    return `unix://${this.socket}`;
  }

  /** Address for the audit. */
  get readerUrl(): string {
    return `${this.url}?user=audit`;
  }

  /** Adds a listener for its output. */
  onOutput(listener: (piece: Buffer) => void): void {
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', listener);
  }

  /** Resolves once it listens. @throws AuditError when it does not */
  async ready(): Promise<void> {
    const isUp = await eventually(() => (existsSync(this.socket) ? true : undefined), START_LIMIT_MS);
    if (isUp === undefined) throw new AuditError('redis-server did not start: version 7 or newer is needed.');
  }

  /** Kills it. There is nothing to save. */
  async stop(): Promise<void> {
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null)
      return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
