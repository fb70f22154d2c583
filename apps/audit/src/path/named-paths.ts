import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { PathSkipped, type AuditPath, type PathStage } from './audit-path.js';
import { MEDIUM, SMALL, statusesOf } from './path-cases.js';
import { announced, fileNamed, inChunks, multipart, plainBody } from './request-bodies.js';
import { sendWithRetries, type Outgoing } from './raw-client.js';
import type { JobKey } from './service-client.js';

const LOCAL_HEADER_BYTES = 30;
const NAMES = 3;

/** Photos with names chosen by the client, repeated requests, and HEAD requests. */
export const NAMED_PATHS: readonly AuditPath[] = [
  { name: 'archive-names', title: 'In a batch under names, delivered in an archive', walk: archiveOfNames },
  { name: 'repeat', title: 'Sent again with the same Idempotency-Key', walk: repeat },
  { name: 'head', title: 'Requested with HEAD, then delivered', shape: MEDIUM, walk: askHead },
];

async function archiveOfNames(stage: PathStage): Promise<string> {
  const { client } = stage;
  const batch = await client.openBatch();
  const path = `/v1/batches/${batch.id}/jobs`;
  const headers = { Authorization: `Bearer ${batch.token}` };
  const canaries = [];
  for (let count = 1; count <= NAMES; count += 1) canaries.push(await stage.draw(`image ${count}`, SMALL));
  const lost = await stage.draw('lost image', SMALL);
  for (const canary of canaries) {
    const { image, fileName } = canary;
    const parts = [
      { name: 'custom_id', value: `${canary.drawText('batch name')}/${canary.drawText('batch name')}` },
      { name: 'image', value: image.bytes, fileName, type: image.mime },
    ];
    await expectStatus(202, sendWithRetries(client.url, announced(path, multipart(parts), { headers })));
  }
  const parts = [
    { name: 'custom_id', value: lost.drawText('batch name') },
    { name: 'image', value: damaged(lost.image.bytes), fileName: lost.fileName },
  ];
  await sendWithRetries(client.url, announced(path, multipart(parts), { headers }));
  await (await client.ofBatch(batch, 'POST', '/close')).arrayBuffer();
  const archive = await sendWithRetries(client.url, {
    ...{ method: 'GET', path: `/v1/batches/${batch.id}/archive`, headers, pieces: [] },
  });
  if (archive.status !== 200) throw new Error(`no archive: status ${archive.status}`);
  const nameBytes = archive.body.readUInt16LE(26);
  canaries[0]?.learnResult(inflateRawSync(archive.body.subarray(LOCAL_HEADER_BYTES + nameBytes)));
  await (await client.ofBatch(batch, 'GET', '')).arrayBuffer();
  return `${NAMES + 1} names, one of an image that failed`;
}

/** Damage that only the decoder finds. */
function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(0, Math.floor(copy.length * 0.4), Math.floor(copy.length * 0.6));
  return copy;
}

async function repeat(stage: PathStage): Promise<string> {
  const { client, system } = stage;
  if (system.apiKey === undefined) throw new PathSkipped('needs an API key');
  const canary = await stage.draw('first', MEDIUM);
  const other = await stage.draw('another image', MEDIUM);
  const headers = { 'X-Api-Key': system.apiKey, 'Idempotency-Key': randomBytes(12).toString('hex') };
  const send = (outgoing: Outgoing): Promise<{ status: number; body: Buffer }> =>
    sendWithRetries(client.url, outgoing);
  const form = announced('/v1/jobs', fileNamed('image', canary), { headers });
  const first = await expectStatus(202, send(form));
  const job = JSON.parse(first.toString()) as JobKey;
  canary.learnToken(job.token);
  const again = [
    await send(form),
    await send(inChunks(form, 512)),
    await send(announced('/v1/jobs', fileNamed('image', other), { headers })),
  ];
  canary.learnResult(await client.result(job));
  again.push(await send(form));
  const compatible = announced('/v1.0/removebg', fileNamed('image_file', other), {
    headers: { ...headers, 'Idempotency-Key': randomBytes(12).toString('hex') },
  });
  other.learnResult(await expectStatus(200, send(compatible)));
  again.push(await send(compatible));
  return `then ${statusesOf(again)}`;
}

async function askHead({ canary, draw, prepareLook, client }: PathStage): Promise<string> {
  const { bytes, mime } = canary.image;
  const other = await draw('HEAD with a body', MEDIUM);
  const job = await client.submit(bytes, mime);
  canary.learnToken(job.token);
  await client.until(job, ['ready']);
  const headers = { Authorization: `Bearer ${job.token}` };
  const head = (path: string): Outgoing => ({ method: 'HEAD', path, headers, pieces: [] });
  const answers: { status: number }[] = [];
  for (const path of [`/v1/jobs/${job.id}`, `/v1/jobs/${job.id}/result`, `/v1/jobs/${job.id}/receipt`]) {
    answers.push(await sendWithRetries(client.url, head(path)));
  }
  const look = prepareLook(canary);
  canary.learnResult(await client.result(job));
  await look();
  // The service ignores the body of a HEAD request.
  const body = plainBody(other.image.bytes, other.image.mime);
  answers.push(await sendWithRetries(client.url, announced('/healthz', body, { method: 'HEAD' })));
  return statusesOf(answers);
}

async function expectStatus(
  wanted: number,
  answer: Promise<{ status: number; body: Buffer }>,
): Promise<Buffer> {
  const { status, body } = await answer;
  if (status !== wanted) throw new Error(`${status}: ${body.subarray(0, 200).toString()}`);
  return body;
}
