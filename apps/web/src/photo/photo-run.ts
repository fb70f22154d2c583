import type { JobAccepted } from '#contracts/job-view.js';
import { pause } from '#sdk/abortable-pause.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import type { JobClient, JobKey } from '#sdk/job-client.js';
import type { BackpressureGate } from './backpressure-gate.js';
import { FailedJob, stateOfEvent } from './job-state.js';
import type { NetWatch } from './net-watch.js';
import type { Cutout, PhotoState } from './photo-state.js';
import { uploadPhoto } from './photo-upload.js';
import { adviceFor, mayRetry } from './problem-advice.js';
import type { WorkSlots } from './work-slots.js';

/** What all photos of the page share. */
export interface Workshop {
  client: JobClient;
  slots: WorkSlots;
  gate: BackpressureGate;
  net: NetWatch;
}

/** One photo on its way, and who is told where it stands. */
export interface Errand {
  photo: Blob;
  signal: AbortSignal;
  show: (state: PhotoState) => void;
}

const MAX_SUBMISSIONS = 6;
const MAX_COLLECTIONS = 4;
const DEFAULT_WAIT_MS = 3_000;
const COLLECT_WAIT_S = 10;
const PURGE_CHECK_MS = 15_000;

/** Takes one photo through its whole life: turn, upload, queue, work, delivery, purge. Never throws. */
export async function runPhoto(shop: Workshop, errand: Errand): Promise<void> {
  let job: JobAccepted | undefined;
  let release: (() => void) | undefined;
  const cancelOnLeave = (event: PageTransitionEvent): void => {
    if (!event.persisted && job) void abandon(shop, job);
  };
  window.addEventListener('pagehide', cancelOnLeave);
  try {
    errand.show({ phase: 'waiting' });
    release = await shop.slots.take(errand.signal);
    job = await submit(shop, errand);
    const cutout = await finish(shop, errand, job);
    release();
    const delivered = job;
    job = undefined;
    await confirmPurge(shop, errand, delivered, cutout);
  } catch (error) {
    if (job) void abandon(shop, job);
    if (errand.signal.aborted) errand.show({ phase: 'cancelled' });
    else errand.show(failedState(error));
  } finally {
    release?.();
    window.removeEventListener('pagehide', cancelOnLeave);
  }
}

function failedState(error: unknown): PhotoState {
  const receipt = error instanceof FailedJob ? error.receipt : undefined;
  return { phase: 'failed', advice: adviceFor(error), mayRetry: mayRetry(error), receipt };
}

/** Has the service forget a job that nobody waits for any more. Best effort: it expires by itself too. */
async function abandon(shop: Workshop, job: JobKey): Promise<void> {
  await shop.client.cancel(job, { keepalive: true }).catch(() => undefined);
}

const isCode = (error: unknown, code: RemoveBgError['code']): boolean =>
  error instanceof RemoveBgError && error.code === code;

/** Sends the photo; again when the service was busy, and when the connection broke. */
async function submit(shop: Workshop, errand: Errand): Promise<JobAccepted> {
  let [busy, broken] = [0, 0];
  for (;;) {
    await shop.gate.pass(errand.signal, (waitMs) => errand.show({ phase: 'paused', waitMs }));
    try {
      return await send(shop, errand);
    } catch (error) {
      if (isCode(error, 'connection-lost')) {
        shop.net.failed();
        errand.show({ phase: 'offline' });
        if (await shop.net.untilWorthTrying(broken++, errand.signal)) continue;
      }
      const isBusy = error instanceof RemoveBgError && (error.status === 429 || error.status === 503);
      if (!isBusy || ++busy >= MAX_SUBMISSIONS) throw error;
      shop.gate.shutFor(error.retryAfterMs ?? DEFAULT_WAIT_MS * busy);
    }
  }
}

async function send({ client, net }: Workshop, { photo, signal, show }: Errand): Promise<JobAccepted> {
  show({ phase: 'uploading', percent: 0 });
  const onPercent = (percent: number): void => show({ phase: 'uploading', percent });
  const job = await uploadPhoto(photo, client.submission(photo.type), { signal, onPercent });
  net.answered();
  return job;
}

/** Follows a job to its result, over as many connections as that takes. */
async function finish(shop: Workshop, errand: Errand, job: JobAccepted): Promise<Cutout> {
  errand.show({ phase: 'queued', position: job.queue_position, etaMs: job.eta_ms });
  for (let attempt = 0; ; attempt++) {
    try {
      return await follow(shop, errand, job);
    } catch (error) {
      if (!isCode(error, 'connection-lost')) throw error;
      errand.show({ phase: 'reconnecting' });
      if (!(await shop.net.untilWorthTrying(attempt, errand.signal))) throw error;
    }
  }
}

async function follow(shop: Workshop, { signal, show }: Errand, job: JobKey): Promise<Cutout> {
  let attempt = 1;
  for await (const event of shop.client.events(job, { signal })) {
    if (event.name === 'started') attempt = event.data.attempt;
    if (event.name === 'done') {
      // The loop is left here, which closes the stream: its connection is needed for the result.
      const { width, height } = event.data;
      show({ phase: 'receiving' });
      return { image: await collect(shop, job, signal), width, height };
    }
    const state = stateOfEvent(event, attempt);
    if (state) show(state);
  }
  throw new RemoveBgError('connection-lost');
}

/** The result's bytes; asked for again while it is busy, late, or the connection broke before its end. */
async function collect(shop: Workshop, job: JobKey, signal: AbortSignal): Promise<Blob> {
  for (let attempt = 1; ; attempt++) {
    let waitMs = DEFAULT_WAIT_MS;
    try {
      const result = await shop.client.result(job, { signal, waitS: COLLECT_WAIT_S });
      if (result.ready) return result.image;
      waitMs = result.retryAfterMs;
      if (attempt >= MAX_COLLECTIONS) throw new RemoveBgError('deadline-exceeded');
    } catch (error) {
      const mayPass = error instanceof RemoveBgError && (error.isTemporary || error.code === 'result-busy');
      if (!mayPass || attempt >= MAX_COLLECTIONS) throw error;
      waitMs = error.retryAfterMs ?? 1_000;
    }
    await pause(waitMs, signal);
  }
}

/** Shows the cut-out at once, then the service's word that nothing is left of it. */
async function confirmPurge(shop: Workshop, errand: Errand, job: JobKey, cutout: Cutout): Promise<void> {
  const { show } = errand;
  show({ phase: 'done', cutout, purge: { known: false, checking: true } });
  const signal = AbortSignal.any([errand.signal, AbortSignal.timeout(PURGE_CHECK_MS)]);
  try {
    for await (const event of shop.client.events(job, { signal })) {
      if (event.name !== 'purged') continue;
      const { at, receipt } = event.data;
      show({ phase: 'done', cutout, purge: { known: true, at: new Date(at), receipt } });
      return;
    }
  } catch {
    // The cut-out is here either way; only the mark stays open.
  }
  show({ phase: 'done', cutout, purge: { known: false, checking: false } });
}
