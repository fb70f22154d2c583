import { drawCanary } from '../canary/canary-image.js';
import { pause } from '../system/audited-system.js';
import { PathSkipped, type AuditPath, type PathStage } from './audit-path.js';
import { waitForIdleEngine } from './engine-rest.js';
import { stageBegins } from './service-client.js';

const ONE_MEGAPIXEL = { width: 1200, height: 900 };
/** Large enough that a result exceeds the socket buffers. */
const FOUR_MEGAPIXELS = { width: 2200, height: 1900 };
const FILLERS = 4;
const MAX_LIFETIME_MS = 20_000;

/** Images that are not delivered. */
export const UNDELIVERED_PATHS: readonly AuditPath[] = [
  {
    name: 'corrupt',
    title: 'Refused: the image is cut short',
    shape: { format: 'jpeg', ...ONE_MEGAPIXEL },
    walk: corrupt,
  },
  {
    name: 'cancel-queued',
    title: 'Cancelled while queued',
    shape: { format: 'jpeg', ...ONE_MEGAPIXEL },
    walk: cancelQueued,
  },
  {
    name: 'cancel-running',
    title: 'Cancelled while running',
    shape: { format: 'png', ...ONE_MEGAPIXEL },
    walk: cancelRunning,
  },
  {
    name: 'expired',
    title: 'Never collected, expired',
    shape: { format: 'jpeg', ...ONE_MEGAPIXEL },
    walk: expire,
  },
  {
    name: 'upload-broken',
    title: 'Client disconnects during the upload',
    shape: { format: 'png', ...ONE_MEGAPIXEL },
    walk: breakUpload,
  },
  {
    name: 'download-broken',
    title: 'Client disconnects during the download',
    shape: { format: 'jpeg', ...FOUR_MEGAPIXELS },
    walk: breakDownload,
  },
];

async function corrupt({ canary, client }: PathStage): Promise<string> {
  const { bytes, mime } = canary.image;
  const half = bytes.subarray(0, Math.floor(bytes.length * 0.6));
  const answer = await client.post(half, mime, { Prefer: 'wait=60' });
  const { code } = (await answer.json()) as { code?: string };
  return `answered ${answer.status} ${code ?? ''}`;
}

async function cancelQueued({ canary, client }: PathStage): Promise<string | undefined> {
  const filler = await drawCanary({ format: 'jpeg', width: 64, height: 64 });
  const before = await Promise.all(
    Array.from({ length: FILLERS }, () => client.submit(filler.bytes, filler.mime)),
  );
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  const { status } = await client.status(job);
  await client.cancel(job);
  await Promise.all(before.map((ahead) => client.cancel(ahead)));
  return status === 'queued' ? undefined : `it was already ${status}`;
}

async function cancelRunning({ canary, client, system }: PathStage): Promise<string> {
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  await client.listen(job, stageBegins('infer'));
  await client.cancel(job);
  const begin = Date.now();
  await waitForIdleEngine(system);
  return `the engine stopped ${((Date.now() - begin) / 1000).toFixed(1)} s after the cancellation`;
}

async function expire({ canary, client }: PathStage): Promise<undefined> {
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  await client.until(job, ['ready']);
  const life = Date.parse((await client.status(job)).expires_at) - Date.now();
  if (life > MAX_LIFETIME_MS) {
    await client.cancel(job);
    throw new PathSkipped(`RESULT_TTL_S is ${Math.round(life / 1000)} s, too long to wait for`);
  }
  await client.until(job, ['expired']);
}

async function breakUpload({ canary, client }: PathStage): Promise<undefined> {
  await client.breakUpload(canary.image.bytes, canary.image.mime, 0.7);
}

async function breakDownload({ canary, client }: PathStage): Promise<string> {
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  for (let times = 1; times <= 3; times += 1) {
    const state = await client.until(job, ['ready', 'delivered', 'expired']);
    if (state !== 'ready') return `broken ${times - 1} ×, then ${state}`;
    await client.breakDownload(job);
    await pause(200);
  }
  return `broken 3 ×, then ${await client.until(job, ['delivered', 'expired'])}`;
}
