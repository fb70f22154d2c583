import sharp from 'sharp';
import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient, type Answer } from './api-client.js';
import { pause } from './eventually.js';
import { photo, PHOTOS } from './photos.js';

const HEALTH_EVERY_MS = 200;
const HEALTH_PATHS = ['/healthz', '/readyz'] as const;

/** What clients have seen of a service. */
export interface Observations {
  /** Images delivered whole. */
  delivered: number;
  /** Health checks answered. */
  healthy: number;
  /** One line for each answer that is not what was asked for, each broken connection and each damaged image. */
  failures: string[];
  /** Milliseconds that health checks and refusals took. */
  healthMs: number[];
  refusalMs: number[];
}

/** Clients that send real photos, fetch their cut-outs in two ways, check health and send what must be refused. */
export class BusyClients {
  readonly seen: Observations = { delivered: 0, healthy: 0, failures: [], healthMs: [], refusalMs: [] };
  private readonly api: ApiClient;
  private readonly end = new AbortController();
  private readonly running: Promise<void>[] = [];

  constructor(url: string) {
    this.api = new ApiClient(url);
  }

  /** Starts `senders` clients besides those that check health and are refused. */
  start(senders: number): void {
    for (let i = 0; i < senders; i += 1) this.running.push(this.repeat(i, (round) => this.send(i + round)));
    this.running.push(this.repeat(0, (round) => this.checkHealth(round), HEALTH_EVERY_MS));
    this.running.push(this.repeat(0, () => this.beRefused(), HEALTH_EVERY_MS));
  }

  /** Resolves once every request that was started has its answer. */
  async stop(): Promise<Observations> {
    this.end.abort();
    await Promise.all(this.running);
    return this.seen;
  }

  private async repeat(first: number, act: (round: number) => Promise<void>, pauseMs = 0): Promise<void> {
    for (let round = first; !this.end.signal.aborted; round += 1) {
      try {
        await act(round);
      } catch (error) {
        const { cause, message } = error as Error;
        this.seen.failures.push(`broken connection: ${cause instanceof Error ? cause.message : message}`);
      }
      await pause(pauseMs);
    }
  }

  private async send(round: number): Promise<void> {
    const image = photo(PHOTOS[round % PHOTOS.length] ?? 'coffee');
    const asked = performance.now();
    if (round % 2 === 0) {
      const answer = await this.api.post(image, { headers: { Prefer: 'wait=60' } });
      if (answer.status === 202) await this.fetch(image, answer);
      else await this.receive(image, answer, asked);
      return;
    }
    const answer = await this.api.post(image);
    if (answer.status === 202) await this.fetch(image, answer);
    else this.fail('upload', answer, asked);
  }

  private async fetch(image: Buffer, accepted: Answer): Promise<void> {
    const job = accepted.json as unknown as JobAccepted;
    for (;;) {
      const asked = performance.now();
      const answer = await this.api.result(job, { query: '?wait=10' });
      if (answer.status !== 202) return this.receive(image, answer, asked);
    }
  }

  private async receive(image: Buffer, answer: Answer, asked: number): Promise<void> {
    if (answer.status !== 200) {
      this.fail('result', answer, asked);
      return;
    }
    const [sent, got] = await Promise.all([sharp(image).metadata(), sharp(answer.body).stats()]);
    const { width, height } = await sharp(answer.body).metadata();
    if (width === sent.width && height === sent.height && got.channels.length === 4) this.seen.delivered += 1;
    else this.seen.failures.push(`damaged image of ${answer.body.length} bytes`);
  }

  private async checkHealth(round: number): Promise<void> {
    const path = HEALTH_PATHS[round % HEALTH_PATHS.length] ?? '/healthz';
    const asked = performance.now();
    const answer = await this.api.call('GET', path);
    this.seen.healthMs.push(performance.now() - asked);
    if (answer.status === 200) this.seen.healthy += 1;
    else this.fail(path, answer, asked);
  }

  private async beRefused(): Promise<void> {
    const asked = performance.now();
    const answer = await this.api.post('not an image', { headers: { 'Content-Type': 'text/plain' } });
    this.seen.refusalMs.push(performance.now() - asked);
    if (answer.status !== 415) this.fail('refusal', answer, asked);
  }

  private fail(what: string, { status, body }: Answer, asked: number): void {
    const ms = Math.round(performance.now() - asked);
    this.seen.failures.push(`${what}: ${status} after ${ms} ms: ${body.subarray(0, 200).toString()}`);
  }
}
