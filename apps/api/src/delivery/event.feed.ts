import { Injectable } from '@nestjs/common';
import type { JobNotice } from '#broker/job.watcher.js';
import type { JobRecord } from '#broker/job.record.js';
import type { JobId } from '#contracts/job.id.js';
import { isTerminal, type TerminalState } from '#contracts/job.states.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { presentDone, presentPlace, problemOfEnd, timeText } from './job.presenter.js';
import { Pulse } from './pulse.js';
import { readThrough } from './record.waiter.js';
import { ReceiptIssuer } from './receipt.issuer.js';
import { ResultDelivery, type ResultSink } from './result.delivery.js';
import type { SseStream } from './sse.stream.js';

/** What a stream is to tell. */
export interface FeedRequest {
  id: JobId;
  /** Record version the client has seen (Last-Event-ID); its event is not repeated. */
  seenVersion: number | undefined;
  /** Set when the result is to come inline. */
  inlineToken: Buffer | undefined;
  /** Aborted when the client has gone. */
  gone: AbortSignal;
}

/** The place in the queue that a stream has told last: it is not repeated. */
interface Told {
  position: number | undefined;
}

/** Tells the life of a job on a server-sent event stream, from where it stands to its end. */
@Injectable()
export class EventFeed {
  constructor(
    private readonly context: ApiContext,
    private readonly pulse: Pulse,
    private readonly delivery: ResultDelivery,
    private readonly receipts: ReceiptIssuer,
  ) {}

  /** Resolves when the stream has ended, for whatever reason. */
  async run(stream: SseStream, request: FeedRequest): Promise<void> {
    const ends = AbortSignal.any([request.gone, this.context.stopping]);
    const mailbox = new Mailbox(ends);
    const calm = this.pulse.keepAlive(stream);
    const left = this.context.telemetry.waiting('events');
    const told: Told = { position: undefined };
    const unplace = this.pulse.onPlace(request.id, (place) => {
      if (place.position !== told.position) stream.sendIfFlowing('queued', presentPlace(place, 'position'));
      told.position = place.position;
    });
    const unwatch = await this.context.broker.watcher.watch(request.id, (notice) => mailbox.put(notice));
    try {
      await this.tell(stream, request, { mailbox, told });
    } finally {
      unwatch();
      unplace();
      calm();
      left();
      await stream.end();
    }
  }

  private async tell(
    stream: SseStream,
    request: FeedRequest,
    { mailbox, told }: { mailbox: Mailbox; told: Told },
  ): Promise<void> {
    let version = request.seenVersion;
    let reread = true;
    while (stream.open && !mailbox.ended()) {
      if (reread) {
        const record = await this.read(request, mailbox);
        if (mailbox.ended()) return;
        if (record?.version !== version || record === undefined) {
          if (await this.announce(stream, request, { record, told })) return;
          version = record?.version;
        }
      }
      const notice = await mailbox.take();
      reread = notice === undefined || 'state' in notice;
      if (notice !== undefined && 'stage' in notice) stream.sendIfFlowing('progress', notice);
    }
  }

  /** Sends the event of the state that a job is in. True when it was the last one. */
  private async announce(
    stream: SseStream,
    request: FeedRequest,
    { record, told }: { record: JobRecord | undefined; told: Told },
  ): Promise<boolean> {
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
      told.position = place.position;
      stream.send('queued', presentPlace(place, 'position'), version);
    } else if (state === 'running') {
      stream.send('started', { attempt: record.attempt }, version);
    } else if (state === 'ready' && record.output !== undefined) {
      stream.send('done', presentDone(record, record.output), version);
      if (request.inlineToken !== undefined) await this.deliverInline(stream, record, request.inlineToken);
    }
    return false;
  }

  private async announceEnd(stream: SseStream, record: JobRecord, state: TerminalState): Promise<void> {
    const { version } = record;
    const { receipt, purgedAt } = await this.receipts.issue(record);
    if (state === 'delivered') {
      stream.send('purged', { reason: 'delivered', at: timeText(purgedAt), receipt }, version);
    } else if (state === 'failed') {
      stream.send('failed', { problem: problemOfEnd(record, state).toBody(), receipt }, version);
    } else {
      stream.send(state, { receipt }, version);
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
  private async read({ id, gone }: FeedRequest, mailbox: Mailbox): Promise<JobRecord | undefined> {
    const read = async (): Promise<JobRecord | undefined> => {
      const record = await this.context.broker.jobs.read(id);
      const isOver = record !== undefined && isTerminal(record.state);
      return isOver ? await this.receipts.whenPurged(id, gone) : record;
    };
    return readThrough(read, mailbox.ends).catch(() => undefined);
  }
}

/** Notices in order, between the watcher that puts and the feed that takes. */
class Mailbox {
  private readonly waiting: (JobNotice | undefined)[] = [];
  private wake: (() => void) | undefined;

  constructor(readonly ends: AbortSignal) {
    ends.addEventListener('abort', () => this.wake?.(), { once: true });
  }

  /** True when nobody will read what the feed has to tell. */
  ended(): boolean {
    return this.ends.aborted;
  }

  put(notice: JobNotice | undefined): void {
    this.waiting.push(notice);
    this.wake?.();
  }

  /** The next notice; undefined when notices may have been missed, or at the end. */
  async take(): Promise<JobNotice | undefined> {
    while (this.waiting.length === 0 && !this.ended()) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.waiting.shift();
  }
}
