import { execFileSync } from 'node:child_process';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { CONTAINED, type Launch } from './redis-process.js';

/** A machine of a test: its own address, its own way to Redis, and a network that can be cut. */
export interface TestHost {
  address: string;
  /** How processes are started on it. */
  launch: Launch;
  /** Address under which it reaches the Redis that listens on `redisAddress`. */
  redis: { host: string; port: number };
  /** Black hole: drops all traffic silently. */
  cut: () => void;
  mend: () => void;
}

/** Two machines, and where Redis is to listen for them. */
export interface TestHosts {
  kind: 'namespaces' | 'loopback';
  redisAddress: string;
  hosts: readonly TestHost[];
  /** Every address that Redis is called by. */
  redisNames: readonly string[];
  stop: () => void;
}

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

/**
 * Two machines. Where the kernel allows it, each is a network namespace with a cable of its own to a common switch;
 * elsewhere each is a loopback address that reaches Redis through a line which can be made to swallow everything.
 */
export async function openHosts(redisPort: number): Promise<TestHosts> {
  try {
    return namespaces(redisPort);
  } catch {
    return loopback(redisPort);
  }
}

function namespaces(redisPort: number): TestHosts {
  const tag = `rb${process.pid % 10_000}`;
  const net = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}`;
  const names = ['a', 'b'].map((letter) => `${tag}${letter}`);
  const stop = (): void => {
    for (const name of names) quietly(() => ip('netns', 'del', name));
    quietly(() => ip('link', 'del', tag));
  };
  try {
    ip('link', 'add', tag, 'type', 'bridge');
    ip('addr', 'add', `${net}.1/24`, 'dev', tag);
    ip('link', 'set', tag, 'up');
    const hosts = names.map((name, i) => namespace({ name, bridge: tag, net, number: i + 2, redisPort }));
    return { kind: 'namespaces', redisAddress: `${net}.1`, redisNames: [`${net}.1`], hosts, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

interface Plug {
  name: string;
  bridge: string;
  net: string;
  number: number;
  redisPort: number;
}

function namespace({ name, bridge, net, number, redisPort }: Plug): TestHost {
  const [outside, inside] = [`${name}o`, `${name}i`];
  const address = `${net}.${number}`;
  ip('netns', 'add', name);
  ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
  ip('link', 'set', outside, 'master', bridge, 'up');
  ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', inside);
  ip('-n', name, 'link', 'set', inside, 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  return {
    address,
    launch: (kind, command) => ['ip', 'netns', 'exec', name, ...CONTAINED(kind, command)],
    redis: { host: `${net}.1`, port: redisPort },
    cut: () => ip('link', 'set', outside, 'down'),
    mend: () => ip('link', 'set', outside, 'up'),
  };
}

async function loopback(redisPort: number): Promise<TestHosts> {
  const addresses = ['127.0.0.11', '127.0.0.12'];
  const lines = await Promise.all(addresses.map((address) => Line.open(address, redisPort)));
  const hosts = lines.map((line, i) => ({
    address: addresses[i] ?? '',
    launch: CONTAINED,
    redis: line.end,
    cut: () => line.hold(true),
    mend: () => line.hold(false),
  }));
  const stop = (): void => lines.forEach((line) => line.close());
  return {
    kind: 'loopback',
    redisAddress: '127.0.0.1',
    redisNames: ['127.0.0.1', ...addresses],
    hosts,
    stop,
  };
}

/** A line to Redis that can swallow everything, without closing a connection. */
class Line {
  private readonly sockets = new Set<Socket>();
  private held = false;

  private constructor(private readonly server: Server) {}

  static async open(address: string, redisPort: number): Promise<Line> {
    const server = createServer();
    const line = new Line(server);
    server.on('connection', (near) => line.join(near, connect(redisPort, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    return line;
  }

  get end(): { host: string; port: number } {
    const { address, port } = this.server.address() as { address: string; port: number };
    return { host: address, port };
  }

  hold(held: boolean): void {
    this.held = held;
    for (const socket of this.sockets)
      if (held) socket.pause();
      else socket.resume();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.held) from.pause();
    }
  }
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // It was never there.
  }
}
