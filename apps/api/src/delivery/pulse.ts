import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import { ApiContext } from '../api.context.js';
import type { Place } from './job.presenter.js';
import type { SseStream } from './sse.stream.js';

const TICK_MS = 1000;
const HEARTBEAT_TICKS = 12;
/** Places further back are not told: they change little and would cost more to look up. */
const MOST_PLACES = 5000;

/** Hears where its job stands in the queue, each time that may have changed. */
export type PlaceListener = (place: Place) => void;

/**
 * The one clock of all streams: once a second it looks up the queue for everybody who waits in it, and gives a
 * twelfth of the open streams their heartbeat, so that writes are spread.
 */
@Injectable()
export class Pulse implements OnApplicationShutdown {
  private readonly streams = new Set<Pick<SseStream, 'heartbeat'>>();
  private readonly places = new Map<string, Set<PlaceListener>>();
  private readonly timer = setInterval(() => void this.tick(), TICK_MS);
  private ticks = 0;

  constructor(private readonly context: ApiContext) {}

  /** Gives a stream heartbeats until the returned function is called. */
  keepAlive(stream: Pick<SseStream, 'heartbeat'>): () => void {
    this.streams.add(stream);
    return () => this.streams.delete(stream);
  }

  /** Tells `listener` the place of a job until the returned function is called. */
  onPlace(id: string, listener: PlaceListener): () => void {
    const set = this.places.get(id) ?? new Set<PlaceListener>();
    this.places.set(id, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.places.get(id) === set) this.places.delete(id);
    };
  }

  /** Where one job stands now; nothing when it does not wait, or Redis does not say. */
  async placeOf({ id, state }: JobRecord): Promise<Place> {
    const { queue, pace } = this.context.broker;
    const nowhere = { position: undefined, etaMs: undefined };
    if (state !== 'queued') return nowhere;
    try {
      const position = await queue.position(id);
      return position === undefined ? nowhere : { position, etaMs: (await pace.outlook()).etaMs(position) };
    } catch {
      return nowhere;
    }
  }

  /** Stops the clock. */
  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async tick(): Promise<void> {
    this.ticks = (this.ticks + 1) % HEARTBEAT_TICKS;
    let place = 0;
    for (const stream of this.streams) if (place++ % HEARTBEAT_TICKS === this.ticks) stream.heartbeat();
    if (this.places.size > 0) await this.tellPlaces().catch(() => undefined);
  }

  private async tellPlaces(): Promise<void> {
    const { queue, pace } = this.context.broker;
    const [waiting, outlook] = await Promise.all([queue.waiting(MOST_PLACES), pace.outlook()]);
    waiting.forEach((id, index) => {
      const set = this.places.get(id);
      if (set === undefined) return;
      const place = { position: index + 1, etaMs: outlook.etaMs(index + 1) };
      for (const listener of [...set]) listener(place);
    });
  }
}
