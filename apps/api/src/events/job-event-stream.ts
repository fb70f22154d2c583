import { Inject, Injectable } from '@nestjs/common';
import type { Broker } from '#broker/broker.js';
import type { JobRecord } from '#broker/records/job-record.js';
import { isTerminal, type TerminalState } from '#contracts/job-states.js';
import { Problem } from '#contracts/problem-catalog.js';
import { BROKER } from '../core/providers.js';
import { ShutdownNotifier, readThrough } from '../long-poll/long-poll.service.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';
import { problemOfTerminalState, timeText, toDoneEvent, toQueuePosition } from '../results/job.mapper.js';
import { ReceiptService } from '../results/receipt.service.js';
import { ResultDelivery, type ResultWriter } from '../results/result-delivery.service.js';
import { JobSubscription, type SubscriptionRequest } from './job-subscription.js';
import { QueuePositions } from './queue-positions.js';
import { SseHeartbeat } from './sse-heartbeat.js';
import type { SseStream } from './sse-stream.js';

/** Streams the events of a job (server-sent events), from its current state to its end. */
@Injectable()
export class JobEventStream {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly telemetry: ApiTelemetry,
    private readonly heartbeat: SseHeartbeat,
    private readonly positions: QueuePositions,
    private readonly shutdown: ShutdownNotifier,
    private readonly delivery: ResultDelivery,
    private readonly receipts: ReceiptService,
  ) {}

  /** Resolves once the stream is subscribed to the job. The stream then ends with the job. */
  async follow(stream: SseStream, request: SubscriptionRequest): Promise<void> {
    const subscription = new JobSubscription(stream, request, this.emitState);
    const { id } = subscription;
    const releases = [
      this.heartbeat.add(stream),
      this.positions.follow(id, subscription.onPosition),
      this.shutdown.onShutdown(subscription.end),
      this.telemetry.waiting('events'),
      await this.broker.watcher.watch(id, subscription.onNotice),
    ];
    if (this.shutdown.isShuttingDown) subscription.end();
    subscription.start(() => {
      for (const release of releases) release();
    });
  }

  /** Emits the current state unless the client has seen it. True when that was the last event. */
  private readonly emitState = async (subscription: JobSubscription): Promise<boolean> => {
    const record = await this.read(subscription);
    if (subscription.isOver) return true;
    if (record !== undefined && record.version === subscription.version) return false;
    const isLast = await this.emitRecord(subscription, record);
    subscription.version = record?.version;
    return isLast;
  };

  private async emitRecord(subscription: JobSubscription, record: JobRecord | undefined): Promise<boolean> {
    const { stream, inlineToken } = subscription;
    if (record === undefined) {
      stream.send('failed', { problem: new Problem('queue-lost').toBody() });
      return true;
    }
    const { state, version } = record;
    if (isTerminal(state)) {
      await this.emitEnd(stream, record, state);
      return true;
    }
    if (state === 'queued') {
      const position = await this.positions.of(record);
      subscription.position = position.position;
      stream.send('queued', toQueuePosition(position, 'position'), version);
    } else if (state === 'running') {
      stream.send('started', { attempt: record.attempt }, version);
    } else if (state === 'ready' && record.output !== undefined) {
      stream.send('done', toDoneEvent(record, record.output), version);
      if (inlineToken !== undefined) await this.deliverInline(stream, record, inlineToken);
    }
    return false;
  }

  private async emitEnd(stream: SseStream, record: JobRecord, state: TerminalState): Promise<void> {
    const { version } = record;
    // There is no receipt while the payload is unreachable and may not have been purged.
    const issued = record.purgedAt === undefined ? undefined : await this.receipts.issue(record);
    const receipt = issued === undefined ? {} : { receipt: issued.receipt };
    if (state === 'failed') {
      stream.send('failed', { problem: problemOfTerminalState(record, state).toBody(), ...receipt }, version);
    } else if (state !== 'delivered') {
      stream.send(state, receipt, version);
    } else if (issued !== undefined) {
      stream.send('purged', { reason: 'delivered', at: timeText(issued.purgedAt), ...receipt }, version);
    }
  }

  private async deliverInline(stream: SseStream, record: JobRecord, token: Buffer): Promise<void> {
    const writer: ResultWriter = {
      way: 'inline',
      start: () => undefined,
      write: (plain, index) => stream.sendChunk(plain, index),
      finish: () => Promise.resolve(),
    };
    try {
      await this.delivery.deliver(record, token, writer);
    } catch (error) {
      if (!(error instanceof Problem)) stream.destroy();
    }
  }

  /** The current record; after the end of the job, once it has been purged. */
  private read(subscription: JobSubscription): Promise<JobRecord | undefined> {
    const { jobs } = this.broker;
    return readThrough(async () => {
      const record = await jobs.read(subscription.id);
      const hasEnded = record !== undefined && isTerminal(record.state);
      return hasEnded ? await this.receipts.whenPurged(subscription.id, subscription.signal) : record;
    }, subscription);
  }
}
