import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal, type TerminalState } from '#contracts/job.states.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { JobFollower, type FollowRequest } from './job.follower.js';
import { presentDone, presentPlace, problemOfEnd, timeText } from './job.presenter.js';
import { Pulse } from './pulse.js';
import { ReceiptIssuer } from './receipt.issuer.js';
import { ResultDelivery, type ResultSink } from './result.delivery.js';
import type { SseStream } from './sse.stream.js';
import { readThrough } from './wait.js';

/** Tells the life of a job on a server-sent event stream, from where it stands to its end. */
@Injectable()
export class EventFeed {
  constructor(
    private readonly context: ApiContext,
    private readonly pulse: Pulse,
    private readonly delivery: ResultDelivery,
    private readonly receipts: ReceiptIssuer,
  ) {}

  /** Returns as soon as the stream follows the job; then it runs to its end by itself. */
  async follow(stream: SseStream, request: FollowRequest): Promise<void> {
    const follower = new JobFollower(stream, request, this.tell);
    const { broker, telemetry } = this.context;
    const leave = this.pulse.join(follower);
    const left = telemetry.waiting('events');
    const unwatch = await broker.watcher.watch(request.id, follower.hear);
    follower.begin(() => {
      leave();
      left();
      unwatch();
    });
  }

  private readonly tell = async (follower: JobFollower): Promise<boolean> => {
    const record = await this.read(follower);
    if (follower.over) return true;
    if (record !== undefined && record.version === follower.version) return false;
    const isLast = await this.announce(follower, record);
    follower.version = record?.version;
    return isLast;
  };

  /** Sends the event of the state that a job is in. True when it was the last one. */
  private async announce(follower: JobFollower, record: JobRecord | undefined): Promise<boolean> {
    const { stream } = follower;
    if (record === undefined) {
      stream.send('failed', { problem: new Problem('queue-lost').toBody() });
      return true;
    }
    const { state, version } = record;
    if (isTerminal(state)) {
      await this.announceEnd(stream, record, state);
      return true;
    }
    if (state === 'queued') {
      const place = await this.pulse.placeOf(record);
      follower.position = place.position;
      stream.send('queued', presentPlace(place, 'position'), version);
    } else if (state === 'running') {
      stream.send('started', { attempt: record.attempt }, version);
    } else if (state === 'ready' && record.output !== undefined) {
      stream.send('done', presentDone(record, record.output), version);
      if (follower.inlineToken !== undefined) await this.deliverInline(stream, record, follower.inlineToken);
    }
    return false;
  }

  private async announceEnd(stream: SseStream, record: JobRecord, state: TerminalState): Promise<void> {
    const { version } = record;
    // Of bytes that cannot be reached nobody can say yet that they are gone.
    const done = record.purgedAt === undefined ? undefined : await this.receipts.issue(record);
    const told = done === undefined ? {} : { receipt: done.receipt };
    if (state === 'failed') {
      stream.send('failed', { problem: problemOfEnd(record, state).toBody(), ...told }, version);
    } else if (state !== 'delivered') {
      stream.send(state, told, version);
    } else if (done !== undefined) {
      stream.send('purged', { reason: 'delivered', at: timeText(done.purgedAt), ...told }, version);
    }
  }

  private async deliverInline(stream: SseStream, record: JobRecord, token: Buffer): Promise<void> {
    const sink: ResultSink = {
      way: 'inline',
      begin: () => undefined,
      write: (plain, index) => stream.sendChunk(plain, index),
      finish: () => Promise.resolve(),
    };
    try {
      await this.delivery.deliver(record, token, sink);
    } catch (error) {
      if (!(error instanceof Problem)) stream.cut();
    }
  }

  /** The record as it stands; of a job that has ended, once it has been purged. */
  private read(follower: JobFollower): Promise<JobRecord | undefined> {
    const { jobs } = this.context.broker;
    return readThrough(async () => {
      const record = await jobs.read(follower.id);
      const isOver = record !== undefined && isTerminal(record.state);
      return isOver ? await this.receipts.whenPurged(follower.id, follower.gone) : record;
    }, follower);
  }
}
