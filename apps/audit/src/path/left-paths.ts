import type { Canary } from '../canary/canary.js';
import { pause } from '../system/audited-system.js';
import type { AuditPath, PathStage } from './audit-path.js';
import { waitForIdleEngine } from './engine-rest.js';
import { MEDIUM } from './path-cases.js';
import { announced, base64, fileNamed, inChunks, json, plainBody } from './request-bodies.js';
import { breakRaw, leaveRaw, sendRaw, type Outgoing } from './raw-client.js';

/** Large enough that a result exceeds the socket buffers. */
const FOUR_MEGAPIXELS = { format: 'jpeg', width: 2200, height: 1900 } as const;
const ONE_MEGAPIXEL = { format: 'png', width: 1200, height: 900 } as const;
const PIECE_BYTES = 16_384;
const CANCEL_AFTER_MS = 100;
const LEAVE_AFTER_MS = 400;
const GONE_MS = 300;

/** Photos whose clients cancel or disconnect, in each state. */
export const LEFT_PATHS: readonly AuditPath[] = [
  {
    name: 'cancel-uploading',
    title: 'Cancelled with its batch during the upload',
    shape: ONE_MEGAPIXEL,
    walk: cancelUploading,
  },
  { name: 'cancel-ready', title: 'Cancelled when ready', shape: MEDIUM, walk: cancelReady },
  {
    name: 'cancel-delivering',
    title: 'Cancelled during the download',
    shape: FOUR_MEGAPIXELS,
    walk: cancelDelivering,
  },
  {
    name: 'uploads-broken',
    title: 'Client disconnects during the upload, on each route',
    walk: breakUploads,
  },
  { name: 'wait-broken', title: 'Client disconnects while it waits, on each route', walk: leaveWaiting },
];

async function cancelUploading({ canary, client }: PathStage): Promise<string> {
  const batch = await client.openBatch();
  const { bytes, mime } = canary.image;
  const headers = { Authorization: `Bearer ${batch.token}`, 'Content-Type': mime };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const half = Math.floor(bytes.length / 2);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      if (at >= half && at < half + PIECE_BYTES) {
        await (await client.ofBatch(batch, 'DELETE', '')).arrayBuffer();
        await pause(CANCEL_AFTER_MS);
      }
      yield bytes.subarray(at, at + PIECE_BYTES);
    }
  }
  const path = `/v1/batches/${batch.id}/jobs`;
  const { status } = await sendRaw(client.url, { path, headers, pieces: pieces() });
  return `the upload was answered ${status}`;
}

async function cancelReady({ canary, client }: PathStage): Promise<undefined> {
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  await client.until(job, ['ready']);
  await client.cancel(job);
}

async function cancelDelivering({ canary, client }: PathStage): Promise<string> {
  const job = await client.submit(canary.image.bytes, canary.image.mime);
  canary.learnToken(job.token);
  await client.until(job, ['ready']);
  const bytes = await client.slowDownload(job, async () => {
    await client.cancel(job);
    await pause(CANCEL_AFTER_MS);
  });
  // A connection that was closed before the first byte has cancelled nothing.
  await client.cancel(job);
  return `${bytes} bytes of the result were received`;
}

async function breakUploads(stage: PathStage): Promise<undefined> {
  for (const { canary, outgoing } of await uploads(stage)) {
    const look = stage.prepareLook(canary);
    await breakRaw(stage.client.url, inChunks(outgoing, PIECE_BYTES / 8), 0.7);
    await pause(GONE_MS);
    await look();
  }
}

async function leaveWaiting(stage: PathStage): Promise<undefined> {
  for (const { canary, outgoing } of await uploads(stage)) {
    const look = stage.prepareLook(canary);
    await leaveRaw(stage.client.url, outgoing, LEAVE_AFTER_MS);
    await pause(GONE_MS);
    await look();
  }
  await waitForIdleEngine(stage.system);
}

/** One upload with its own canary for each route. */
async function uploads({ draw }: PathStage): Promise<{ canary: Canary; outgoing: Outgoing }[]> {
  const waiting = { headers: { Prefer: 'wait=60' } };
  const ways: [label: string, request: (canary: Canary) => Outgoing][] = [
    ['raw', ({ image }) => announced('/v1/jobs', plainBody(image.bytes, image.mime), waiting)],
    ['form', (canary) => announced('/v1/jobs', fileNamed('image', canary), waiting)],
    ['remove-bg', (canary) => announced('/api/remove-bg', fileNamed('image', canary))],
    ['removebg', (canary) => announced('/v1.0/removebg', fileNamed('image_file', canary))],
    ['JSON', ({ image }) => announced('/v1.0/removebg', json({ image_file_b64: base64(image) }))],
    ['photoroom', (canary) => announced('/v1/segment', fileNamed('image_file', canary))],
    ['withoutbg', ({ image }) => announced('/v1/remove-background', json({ image: base64(image) }))],
    ['remove', (canary) => announced('/api/remove', fileNamed('file', canary))],
  ];
  return Promise.all(
    ways.map(async ([label, request]) => {
      const canary = await draw(label, MEDIUM);
      return { canary, outgoing: request(canary) };
    }),
  );
}
