import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient, type Answer } from '../../test/harness/api-client.js';
import { pause } from '../../test/harness/eventually.js';

const TIMEOUT_MS = 300_000;
const RETRY_MS = 250;
/** Attempts of a request that may reach a stopped instance. */
const TRIES = 10;

/** Outcome of one accepted job, as seen by its client. */
export type End = 'delivered' | 'cut-off' | `failed ${string}`;

/** A job, and how it ended. */
export interface AccountedJob {
  job: JobAccepted;
  end: End;
}

/**
 * A client that records the outcome of every accepted job. It uses any address that responds, and submits a photo
 * again when its job is lost, until each photo has come back once.
 */
export class PhotoAccount {
  readonly jobs: AccountedJob[] = [];
  /** Submissions that were rejected or failed before they were accepted. */
  refusals = 0;
  private next = 0;

  /** `urls`: addresses of the service, used in turn; `onDelivered` is called for each delivered photo. */
  constructor(
    private readonly urls: readonly string[],
    private readonly onDelivered: () => void,
  ) {}

  /** Sends one photo until it comes back. @throws Error when that takes more than five minutes */
  async send(image: Buffer): Promise<void> {
    for (const until = Date.now() + TIMEOUT_MS; ;) {
      const job = await this.submit(image, until);
      const end = await this.collect(job, until);
      this.jobs.push({ job, end });
      if (end !== 'delivered') continue;
      this.onDelivered();
      return;
    }
  }

  /** Jobs whose result can be fetched a second time, or that have no outcome. */
  async wrong(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { job, end } of this.jobs) {
      let answer: Answer | undefined;
      for (let i = 0; (answer?.status ?? 503) === 503 && i < TRIES; i++) {
        if (i > 0) await pause(RETRY_MS);
        answer = await this.ask((api) => api.result(job, { query: '' }));
      }
      const known = answer?.status === 404 || answer?.status === 410 || answer?.status === 422;
      if (!known) wrong.push(`${end}, and then ${answer?.status ?? 'silence'}`);
    }
    return wrong;
  }

  private async submit(image: Buffer, until: number): Promise<JobAccepted> {
    for (;;) {
      const answer = await this.ask((api) => api.post(image));
      if (answer?.status === 202) return answer.json as unknown as JobAccepted;
      if (Date.now() > until) throw new Error(`not taken in five minutes: ${answer?.status ?? 'silence'}`);
      this.refusals += 1;
      await pause(RETRY_MS);
    }
  }

  private async collect(job: JobAccepted, until: number): Promise<End> {
    for (let broken = false; ;) {
      const answer = await this.ask((api) => api.result(job, { query: '?wait=20' }));
      if (answer?.status === 200) return 'delivered';
      if (answer === undefined) broken = true;
      const { status = 503 } = answer ?? {};
      if (status === 410 || status === 422 || status === 404) {
        const code = String(answer?.json['code']);
        // The killed instance had written the last byte, and the client did not receive it.
        return code === 'result-delivered' && broken ? 'cut-off' : `failed ${code}`;
      }
      if (Date.now() > until) throw new Error(`no end in five minutes: ${status}`);
      if (status !== 202) await pause(RETRY_MS);
    }
  }

  /** Undefined when the connection broke. */
  private async ask(call: (api: ApiClient) => Promise<Answer>): Promise<Answer | undefined> {
    const url = this.urls[this.next++ % this.urls.length] ?? '';
    return call(new ApiClient(url)).catch(() => undefined);
  }
}
