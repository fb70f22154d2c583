import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';

/** The command that starts a process of the service. */
export type Launch = (kind: 'node' | 'redis', command: [string, ...string[]]) => [string, ...string[]];

/** As everywhere: under the limits of contained.sh. */
export const CONTAINED: Launch = (kind, command) => ['tools/contained.sh', kind, ...command];

/** Without them, for measuring what they cost and for showing that the guard notices. */
export const BARE: Launch = (_kind, command) => command;

/** A real redis-server under our redis.conf, on a unix socket in `folder`. */
export class RedisProcess {
  private child: ChildProcess | undefined;
  readonly socket: string;

  constructor(
    private readonly folder: string,
    private readonly maxmemory = '256mb',
    private readonly more: readonly string[] = [],
    private readonly launch: Launch = CONTAINED,
  ) {
    this.socket = join(folder, 'redis.sock');
  }

  /** Address for REDIS_URL, as the user that redis.conf makes for one of the applications, or as the tests' own. */
  urlFor(user: 'api' | 'worker' | 'inspector'): string {
    return `unix://${this.socket}?user=${user}`;
  }

  /** Process id while it runs. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts the server; resolves once it answers. */
  async start(): Promise<void> {
    const args = ['--unixsocket', this.socket, '--unixsocketperm', '700', '--port', '0'];
    args.push('--dir', this.folder, '--maxmemory', this.maxmemory);
    args.push('--user', 'inspector', 'on', 'nopass', '~*', '&*', '+@all', ...this.more);
    const [program, ...rest] = this.launch('redis', [
      'redis-server',
      join(process.cwd(), 'redis.conf'),
      ...args,
    ]);
    this.child = spawn(program, rest, { stdio: 'ignore' });
    for (let i = 0; i < 200; i++) {
      if (await this.answers()) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('redis-server did not start');
  }

  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends the server at once; everything in it is gone. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.socket);
      const end = (alive: boolean): void => {
        socket.destroy();
        resolve(alive);
      };
      socket.once('error', () => end(false));
      socket.once('connect', () => socket.write('PING\r\n'));
      socket.once('data', (data) => end(/^(\+PONG|-NOAUTH)/.test(data.toString())));
    });
  }
}
