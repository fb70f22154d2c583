import { request } from 'node:http';
import { join, resolve } from 'node:path';
import type { JobAccepted } from '#contracts/job-view.js';
import { writeAuditReport } from '../harness/audit-report.js';
import { ApiClient, bearer, type Answer } from '../harness/api-client.js';
import type { Call, ContractOperation } from './operation.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';

/** Drives one operation through all that the document promises of it. */
export type Drive = (operation: ContractOperation, at: ContractSetting) => Promise<unknown>;

/** The real system in which the contract is tried, and how to come by jobs in every state. */
export class ContractSetting {
  readonly api: ApiClient;
  /** An API key of the standard tier. */
  readonly key: string;

  private constructor(
    readonly system: TestSystem,
    /** Address of an instance that lets an anonymous client submit one image a minute, and publishes an audit report. */
    readonly strict: string,
    readonly image: Buffer,
    private readonly holder: { files: KeyFiles; key: string },
  ) {
    this.api = new ApiClient(system.url);
    this.key = holder.key;
  }

  /** Redis, two APIs that list their routes, and a worker. */
  static async start(): Promise<ContractSetting> {
    const files = new KeyFiles();
    const holder = { files, key: files.create('standard') };
    const listing = `--import=${resolve('test/harness/route-listing.mjs')}`;
    const system = await startLightSystem({ KEYS_FILE: files.path, NODE_OPTIONS: listing });
    const AUDIT_REPORT_FILE = writeAuditReport(join(system.folder, 'audit.json'));
    const { url } = await system.startApi({ RATE_LIMIT: '1', AUDIT_REPORT_FILE });
    return new ContractSetting(system, url, smallPhoto(), holder);
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await this.system.stop();
    this.holder.files.remove();
  }

  /** A call that sends an image. */
  jpeg(more: Call = {}): Call {
    return { body: this.image, ...more, headers: { 'Content-Type': 'image/jpeg', ...more.headers } };
  }

  /** A cancelled job. */
  async cancelled(): Promise<JobAccepted> {
    const job = await this.api.submit(this.image);
    await this.api.cancel(job);
    return job;
  }

  /** Runs `act` while no image gets done. */
  held<T>(act: () => Promise<T>): Promise<T> {
    return whileHeld(this.system.workers[0]!, act);
  }

  /** Leaves an upload half sent that may be repeated under `idempotencyKey`. */
  async stillSending(path: string, idempotencyKey: string): Promise<void> {
    const headers = { ...withKey(this.key), 'Idempotency-Key': idempotencyKey };
    const before = await this.retries();
    const upload = request(`${this.system.url}${path}`, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'Content-Type': 'multipart/form-data; boundary=x', 'Content-Length': 5000 },
    });
    upload.on('error', () => undefined).write('--x\r\n');
    await eventually(async () => (await this.retries()) > before);
  }

  private async retries(): Promise<number> {
    return (await this.system.keys()).filter((name) => name.startsWith('rb:retry:')).length;
  }

  /** Asks for something and lets the job's record vanish meanwhile, as when Redis is restarted. */
  whileLost(ask: (job: JobAccepted) => Promise<Answer>): Promise<Answer> {
    return this.held(async () => {
      const job = await this.api.submit(this.image);
      await eventually(async () => (await this.api.status(job)).json['status'] === 'running');
      const answer = ask(job);
      await pause(500);
      const inspector = this.system.inspector();
      await inspector.del(await inspector.keys(`*${job.id}*`));
      return answer;
    });
  }
}

/** The call that opens a job. */
export const of = (job: JobAccepted, more: Call = {}): Call => ({
  path: { id: job.id },
  ...more,
  headers: { ...bearer(job), ...more.headers },
});

/** An instance at which an anonymous client may not submit any more for a while. */
export async function spent({ strict: url }: ContractSetting): Promise<Call> {
  await fetch(`${url}/v1/batches`, { method: 'POST' });
  return { url };
}
