import type { JobNotice } from '#broker/jobs/job-watcher.js';
import type { JobId } from '#contracts/job-id.js';
import { wipe } from '#crypto/wipe.js';
import { toQueuePosition, type QueuePosition } from '../results/job.mapper.js';
import type { SseStream } from './sse-stream.js';

/** Request for the events of a job. */
export interface SubscriptionRequest {
  id: JobId;
  /** Version that the client has seen (Last-Event-ID). Its event is not repeated. */
  seenVersion: number | undefined;
  /** Set when the result is delivered inline. */
  inlineToken: Buffer | undefined;
}

/** Emits the current state of the job. True when that was the last event. */
export type EmitState = (subscription: JobSubscription) => Promise<boolean>;

/** Smallest relative change of a position that is sent. */
const MIN_CHANGE = 0.05;

/**
 * The subscription of one stream to a job. Ten thousand of them may wait for notices at a time, so a waiting subscription
 * has no promise, timer or signal, only this object.
 */
export class JobSubscription {
  readonly id: JobId;
  /** Last version that was sent. */
  version: number | undefined;
  /** Last queue position that was sent. */
  position: number | undefined;
  private readonly token: Buffer | undefined;
  /** Notices that arrived while another one is handled; undefined while none is handled. */
  private notices: (JobNotice | undefined)[] | undefined = [];
  private release: () => void = () => undefined;
  private controller: AbortController | undefined;
  private hasEnded = false;

  constructor(
    readonly stream: SseStream,
    request: SubscriptionRequest,
    private readonly emitState: EmitState,
  ) {
    this.id = request.id;
    this.version = request.seenVersion;
    this.token = request.inlineToken && Buffer.from(request.inlineToken);
    stream.onClose(() => this.end());
  }

  /** True once there is nothing more to send, or the client has disconnected. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** Token that decrypts the result for inline delivery. Wiped at the end. */
  get inlineToken(): Buffer | undefined {
    return this.token;
  }

  /** Aborted at the end. Created on demand, since most streams do not need it. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.hasEnded) this.controller.abort();
    return this.controller.signal;
  }

  /** Emits the current state, then one event per notice. `release` is called at the end. */
  start(release: () => void): void {
    this.release = release;
    void this.handle(undefined);
  }

  /** Handles a notice; undefined when some may have been missed. */
  readonly onNotice = (notice: JobNotice | undefined): void => {
    if (this.hasEnded) return;
    if (this.notices !== undefined) this.notices.push(notice);
    else void this.handle(notice);
  };

  /** Emits the current queue position of the job. */
  readonly onPosition = (current: QueuePosition): void => {
    const { position = 0 } = current;
    const change = Math.abs(position - (this.position ?? 0));
    if (this.hasEnded || change === 0 || change < (this.position ?? 0) * MIN_CHANGE) return;
    this.position = position;
    this.stream.sendIfFlowing('queued', toQueuePosition(current, 'position'));
  };

  /** Ends the stream after the notice that is being handled. */
  readonly end = (): void => {
    this.hasEnded = true;
    this.controller?.abort();
    if (this.notices === undefined) this.finish();
  };

  /** Handles notices one after the other, so that events are sent in order. */
  private async handle(first: JobNotice | undefined): Promise<void> {
    const notices = (this.notices ??= []);
    notices.unshift(first);
    try {
      while (notices.length > 0 && !this.hasEnded) {
        const notice = notices.shift();
        if (notice !== undefined && 'stage' in notice) this.stream.sendIfFlowing('progress', notice);
        else if (await this.emitState(this)) this.hasEnded = true;
      }
    } catch {
      // Redis was unreachable until the client disconnected, or this process shuts down.
      this.hasEnded = true;
    }
    this.notices = undefined;
    if (this.hasEnded) this.finish();
  }

  private finish(): void {
    this.release();
    this.release = () => undefined;
    wipe(this.token);
    void this.stream.end();
  }
}
