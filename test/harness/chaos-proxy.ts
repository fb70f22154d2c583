import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** State of the simulated network; unset means no disturbance. */
export interface Weather {
  /** Each piece takes this much longer, one way. */
  latencyMs?: number;
  /** Most bytes a second, of each connection and way. */
  bytesPerS?: number;
  /** Nothing gets through, and nothing is lost: it arrives once the weather is fair. */
  held?: boolean;
}

/** More than this under way in a lane, and its source has to wait. */
const MAX_BUFFERED_BYTES = 262_144;
const HELD_CHECK_MS = 20;

/** A network between the service and its Redis, with all that networks do. Unix sockets on both sides. */
export class ChaosProxy {
  weather: Weather = {};
  private readonly server: Server;
  private readonly links = new Set<Link>();

  constructor(
    readonly path: string,
    target: string,
  ) {
    this.server = createServer((client) => {
      const link = new Link(client, connect(target), () => this.weather);
      this.links.add(link);
      client.once('close', () => this.links.delete(link));
    });
  }

  /** Resolves once it can be connected to. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject).listen(this.path, resolve);
    });
  }

  /** Connections now. */
  get size(): number {
    return this.links.size;
  }

  /** Ends every connection at once, whatever is under way; new ones work. */
  cut(): void {
    for (const link of this.links) link.end();
  }

  /** Ends every connection in the middle of the next piece that comes from Redis. */
  cutWithinAnswer(): void {
    for (const link of this.links) link.cutsNext = true;
  }

  /** Drops every connection silently, like a firewall. New connections work. */
  forget(): void {
    for (const link of this.links) link.forgotten = true;
  }

  /** Ends it all. */
  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** One connection through the proxy. */
class Link {
  forgotten = false;
  cutsNext = false;

  constructor(
    private readonly client: Socket,
    private readonly redis: Socket,
    private readonly weather: () => Weather,
  ) {
    this.lane(client, redis, false);
    this.lane(redis, client, true);
  }

  end(): void {
    this.client.destroy();
    this.redis.destroy();
  }

  private lane(from: Socket, to: Socket, isAnswer: boolean): void {
    let underWay = 0;
    let way: Promise<void> = Promise.resolve();
    from.on('data', (piece: Buffer) => {
      if (this.forgotten) return;
      underWay += piece.length;
      if (underWay > MAX_BUFFERED_BYTES) from.pause();
      const sentAt = performance.now();
      way = way.then(async () => {
        await this.travel(piece.length, sentAt);
        if (!this.forgotten) this.arrive(to, piece, isAnswer);
        underWay -= piece.length;
        from.resume();
      });
    });
    // What was sent before the end arrives before the end.
    from.once('close', () => void way.then(() => this.end()));
    from.on('error', () => undefined);
  }

  private async travel(bytes: number, sentAt: number): Promise<void> {
    const { latencyMs = 0, bytesPerS = Infinity } = this.weather();
    const restMs = latencyMs - (performance.now() - sentAt) + (1000 * bytes) / bytesPerS;
    if (restMs > 0) await sleep(restMs);
    while (this.weather().held === true && !this.client.destroyed) await sleep(HELD_CHECK_MS);
  }

  private arrive(to: Socket, piece: Buffer, isAnswer: boolean): void {
    if (!this.cutsNext || !isAnswer) {
      to.write(piece);
      return;
    }
    to.write(piece.subarray(0, Math.floor(piece.length / 2)), () => this.end());
  }
}
