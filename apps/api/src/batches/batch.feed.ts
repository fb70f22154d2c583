import { Injectable } from '@nestjs/common';
import type { BatchMember } from '#broker/batch.store.js';
import type { BatchEvents } from '#contracts/batch.events.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { presentDone } from '../delivery/job.presenter.js';
import { Pulse } from '../delivery/pulse.js';
import type { SseStream } from '../delivery/sse.stream.js';
import { StopBell } from '../delivery/stop.bell.js';
import { readThrough, Wait } from '../delivery/wait.js';
import type { BatchAccess } from './batch.access.js';
import { presentFailure, presentName } from './batch.presenter.js';

const CHANGES_AT_A_TIME = 100;
/** Changes that come within this time are told together. */
const BREATH_MS = 200;

/** What a stream is to tell. */
export interface BatchFeedRequest extends BatchAccess {
  /** Version the client has seen (Last-Event-ID). */
  seenVersion: number | undefined;
  /** Aborted when the client has gone. */
  gone: AbortSignal;
}

/**
 * Tells the life of a batch. What changed is read from the batch itself, by version, so that nothing has to be kept for
 * a client that is slow or has to come back: it hears where each image stands now.
 */
@Injectable()
export class BatchFeed {
  constructor(
    private readonly context: ApiContext,
    private readonly pulse: Pulse,
    private readonly stop: StopBell,
  ) {}

  /** Resolves when the stream has ended, for whatever reason. */
  async run(stream: SseStream<BatchEvents>, request: BatchFeedRequest): Promise<void> {
    const { watcher } = this.context.broker;
    const wait = new Wait(this.stop, { signal: request.gone });
    const calm = this.pulse.keepAlive(stream);
    const left = this.context.telemetry.waiting('events');
    const unwatch = await watcher.watchBatch(request.id, () => wait.ring());
    try {
      await this.tell(stream, request, wait);
    } catch {
      // Redis was away until the client left, or this process stops.
    } finally {
      wait.release();
      unwatch();
      calm();
      left();
      await stream.end();
    }
  }

  private async tell(stream: SseStream<BatchEvents>, request: BatchFeedRequest, wait: Wait): Promise<void> {
    const { batches } = this.context.broker;
    let seen = request.seenVersion ?? 0;
    while (stream.open && !wait.over) {
      const record = await readThrough(() => batches.read(request.id), wait);
      if (record === undefined || record.status === 'cancelled') {
        const why = record === undefined ? 'queue-lost' : 'batch-cancelled';
        stream.send('gone', { problem: new Problem(why).toBody() });
        return;
      }
      seen = await this.tellChanges(stream, request, { seen, wait });
      if (record.status === 'complete') {
        stream.send('complete', record.counts, record.version);
        return;
      }
      stream.send('counts', record.counts);
      await wait.rung();
      await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
    }
  }

  /** Tells what has changed since version `seen`; returns the version told last. */
  private async tellChanges(
    stream: SseStream<BatchEvents>,
    request: BatchFeedRequest,
    { seen, wait }: { seen: number; wait: Wait },
  ): Promise<number> {
    const { batches } = this.context.broker;
    const after = (version: number): Promise<BatchMember[]> =>
      batches.members(request.id, 'changes', { version, most: CHANGES_AT_A_TIME });
    for (let version = seen; ;) {
      await stream.flowing();
      if (!stream.open || wait.over) return version;
      const page = await readThrough(() => after(version), wait);
      for (const member of page) await this.tellOne(stream, request, member);
      const last = page.at(-1);
      if (last === undefined) return version;
      version = last.version;
    }
  }

  private async tellOne(
    stream: SseStream<BatchEvents>,
    { secrets }: BatchFeedRequest,
    member: BatchMember,
  ): Promise<void> {
    const { state, version } = member;
    const { REGION } = this.context.settings;
    const name = presentName(member, secrets, REGION);
    if (state === 'queued' || state === 'delivering' || state === 'delivered') {
      stream.send(state, name, version);
    } else if (state === 'running') {
      stream.send('started', name, version);
    } else if (state === 'ready') {
      const record = await this.context.broker.jobs.read(member.jobId).catch(() => undefined);
      // Whatever has happened to it meanwhile comes with a later version.
      if (record?.output === undefined) return;
      stream.send('done', { ...name, ...presentDone(record, record.output) }, version);
    } else {
      stream.send(state, presentFailure(member, secrets, REGION), version);
    }
  }
}
