import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { SseStream } from './sse-stream.js';

const TICK_MS = 50;
const HEARTBEAT_MS = 12_000;

type HeartbeatStream = Pick<SseStream, 'heartbeat'>;

/** One timer for the heartbeats of all streams. Each stream gets one every twelve seconds, a few streams per tick. */
@Injectable()
export class SseHeartbeat implements OnApplicationShutdown {
  /** The streams of each tick. */
  private readonly slots = Array.from({ length: HEARTBEAT_MS / TICK_MS }, () => new Set<HeartbeatStream>());
  private readonly timer = setInterval(() => this.tick(), TICK_MS);
  private ticks = 0;
  private added = 0;

  /** Sends heartbeats on a stream until the returned function is called. */
  add(stream: HeartbeatStream): () => void {
    const slot = this.slots[this.added++ % this.slots.length];
    slot?.add(stream);
    return () => slot?.delete(stream);
  }

  /** Stops the timer. */
  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    for (const stream of this.slots[this.ticks++ % this.slots.length] ?? []) stream.heartbeat();
  }
}
