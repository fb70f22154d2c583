import type { BatchImage } from '#sdk/in-flight-window.js';
import { download } from './address-transfer.js';
import type { ManifestJob } from './manifest-line.js';
import type { Place } from './manifest-place.js';
import { readPhoto } from './photo-files.js';

/** Inputs that are fetched at the same time, ahead of their submission. */
const READ_AHEAD = 8;

/** An image on its way to the service. */
export interface Underway {
  job: ManifestJob;
  /** GET requests for the input; undefined for a file. */
  inputAttempts: number | undefined;
}

/** How inputs are read. */
export interface InputParts {
  signal: AbortSignal;
  /** The name of an image at the service. */
  customIdOf: (fingerprint: string) => string;
  /** Called before an image is handed over. */
  onReady: (underway: Underway) => void;
  /** Called for an image whose input cannot be fetched. */
  onFailed: (job: ManifestJob, error: unknown) => Promise<void>;
}

interface Fetched {
  job: ManifestJob;
  outcome: { blob: Blob; attempts: number } | { error: unknown } | undefined;
}

/**
 * Reads the inputs of a manifest ahead, a few at a time, and yields those that are ready: one slow host does not stop the
 * others. A file is read when the service has room for it.
 */
export async function* readInputs(
  jobs: AsyncIterable<ManifestJob>,
  parts: InputParts,
): AsyncGenerator<BatchImage, void, undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([parts.signal, stop.signal]);
  const source = jobs[Symbol.asyncIterator]();
  const fetching = new Map<ManifestJob, Promise<Fetched>>();
  let isExhausted = false;
  try {
    for (;;) {
      while (!isExhausted && fetching.size < READ_AHEAD) {
        const next = await source.next();
        if (next.done === true) isExhausted = true;
        else fetching.set(next.value, fetchInput(next.value, signal));
      }
      if (fetching.size === 0) return;
      const { job, outcome } = await Promise.race(fetching.values());
      fetching.delete(job);
      if (outcome !== undefined && 'error' in outcome) {
        parts.signal.throwIfAborted();
        await parts.onFailed(job, outcome.error);
        continue;
      }
      const underway: Underway = { job, inputAttempts: outcome?.attempts };
      parts.onReady(underway);
      yield imageOf(underway, outcome?.blob, parts);
    }
  } finally {
    stop.abort();
    await source.return?.();
  }
}

/** Never rejects. */
async function fetchInput(job: ManifestJob, signal: AbortSignal): Promise<Fetched> {
  const { input, inputHeaders: headers } = job;
  if (input.kind === 'file') return { job, outcome: undefined };
  try {
    const { value: blob, attempts } = await download({ url: input.url, headers, signal });
    return { job, outcome: { blob, attempts } };
  } catch (error) {
    return { job, outcome: { error } };
  }
}

function imageOf(
  underway: Underway,
  fetched: Blob | undefined,
  { signal, customIdOf }: InputParts,
): BatchImage {
  const { job } = underway;
  const { input, mask, background, inputHeaders } = job;
  let first = fetched;
  const image = async (): Promise<Blob> => {
    const blob = first ?? (await readPlace(input, inputHeaders, signal));
    // The input is in memory until it is submitted. It is fetched again if it must be submitted again.
    first = undefined;
    return blob;
  };
  return {
    ...{ name: job.customId, customId: customIdOf(job.fingerprint), image, options: job.options },
    ...(mask !== undefined && { mask: () => readPlace(mask, {}, signal) }),
    ...(background !== undefined && { background: () => readPlace(background, {}, signal) }),
  };
}

async function readPlace(
  place: Place,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Blob> {
  if (place.kind === 'file') return readPhoto(place.path, process.stdin);
  return (await download({ url: place.url, headers, signal })).value;
}
