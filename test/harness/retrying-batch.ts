import type { Answer } from './api-client.js';
import { BatchClient } from './batch-client.js';
import { pause } from './eventually.js';

/** What became of every image of a run. */
export interface Outcome {
  results: Map<string, Buffer>;
  failed: Set<string>;
  /** Results that came although they had been had: never more than connections that broke. */
  again: number;
  /** Batches that it took. */
  batches: number;
}

/**
 * Sends images as a batch and fetches them, as docs/examples/folder.sh does: whatever breaks, it goes on, if need be
 * with another batch and the images that are still missing. `urls` are API instances, of which any may be unreachable;
 * `results` is filled as results come; `onSubmitted` is called when all
 * images have been submitted.
 */
export async function runWithRetries(
  urls: readonly string[],
  images: Map<string, Buffer>,
  results = new Map<string, Buffer>(),
  onSubmitted: () => void = () => undefined,
): Promise<Outcome> {
  const outcome: Outcome = { results, failed: new Set(), again: 0, batches: 0 };
  const missing = (): [string, Buffer][] =>
    [...images].filter(([name]) => !outcome.results.has(name) && !outcome.failed.has(name));
  while (missing().length > 0) {
    const batch = await anywhere(urls, (url) => BatchClient.open(url));
    if (batch === undefined) continue;
    outcome.batches += 1;
    const submitted = submit(urls, batch, missing(), onSubmitted);
    await receive(urls, batch, outcome);
    await submitted;
  }
  return outcome;
}

async function submit(
  urls: readonly string[],
  batch: BatchClient,
  todo: [string, Buffer][],
  onSubmitted: () => void,
): Promise<void> {
  for (const [name, image] of todo) {
    for (;;) {
      const answer = await anywhere(urls, (url) => batch.at(url).post(image, name));
      const status = answer?.status ?? 503;
      if (status === 200 || status === 202) break;
      if (status !== 429 && status < 500) return;
      await pause(200);
    }
  }
  onSubmitted();
  for (;;) {
    const answer = await anywhere(urls, (url) => batch.at(url).close());
    if (answer !== undefined && answer.status < 500) return;
  }
}

async function receive(urls: readonly string[], batch: BatchClient, outcome: Outcome): Promise<void> {
  for (;;) {
    const answer = await anywhere(urls, (url) => batch.at(url).next('?wait=5'));
    if (answer?.status === 200) keep(answer, outcome);
    else if (answer?.status === 404 || answer?.status === 410) return;
    else if (answer?.headers.get('x-batch-status') === 'complete') break;
  }
  const view = await anywhere(urls, (url) => batch.at(url).view());
  for (const { custom_id } of view?.failures ?? []) outcome.failed.add(custom_id);
}

function keep({ headers, body }: Answer, outcome: Outcome): void {
  const name = decodeURIComponent(headers.get('x-custom-id') ?? '');
  if (outcome.results.has(name)) outcome.again += 1;
  outcome.results.set(name, body);
}

/** The first instance that answers; after a pause, undefined when none does. */
async function anywhere<T>(
  urls: readonly string[],
  ask: (url: string) => Promise<T>,
): Promise<T | undefined> {
  for (const url of urls) {
    try {
      return await ask(url);
    } catch {
      // The next one, then.
    }
  }
  await pause(300);
  return undefined;
}
