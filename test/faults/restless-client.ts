import sharp from 'sharp';
import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient, type Answer, type Extras } from '../harness/api-client.js';
import { pause } from '../harness/eventually.js';
import type { SeededRandom } from '../harness/seeded-random.js';
import type { JobLedger } from './job-ledger.js';

const TRY_MS = 15_000;
const PATIENCE_MS = 90_000;
const PAUSE_MS = 200;
/** What the client does with its next image; a plan listed twice is twice as likely. */
const PLANS = ['poll', 'poll', 'stream', 'stream', 'wait', 'cancel', 'abandon', 'broken'] as const;

/** What a client needs to know of an accepted job. */
interface Job {
  key: JobAccepted;
  /** Before the request: its job may be in a Redis that is lost before the response arrives. */
  submittedAt: number;
}

/** Images that clients send. */
export interface Images {
  good: Buffer;
  broken: Buffer;
}

/** Submits images one after the other, in every way there is, and sees each to its end whatever breaks. */
export class RestlessClient {
  private readonly api: ApiClient;

  constructor(
    url: string,
    private readonly images: Images,
    private readonly ledger: JobLedger,
    private readonly chance: SeededRandom,
  ) {
    this.api = new ApiClient(url);
  }

  /** Goes on until `signal` is aborted; resolves when the last job has been accounted for. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.once(this.chance.pick(PLANS));
  }

  /** One image from submission to result. True when it was delivered. */
  async deliverOne(): Promise<boolean> {
    const job = await this.submit(this.images.good);
    return job !== undefined && (await this.settle(job)) === 'delivered';
  }

  private async once(plan: (typeof PLANS)[number]): Promise<void> {
    if (plan === 'wait') {
      await this.tried(() =>
        this.api.post(this.images.good, { headers: { Prefer: 'wait=10' }, ...withTimeout() }),
      );
      return;
    }
    const job = await this.submit(plan === 'broken' ? this.images.broken : this.images.good);
    if (job === undefined) return;
    if (plan === 'stream') await this.listen(job);
    if (plan === 'cancel') await this.cancel(job);
    if (plan === 'abandon') return this.readEvents(job);
    await this.settle(job);
  }

  private async submit(image: Buffer): Promise<Job | undefined> {
    const submittedAt = performance.now();
    const answer = await this.tried(() => this.api.post(image, withTimeout()));
    if (answer?.status === 202) {
      this.ledger.accepted += 1;
      return { key: answer.json as unknown as JobAccepted, submittedAt };
    }
    if (answer !== undefined) this.ledger.refuse(String(answer.json['code']));
    await pause(PAUSE_MS);
    return undefined;
  }

  /** Listens until the result is there or the stream is over. */
  private async listen({ key }: Job): Promise<void> {
    const stream = await this.tried(() => this.api.events(key));
    for (const until = performance.now() + TRY_MS; stream !== undefined && performance.now() < until;) {
      if (stream.over || stream.names.includes('done')) break;
      await pause(PAUSE_MS / 4);
    }
    stream?.close();
  }

  private async cancel({ key }: Job): Promise<void> {
    await pause(this.chance.between(0, 800));
    await this.tried(() => this.api.cancel(key));
  }

  /** Requests the result until there is a final response. */
  private async settle(job: Job): Promise<'delivered' | 'other'> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      const answer = await this.tried(() =>
        this.api.result(job.key, { query: '?wait=10', ...withTimeout() }),
      );
      if (answer?.status === 200) return this.received(job, answer);
      if (answer !== undefined && this.isFinal(job, answer)) return 'other';
      await pause(PAUSE_MS);
    }
    this.ledger.blame('silent', 'no final response');
    return 'other';
  }

  /** Never fetches the result, and asks how the job ended. */
  private async readEvents(job: Job): Promise<void> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      await pause(1000);
      const answer = await this.tried(() => this.api.status(job.key, withTimeout()));
      if (answer?.status === 404) {
        this.isFinal(job, answer);
        return;
      }
      const status = answer?.status === 200 ? String(answer.json['status']) : '';
      if (['failed', 'expired', 'cancelled'].includes(status)) {
        this.ledger.end('reported', status);
        return;
      }
    }
    this.ledger.blame('silent', 'an abandoned job never ended');
  }

  /** True when the answer says what became of the job; then it is in the ledger. */
  private isFinal({ submittedAt }: Job, answer: Answer): boolean {
    const { status } = answer;
    if (status === 202 || status === 409 || status === 429 || status >= 500) {
      const ends = ['deadline-exceeded', 'processing-failed', 'worker-crashed'];
      if (status < 500 || !ends.includes(String(answer.json['code']))) return false;
    }
    if (status === 404) {
      if (this.ledger.disturbances.queueLostAt > submittedAt) this.ledger.end('lost-with-redis');
      else this.ledger.blame('vanished', 'the job is unknown, and Redis was not lost');
      return true;
    }
    this.ledger.end('reported', String(answer.json['code']));
    return true;
  }

  private async received(job: Job, { body }: Answer): Promise<'delivered' | 'other'> {
    const receivedAt = performance.now();
    const { width, height, hasAlpha } = await sharp(body)
      .raw()
      .toBuffer({ resolveWithObject: true })
      .then(({ info }) => ({ ...info, hasAlpha: info.channels === 4 }))
      .catch(() => ({ width: 0, height: 0, hasAlpha: false }));
    if (width === 0 || height === 0 || !hasAlpha) {
      this.ledger.blame('damaged', `${body.length} bytes that are no cut-out`);
      return 'other';
    }
    const again = await this.askAgain(job);
    if (!again) this.ledger.end('delivered');
    else if (this.wasDisturbedSince(receivedAt)) this.ledger.end('delivered-again');
    else this.ledger.blame('delivered-twice', 'although nothing was wrong');
    return 'delivered';
  }

  /** An API that was killed after the last byte, and before it had noted so, could not know. */
  private wasDisturbedSince(receivedAt: number): boolean {
    const { queueLostAt, clientsBrokenAt } = this.ledger.disturbances;
    return Math.max(queueLostAt, clientsBrokenAt) > receivedAt - TRY_MS;
  }

  /** True when a result that was delivered is delivered once more. */
  private async askAgain(job: Job): Promise<boolean> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      const answer = await this.tried(() => this.api.result(job.key, { query: '', ...withTimeout() }));
      if (answer?.status === 200) return true;
      if (answer?.status === 410 || answer?.status === 404) return false;
      await pause(PAUSE_MS);
    }
    return false;
  }

  /** Undefined when the connection could not be had, or broke. */
  private async tried<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch {
      await pause(PAUSE_MS);
      return undefined;
    }
  }
}

const withTimeout = (): Pick<Extras, 'signal'> => ({ signal: AbortSignal.timeout(TRY_MS) });
