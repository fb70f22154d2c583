import type { JobAccepted } from '#contracts/job-view.js';
import { pause } from '#sdk/retry-policy.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import type { JobClient, JobKey } from '#sdk/job-client.js';
import type { BackpressureGate } from './backpressure-gate.js';
import { FailedJob, queuedState, stateOfEvent } from './job-state.js';
import type { ConnectionMonitor } from './connection-monitor.js';
import type { Cutout, PhotoState } from './photo-state.js';
import { uploadPhoto } from './photo-upload.js';
import { adviceFor, mayRetry } from './problem-advice.js';
import type { WorkSlots } from './work-slots.js';

/** Services that all photos share. */
export interface PhotoServices {
  client: JobClient;
  slots: WorkSlots;
  gate: BackpressureGate;
  connection: ConnectionMonitor;
}

/** A photo to process, and a callback for its state. */
export interface PhotoTask {
  photo: Blob;
  signal: AbortSignal;
  show: (state: PhotoState) => void;
}

const MAX_SUBMIT_ATTEMPTS = 6;
const MAX_FETCH_ATTEMPTS = 4;
const DEFAULT_WAIT_MS = 3_000;
const FETCH_WAIT_S = 10;
const PURGE_CHECK_MS = 15_000;

/** Processes one photo from upload to deletion. Never throws. */
export async function runPhoto(services: PhotoServices, task: PhotoTask): Promise<void> {
  let job: JobAccepted | undefined;
  let release: (() => void) | undefined;
  const cancelOnPageHide = (event: PageTransitionEvent): void => {
    if (!event.persisted && job) void cancelJob(services, job);
  };
  window.addEventListener('pagehide', cancelOnPageHide);
  try {
    task.show({ phase: 'waiting' });
    release = await services.slots.acquire(task.signal);
    job = await submit(services, task);
    const cutout = await finish(services, task, job);
    release();
    const delivered = job;
    job = undefined;
    await confirmPurge(services, task, delivered, cutout);
  } catch (error) {
    if (job) void cancelJob(services, job);
    if (task.signal.aborted) task.show({ phase: 'cancelled' });
    else task.show(failedState(error));
  } finally {
    release?.();
    window.removeEventListener('pagehide', cancelOnPageHide);
  }
}

function failedState(error: unknown): PhotoState {
  const receipt = error instanceof FailedJob ? error.receipt : undefined;
  return { phase: 'failed', advice: adviceFor(error), mayRetry: mayRetry(error), receipt };
}

/** Cancels a job at the service. Ignores errors: the job also expires. */
async function cancelJob(services: PhotoServices, job: JobKey): Promise<void> {
  await services.client.cancel(job, { keepalive: true }).catch(() => undefined);
}

const isCode = (error: unknown, code: RemoveBgError['code']): boolean =>
  error instanceof RemoveBgError && error.code === code;

/** Sends the photo. Retries if the service is busy or the connection fails. */
async function submit(services: PhotoServices, task: PhotoTask): Promise<JobAccepted> {
  let [busyCount, lostCount] = [0, 0];
  for (;;) {
    await services.gate.pass(task.signal, (waitMs) => task.show({ phase: 'paused', waitMs }));
    try {
      return await send(services, task);
    } catch (error) {
      if (isCode(error, 'connection-lost')) {
        services.connection.recordFailure();
        task.show({ phase: 'offline' });
        if (await services.connection.waitForRetry(lostCount++, task.signal)) continue;
      }
      const isBusy = error instanceof RemoveBgError && (error.status === 429 || error.status === 503);
      if (!isBusy || ++busyCount >= MAX_SUBMIT_ATTEMPTS) throw error;
      services.gate.closeFor(error.retryAfterMs ?? DEFAULT_WAIT_MS * busyCount);
    }
  }
}

async function send(
  { client, connection }: PhotoServices,
  { photo, signal, show }: PhotoTask,
): Promise<JobAccepted> {
  show({ phase: 'uploading', percent: 0 });
  const onPercent = (percent: number): void => show({ phase: 'uploading', percent });
  const job = await uploadPhoto(photo, client.submission(photo.type), { signal, onPercent });
  connection.recordSuccess();
  return job;
}

/** Follows a job to its result and reconnects if necessary. */
async function finish(services: PhotoServices, task: PhotoTask, job: JobAccepted): Promise<Cutout> {
  task.show(queuedState(job.queue_position, job));
  for (let attempt = 0; ; attempt++) {
    try {
      return await follow(services, task, job);
    } catch (error) {
      if (!isCode(error, 'connection-lost')) throw error;
      task.show({ phase: 'reconnecting' });
      if (!(await services.connection.waitForRetry(attempt, task.signal))) throw error;
    }
  }
}

async function follow(services: PhotoServices, { signal, show }: PhotoTask, job: JobKey): Promise<Cutout> {
  let attempt = 1;
  for await (const event of services.client.events(job, { signal })) {
    if (event.name === 'started') attempt = event.data.attempt;
    if (event.name === 'done') {
      // Leaving the loop closes the event stream and frees its connection for the result.
      const { width, height } = event.data;
      show({ phase: 'receiving' });
      return { ...(await fetchResult(services, job, signal)), width, height };
    }
    const state = stateOfEvent(event, attempt);
    if (state) show(state);
  }
  throw new RemoveBgError('connection-lost');
}

/** Fetches the result. Retries while it is busy or late, or if the connection fails. */
async function fetchResult(
  services: PhotoServices,
  job: JobKey,
  signal: AbortSignal,
): Promise<Pick<Cutout, 'image' | 'hints'>> {
  for (let attempt = 1; ; attempt++) {
    let waitMs = DEFAULT_WAIT_MS;
    try {
      const result = await services.client.result(job, { signal, waitS: FETCH_WAIT_S });
      if (result.ready) return { image: result.image, hints: result.facts.hints };
      waitMs = result.retryAfterMs;
      if (attempt >= MAX_FETCH_ATTEMPTS) throw new RemoveBgError('deadline-exceeded');
    } catch (error) {
      const isRetryable =
        error instanceof RemoveBgError && (error.isTemporary || error.code === 'result-busy');
      if (!isRetryable || attempt >= MAX_FETCH_ATTEMPTS) throw error;
      waitMs = error.retryAfterMs ?? 1_000;
    }
    await pause(waitMs, signal);
  }
}

/** Shows the cutout, then the confirmation that the service has deleted all data. */
async function confirmPurge(
  services: PhotoServices,
  task: PhotoTask,
  job: JobKey,
  cutout: Cutout,
): Promise<void> {
  const { show } = task;
  show({ phase: 'done', cutout, purge: { known: false, checking: true } });
  const signal = AbortSignal.any([task.signal, AbortSignal.timeout(PURGE_CHECK_MS)]);
  try {
    for await (const event of services.client.events(job, { signal })) {
      if (event.name !== 'purged') continue;
      const { at, receipt } = event.data;
      show({ phase: 'done', cutout, purge: { known: true, at: new Date(at), receipt } });
      return;
    }
  } catch {
    // The cutout is complete; only its deletion remains unconfirmed.
  }
  show({ phase: 'done', cutout, purge: { known: false, checking: false } });
}
