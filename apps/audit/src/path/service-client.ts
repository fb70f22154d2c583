import { get, request, type IncomingMessage } from 'node:http';
import { get as getSecurely, request as requestSecurely } from 'node:https';
import { SseMessages } from '#sdk/sse-reader.js';
import type { JobAccepted } from '#contracts/job-view.js';
import { pause } from '../system/audited-system.js';

const RETRIES = 3;
const RETRY_MS = 300;

/** Id and token of a job. */
export type JobKey = Pick<JobAccepted, 'id' | 'token'>;

/** Called for each server-sent event; returns true to stop listening. */
export type EventListener = (name: string, data: Record<string, unknown>) => boolean;

/** Client of the audited service. */
export class ServiceClient {
  constructor(readonly url: string) {}

  /** `POST /v1/jobs` with a body of one image. */
  post(image: Uint8Array, mime: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/v1/jobs`, {
      method: 'POST',
      body: image as NonNullable<RequestInit['body']>,
      headers: { 'Content-Type': mime, ...headers },
    });
  }

  /** The same, for an image that must be accepted. */
  async submit(image: Uint8Array, mime: string): Promise<JobAccepted> {
    return accepted(await this.post(image, mime));
  }

  /** `POST /v1/jobs` with a form, whose file has a name. */
  async submitForm(image: Uint8Array, mime: string, fileName: string): Promise<JobAccepted> {
    const form = new FormData();
    form.append('image', new Blob([Buffer.from(image)], { type: mime }), fileName);
    return accepted(await fetch(`${this.url}/v1/jobs`, { method: 'POST', body: form }));
  }

  /** `POST /v1.0/removebg` with an image as text. */
  postText(body: string, type: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/v1.0/removebg`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': type, ...headers },
    });
  }

  /** A call on a batch. */
  ofBatch(batch: JobKey, method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...bearerOf(batch), ...(init.headers as Record<string, string>) };
    return fetch(`${this.url}/v1/batches/${batch.id}${path}`, { ...init, method, headers });
  }

  /** `POST /v1/batches`. */
  async openBatch(): Promise<JobKey> {
    return (await (await fetch(`${this.url}/v1/batches`, { method: 'POST' })).json()) as JobKey;
  }

  /** Opens a batch, adds an image that must be accepted, and closes it. */
  async batchOf(image: Uint8Array, mime: string): Promise<{ batch: JobKey; job: JobAccepted }> {
    const batch = await this.openBatch();
    const body = image as NonNullable<RequestInit['body']>;
    const job = await accepted(
      await this.ofBatch(batch, 'POST', '/jobs', { body, headers: { 'Content-Type': mime } }),
    );
    await (await this.ofBatch(batch, 'POST', '/close')).arrayBuffer();
    return { batch, job };
  }

  /** `GET /v1/jobs/{id}/result`, waiting for it. @throws Error when it does not come */
  async result(job: JobKey): Promise<Buffer> {
    const response = await again(() =>
      fetch(`${this.url}/v1/jobs/${job.id}/result?wait=60`, { headers: bearerOf(job) }),
    );
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) throw new Error(`no result: status ${response.status}: ${body.toString()}`);
    return body;
  }

  /** Status and what the answer says, `GET /v1/jobs/{id}`. */
  async status(job: JobKey): Promise<{ status: string; expires_at: string }> {
    const response = await again(() => fetch(`${this.url}/v1/jobs/${job.id}`, { headers: bearerOf(job) }));
    return (await response.json()) as { status: string; expires_at: string };
  }

  /** Asks until the job's state is one of `states`. @throws Error when that takes more than a minute */
  async until(job: JobKey, states: readonly string[]): Promise<string> {
    for (const limit = Date.now() + 60_000; Date.now() < limit;) {
      const { status } = await this.status(job);
      if (states.includes(status)) return status;
      await pause(100);
    }
    throw new Error(`the job did not become ${states.join(' or ')}`);
  }

  /** `DELETE /v1/jobs/{id}`. */
  async cancel(job: JobKey): Promise<void> {
    const answer = await fetch(`${this.url}/v1/jobs/${job.id}`, { method: 'DELETE', headers: bearerOf(job) });
    await answer.arrayBuffer();
  }

  /** Listens to `GET /v1/jobs/{id}/events` until `enough` returns true, then disconnects. */
  async listen(job: JobKey, enough: EventListener): Promise<void> {
    const abort = new AbortController();
    const response = await fetch(`${this.url}/v1/jobs/${job.id}/events`, {
      headers: bearerOf(job),
      signal: abort.signal,
    });
    await readEvents(response, enough);
    abort.abort();
  }

  /** Sends the first part of an image and destroys the connection. */
  async breakUpload(image: Uint8Array, mime: string, share: number): Promise<void> {
    const begin = this.url.startsWith('https:') ? requestSecurely : request;
    const headers = { 'Content-Type': mime, 'Content-Length': image.length };
    const upload = begin(`${this.url}/v1/jobs`, { method: 'POST', headers, agent: false });
    upload.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      upload.write(image.subarray(0, Math.floor(image.length * share)), () => {
        resolve();
      });
    });
    await pause(300);
    upload.destroy();
  }

  /**
   * Reads the first piece of a result, pauses until `meanwhile` resolves, and reads the rest. Resolves to the number of
   * bytes read; 0 when the connection was closed before the first.
   */
  slowDownload(job: JobKey, meanwhile: () => Promise<void>): Promise<number> {
    const begin = this.url.startsWith('https:') ? getSecurely : get;
    const options = { headers: bearerOf(job), agent: false as const };
    return new Promise((resolve, reject) => {
      const download = begin(`${this.url}/v1/jobs/${job.id}/result`, options, (response: IncomingMessage) => {
        let bytes = 0;
        response.on('error', () => undefined);
        response.on('data', (piece: Buffer) => {
          if (bytes === 0) {
            response.pause();
            void meanwhile().then(() => response.resume(), reject);
          }
          bytes += piece.length;
        });
        response.once('close', () => resolve(bytes));
      });
      download.once('error', () => resolve(0));
    });
  }

  /** Reads the first piece of a result and destroys the connection. Resolves to the status. */
  breakDownload(job: JobKey): Promise<number> {
    const begin = this.url.startsWith('https:') ? getSecurely : get;
    return new Promise((resolve, reject) => {
      const options = { headers: bearerOf(job), agent: false as const };
      const download = begin(`${this.url}/v1/jobs/${job.id}/result`, options, (response: IncomingMessage) => {
        response.on('error', () => undefined);
        response.once('data', () => {
          download.destroy();
          resolve(response.statusCode ?? 0);
        });
      });
      download.once('error', reject);
    });
  }
}

/** Reads an event stream until `enough` returns true or the stream ends. */
export async function readEvents(response: Response, enough: EventListener): Promise<void> {
  const messages = new SseMessages();
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    for (const { name, data } of messages.push(piece)) {
      if (enough(name, JSON.parse(data) as Record<string, unknown>)) return;
    }
  }
}

/** A listener that stops when a stage begins. */
export const stageBegins =
  (stage: string): EventListener =>
  (name, data) =>
    name === 'progress' && data['stage'] === stage;

/** Retries: the server may close a keep-alive connection just before it is reused. */
async function again(call: () => Promise<Response>): Promise<Response> {
  for (let left = RETRIES; ; left -= 1) {
    try {
      return await call();
    } catch (error) {
      if (left === 0) throw error;
      await pause(RETRY_MS);
    }
  }
}

async function accepted(response: Response): Promise<JobAccepted> {
  const body = (await response.json()) as JobAccepted;
  if (response.status !== 202)
    throw new Error(`not accepted: status ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

/** Authorization header of a job or a batch. */
export const bearerOf = ({ token }: JobKey): Record<string, string> => ({ Authorization: `Bearer ${token}` });
