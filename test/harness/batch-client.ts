import type { BatchCreated, BatchJob, BatchView } from '#contracts/batch-view.js';
import { ApiClient, bearer, type Answer } from './api-client.js';
import { SseReader } from './sse-reader.js';

type Body = NonNullable<RequestInit['body']>;

/** Speaks with one batch, as a client that knows its token. */
export class BatchClient {
  private constructor(
    readonly api: ApiClient,
    readonly batch: Pick<BatchCreated, 'id' | 'token'>,
    private readonly headers: Record<string, string>,
  ) {}

  /** Opens a batch; `headers` go with this and every further call. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<BatchClient> {
    const api = new ApiClient(url);
    const answer = await api.call('POST', '/v1/batches', { headers });
    if (answer.status !== 201) throw new Error(`no batch but ${answer.status}: ${String(answer.body)}`);
    return new BatchClient(api, answer.json as unknown as BatchCreated, headers);
  }

  /** A batch that is open. */
  static of(api: ApiClient, batch: Pick<BatchCreated, 'id' | 'token'>): BatchClient {
    return new BatchClient(api, batch, {});
  }

  /** The same batch at another API instance. */
  at(url: string): BatchClient {
    return new BatchClient(new ApiClient(url), this.batch, this.headers);
  }

  /** Any call on the batch. */
  call(method: string, path = '', init: RequestInit = {}): Promise<Answer> {
    return this.api.call(method, `/v1/batches/${this.batch.id}${path}`, {
      ...init,
      headers: { ...this.headers, ...bearer(this.batch), ...(init.headers as Record<string, string>) },
    });
  }

  /** Adds an image, without looking at the answer. */
  post(image: Uint8Array, customId?: string, query = ''): Promise<Answer> {
    const named = customId === undefined ? '' : `custom_id=${encodeURIComponent(customId)}`;
    return this.call('POST', `/jobs?${named}${query}`, {
      body: image as Body,
      headers: { 'Content-Type': 'image/jpeg' },
    });
  }

  /** Adds an image that must be taken. */
  async add(image: Uint8Array, customId?: string, query = ''): Promise<BatchJob> {
    const answer = await this.post(image, customId, query);
    if (answer.status !== 202) throw new Error(`not taken but ${answer.status}: ${String(answer.body)}`);
    return answer.json as unknown as BatchJob;
  }

  /** `GET /v1/batches/{id}`. */
  async view(query = ''): Promise<BatchView> {
    return (await this.call('GET', query)).json as unknown as BatchView;
  }

  /** Takes no more images. */
  close(): Promise<Answer> {
    return this.call('POST', '/close');
  }

  /** The next result. */
  next(query = '?wait=60'): Promise<Answer> {
    return this.call('GET', `/results${query}`);
  }

  /** Receives until the batch is complete: results by custom id; a second result of one is an error. */
  async receive(into = new Map<string, Buffer>()): Promise<Map<string, Buffer>> {
    for (;;) {
      const answer = await this.next();
      if (answer.status === 204) {
        if (answer.headers.get('x-batch-status') === 'complete') return into;
        continue;
      }
      if (answer.status !== 200)
        throw new Error(`no result: status ${answer.status}: ${String(answer.body)}`);
      const customId = decodeURIComponent(answer.headers.get('x-custom-id') ?? '');
      if (into.has(customId)) throw new Error(`${customId} was delivered twice`);
      into.set(customId, answer.body);
    }
  }

  /** `GET /v1/batches/{id}/events`. */
  events(headers: Record<string, string> = {}): Promise<SseReader> {
    return SseReader.open(`${this.api.url}/v1/batches/${this.batch.id}/events`, {
      headers: { ...bearer(this.batch), ...headers },
    });
  }
}
