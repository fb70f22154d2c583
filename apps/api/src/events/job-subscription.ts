import type { JobNotice } from '#broker/jobs/job-watcher.js';
import type { JobId } from '#contracts/job-id.js';
import { wipe } from '#crypto/wipe.js';
import { toQueuePosition, type QueuePosition } from '../results/job.mapper.js';
import type { SseStream } from './sse-stream.js';

/** Which events a stream gets. */
export interface SubscriptionRequest {
  id: JobId;
  /** Record version the client has seen (Last-Event-ID); its event is not repeated. */
  seenVersion: number | undefined;
  /** Set when the result is to come inline. */
  inlineToken: Buffer | undefined;
}

/** Emits the present state of the job. True when that was the last event. */
export type EmitState = (subscription: JobSubscription) => Promise<boolean>;

/** A position that differs from the last one sent by less than this share of it is not sent. */
const MIN_CHANGE = 0.05;

/**
 * One stream's subscription to a job. Ten thousand of them may wait at a time, nearly all of the time for a notice
 * only: so while nothing happens there is no promise, no timer and no signal, only this object.
 */
export class JobSubscription {
  readonly id: JobId;
  /** Version of the record that was sent last. */
  version: number | undefined;
  /** Queue position that was sent last. */
  position: number | undefined;
  private readonly token: Buffer | undefined;
  /** Notices that came while another one is handled; undefined while none is. */
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

  /** True once there is nothing more to send, or no client. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** Decrypts the result, where it is to come inline. Wiped at the end. */
  get inlineToken(): Buffer | undefined {
    return this.token;
  }

  /** Aborted at the end. Made on demand: most streams never need it. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.hasEnded) this.controller.abort();
    return this.controller.signal;
  }

  /** Emits the present state, then one event a notice. `release` is called at the end. */
  start(release: () => void): void {
    this.release = release;
    void this.handle(undefined);
  }

  /** Takes a notice; undefined when some may have been missed. */
  readonly onNotice = (notice: JobNotice | undefined): void => {
    if (this.hasEnded) return;
    if (this.notices !== undefined) this.notices.push(notice);
    else void this.handle(notice);
  };

  /** Takes the job's present queue position. */
  readonly onPosition = (current: QueuePosition): void => {
    const { position = 0 } = current;
    const change = Math.abs(position - (this.position ?? 0));
    if (this.hasEnded || change === 0 || change < (this.position ?? 0) * MIN_CHANGE) return;
    this.position = position;
    this.stream.sendIfFlowing('queued', toQueuePosition(current, 'position'));
  };

  /** Ends the stream once the notice that is being handled has been. */
  readonly end = (): void => {
    this.hasEnded = true;
    this.controller?.abort();
    if (this.notices === undefined) this.finish();
  };

  /** Handles notices one after the other, so that events come in order. */
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
      // Redis was unreachable until the client left, or this process shuts down.
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
