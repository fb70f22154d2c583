import { inflateRawSync } from 'node:zlib';
import type { AuditPath, PathStage } from './audit-path.js';
import type { JobKey, ServiceClient } from './service-client.js';

const SHAPE = { width: 1200, height: 900 };
const LOCAL_HEADER_BYTES = 30;

/** Images delivered as part of a batch. */
export const BATCH_PATHS: readonly AuditPath[] = [
  {
    name: 'batch',
    title: 'In a batch, delivered by GET …/results',
    shape: { format: 'jpeg', ...SHAPE },
    walk: byResults,
  },
  {
    name: 'archive',
    title: 'In a batch, delivered in an archive',
    shape: { format: 'png', ...SHAPE },
    walk: byArchive,
  },
];

async function byResults(stage: PathStage): Promise<undefined> {
  const batch = await batchOf(stage);
  stage.canary.learnResult(await read(stage.client, batch, '/results?wait=60'));
}

async function byArchive(stage: PathStage): Promise<undefined> {
  const batch = await batchOf(stage);
  const archive = await read(stage.client, batch, '/archive');
  const nameBytes = archive.readUInt16LE(26);
  stage.canary.learnResult(inflateRawSync(archive.subarray(LOCAL_HEADER_BYTES + nameBytes)));
}

/** Creates a batch with the canary and closes it. */
async function batchOf({ canary, client }: PathStage): Promise<JobKey> {
  const { bytes, mime } = canary.image;
  const { batch, job } = await client.batchOf(bytes, mime);
  canary.learnToken(batch.token);
  canary.learnToken(job.token);
  return batch;
}

async function read(client: ServiceClient, batch: JobKey, path: string): Promise<Buffer> {
  const answer = await client.ofBatch(batch, 'GET', path);
  const body = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`no result: status ${answer.status}`);
  return body;
}
