import { Inject, Injectable } from '@nestjs/common';
import type { BatchMember } from '#broker/batches/batch.store.js';
import type { BatchEvents } from '#contracts/batch-events.js';
import { Problem } from '#contracts/problem-catalog.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { toDoneEvent } from '../results/job.mapper.js';
import { SseHeartbeat } from '../events/sse-heartbeat.js';
import type { SseStream } from '../events/sse-stream.js';
import { ShutdownNotifier, readThrough, Wait } from '../long-poll/long-poll.service.js';
import type { BatchAccess } from '../auth/token-guards.js';
import { toBatchFailure, toBatchEntry } from './batch.mapper.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';

const CHANGES_PAGE = 100;
/** Changes within this time are emitted together. */
const COALESCE_MS = 200;

/** Request for the events of a batch. */
export interface BatchEventStreamRequest extends BatchAccess {
  /** Version that the client has seen (Last-Event-ID). */
  seenVersion: number | undefined;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/**
 * Streams the events of a batch. Changes are read from the batch by version, so nothing is buffered for slow clients. A
 * client that reconnects gets the current state of each image.
 */
@Injectable()
export class BatchEventStream {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly telemetry: ApiTelemetry,
    private readonly heartbeat: SseHeartbeat,
    private readonly shutdown: ShutdownNotifier,
  ) {}

  /** Resolves when the stream has ended, for any reason. */
  async run(stream: SseStream<BatchEvents>, request: BatchEventStreamRequest): Promise<void> {
    const { watcher } = this.broker;
    const wait = new Wait(this.shutdown, { signal: request.signal });
    const stopHeartbeat = this.heartbeat.add(stream);
    const endWait = this.telemetry.waiting('events');
    const unwatch = await watcher.watchBatch(request.id, () => wait.notify());
    try {
      await this.emit(stream, request, wait);
    } catch {
      // Redis was unreachable until the client disconnected, or this process shuts down.
    } finally {
      wait.release();
      unwatch();
      stopHeartbeat();
      endWait();
      await stream.end();
    }
  }

  private async emit(
    stream: SseStream<BatchEvents>,
    request: BatchEventStreamRequest,
    wait: Wait,
  ): Promise<void> {
    const { batches } = this.broker;
    let seen = request.seenVersion ?? 0;
    while (stream.open && !wait.isOver) {
      const record = await readThrough(() => batches.read(request.id), wait);
      if (record === undefined || record.status === 'cancelled') {
        const why = record === undefined ? 'queue-lost' : 'batch-cancelled';
        stream.send('gone', { problem: new Problem(why).toBody() });
        return;
      }
      seen = await this.emitChanges(stream, request, { seen, wait });
      if (record.status === 'complete') {
        stream.send('complete', record.counts, record.version);
        return;
      }
      stream.send('counts', record.counts);
      await wait.notified();
      await new Promise((resolve) => setTimeout(resolve, COALESCE_MS));
    }
  }

  /** Emits what has changed since version `seen`; returns the version emitted last. */
  private async emitChanges(
    stream: SseStream<BatchEvents>,
    request: BatchEventStreamRequest,
    { seen, wait }: { seen: number; wait: Wait },
  ): Promise<number> {
    const { batches } = this.broker;
    const after = (version: number): Promise<BatchMember[]> =>
      batches.members(request.id, 'changes', { version, limit: CHANGES_PAGE });
    for (let version = seen; ;) {
      await stream.flowing();
      if (!stream.open || wait.isOver) return version;
      const page = await readThrough(() => after(version), wait);
      for (const member of page) await this.emitMember(stream, request, member);
      const last = page.at(-1);
      if (last === undefined) return version;
      version = last.version;
    }
  }

  private async emitMember(
    stream: SseStream<BatchEvents>,
    { secrets }: BatchEventStreamRequest,
    member: BatchMember,
  ): Promise<void> {
    const { state, version } = member;
    const { REGION } = this.settings;
    const name = toBatchEntry(member, secrets, REGION);
    if (state === 'queued' || state === 'delivering' || state === 'delivered') {
      stream.send(state, name, version);
    } else if (state === 'running') {
      stream.send('started', name, version);
    } else if (state === 'ready') {
      const record = await this.broker.jobs.read(member.jobId).catch(() => undefined);
      // The state has changed since: a later version follows.
      if (record?.output === undefined) return;
      stream.send('done', { ...name, ...toDoneEvent(record, record.output) }, version);
    } else {
      stream.send(state, toBatchFailure(member, secrets, REGION), version);
    }
  }
}
