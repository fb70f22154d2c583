import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ListenerMap } from '#broker/listener.map.js';
import type { JobRecord } from '#broker/job.record.js';
import { ApiContext } from '../api.context.js';
import type { Place } from './job.presenter.js';
import type { SseStream } from './sse.stream.js';
import { StopBell } from './stop.bell.js';

const BEAT_MS = 50;
const HEARTBEAT_MS = 12_000;
const PLACES_MS = 1000;
/** Places further back are not told: they change little and would cost more to look up. */
const MOST_PLACES = 5000;
/** Places told at a time: whoever's job is done in between must not wait for thousands of others. */
const PLACES_AT_A_TIME = 50;

/** Hears where its job stands in the queue, once a second. */
type PlaceListener = (place: Place) => void;

/** Whoever follows a job on a stream. */
export interface Companion {
  id: string;
  stream: Beating;
  hearPlace: PlaceListener;
  end: () => void;
}

type Beating = Pick<SseStream, 'heartbeat'>;

/**
 * The one clock of all streams. Each gets its heartbeat every twelve seconds, a few of them at a time; once a second
 * the queue is looked up for everybody who waits in it.
 */
@Injectable()
export class Pulse implements OnApplicationShutdown {
  /** Streams by the beat that is theirs. */
  private readonly beats = Array.from({ length: HEARTBEAT_MS / BEAT_MS }, () => new Set<Beating>());
  private readonly places = new ListenerMap<PlaceListener>();
  private readonly timers = [
    setInterval(() => this.beat(), BEAT_MS),
    setInterval(() => void this.tellPlaces().catch(() => undefined), PLACES_MS),
  ];
  private beatsSoFar = 0;
  private streamsSoFar = 0;
  private telling = false;

  constructor(
    private readonly context: ApiContext,
    private readonly stop: StopBell,
  ) {}

  /** Gives a stream heartbeats until the returned function is called. */
  keepAlive(stream: Beating): () => void {
    const beat = this.beats[this.streamsSoFar++ % this.beats.length];
    beat?.add(stream);
    return () => beat?.delete(stream);
  }

  /** Gives a follower of a job heartbeats, its place, and word of a stop, until the returned function is called. */
  join(follower: Companion): () => void {
    const { id, stream, hearPlace, end } = follower;
    const calm = this.keepAlive(stream);
    const unstop = this.stop.onStop(end);
    this.places.add(id, hearPlace);
    if (this.stop.rung) end();
    return () => {
      calm();
      unstop();
      this.places.remove(id, hearPlace);
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
    for (const timer of this.timers) clearInterval(timer);
  }

  private beat(): void {
    for (const stream of this.beats[this.beatsSoFar++ % this.beats.length] ?? []) stream.heartbeat();
  }

  private async tellPlaces(): Promise<void> {
    if (this.telling || this.places.size === 0) return;
    this.telling = true;
    try {
      const { queue, pace } = this.context.broker;
      const [waiting, outlook] = await Promise.all([queue.waiting(MOST_PLACES), pace.outlook()]);
      for (const [index, id] of waiting.entries()) {
        if (index % PLACES_AT_A_TIME === PLACES_AT_A_TIME - 1) await new Promise(setImmediate);
        const place = { position: index + 1, etaMs: outlook.etaMs(index + 1) };
        for (const listener of this.places.of(id)) listener(place);
      }
    } finally {
      this.telling = false;
    }
  }
}
