import type { JobNotice } from '#broker/job.watcher.js';
import type { JobId } from '#contracts/job.id.js';
import { wipe } from '#vault/wipe.js';
import { presentPlace, type Place } from './job.presenter.js';
import type { SseStream } from './sse.stream.js';

/** What a stream is to tell. */
export interface FollowRequest {
  id: JobId;
  /** Record version the client has seen (Last-Event-ID); its event is not repeated. */
  seenVersion: number | undefined;
  /** Set when the result is to come inline. */
  inlineToken: Buffer | undefined;
}

/** Says on a stream how its job stands. True when that was the last word. */
export type Telling = (follower: JobFollower) => Promise<boolean>;

/** A place that differs from the one told before by less than this share of it is no news. */
const NEWS_SHARE = 0.05;

/**
 * One stream on its way through the life of a job. Ten thousand of these wait at a time, nearly all of them for nearly
 * all of the time for nothing but a notice: so while nothing happens there is no promise, no timer and no signal, only
 * this object.
 */
export class JobFollower {
  readonly id: JobId;
  /** Version of the record that has been told. */
  version: number | undefined;
  /** Place in the queue that has been told. */
  position: number | undefined;
  private readonly token: Buffer | undefined;
  /** Notices that came while one is being dealt with; undefined while nothing is under way. */
  private notices: (JobNotice | undefined)[] | undefined = [];
  private release: () => void = () => undefined;
  private leaving: AbortController | undefined;
  private isOver = false;

  constructor(
    readonly stream: SseStream,
    request: FollowRequest,
    private readonly tell: Telling,
  ) {
    this.id = request.id;
    this.version = request.seenVersion;
    this.token = request.inlineToken && Buffer.from(request.inlineToken);
    stream.onClose(() => this.end());
  }

  /** True once there is nothing more to tell, or nobody to tell it to. */
  get over(): boolean {
    return this.isOver;
  }

  /** Opens the result, where it is to come inline. Wiped at the end. */
  get inlineToken(): Buffer | undefined {
    return this.token;
  }

  /** Aborted once it is over. Made on demand: most streams never need it. */
  get gone(): AbortSignal {
    this.leaving ??= new AbortController();
    if (this.isOver) this.leaving.abort();
    return this.leaving.signal;
  }

  /** Tells how the job stands now, and from here on what `hear` hears. `release` is called at the end. */
  begin(release: () => void): void {
    this.release = release;
    void this.work(undefined);
  }

  /** A notice has come; undefined when some may have been missed. */
  readonly hear = (notice: JobNotice | undefined): void => {
    if (this.isOver) return;
    if (this.notices !== undefined) this.notices.push(notice);
    else void this.work(notice);
  };

  /** The job's place in the queue has been looked up. */
  readonly hearPlace = (place: Place): void => {
    const { position = 0 } = place;
    const moved = Math.abs(position - (this.position ?? 0));
    if (this.isOver || moved === 0 || moved < (this.position ?? 0) * NEWS_SHARE) return;
    this.position = position;
    this.stream.sendIfFlowing('queued', presentPlace(place, 'position'));
  };

  /** There is nothing more to tell, or nobody: ends the stream once what is being told has been told. */
  readonly end = (): void => {
    this.isOver = true;
    this.leaving?.abort();
    if (this.notices === undefined) this.finish();
  };

  /** Deals with notices one after the other, so that what a client hears is in order. */
  private async work(first: JobNotice | undefined): Promise<void> {
    const notices = (this.notices ??= []);
    notices.unshift(first);
    try {
      while (notices.length > 0 && !this.isOver) {
        const notice = notices.shift();
        if (notice !== undefined && 'stage' in notice) this.stream.sendIfFlowing('progress', notice);
        else if (await this.tell(this)) this.isOver = true;
      }
    } catch {
      // Redis was away until the client left, or this process stops.
      this.isOver = true;
    }
    this.notices = undefined;
    if (this.isOver) this.finish();
  }

  private finish(): void {
    this.release();
    this.release = () => undefined;
    wipe(this.token);
    void this.stream.end();
  }
}
