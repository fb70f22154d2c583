import { readEvents, stageBegins } from './service-client.js';
import type { AuditPath, PathStage } from './audit-path.js';

const ONE_MEGAPIXEL = { width: 1200, height: 900 };

/** Images that are delivered. */
export const DELIVERED_PATHS: readonly AuditPath[] = [
  {
    name: 'result',
    title: 'Delivered by GET …/result',
    shape: { format: 'jpeg', ...ONE_MEGAPIXEL },
    walk: byResult,
  },
  {
    name: 'inline',
    title: 'Delivered inside an event stream',
    shape: { format: 'png', ...ONE_MEGAPIXEL },
    walk: byEvents,
  },
  {
    name: 'wait',
    title: 'Delivered by Prefer: wait',
    shape: { format: 'jpeg', ...ONE_MEGAPIXEL },
    walk: byWaiting,
  },
  {
    name: 'multipart',
    title: 'Uploaded as a form, with a file name',
    shape: { format: 'png', ...ONE_MEGAPIXEL },
    walk: byForm,
  },
  {
    name: 'base64-json',
    title: 'In base64 within JSON, both ways (remove.bg)',
    shape: { format: 'jpeg', ...ONE_MEGAPIXEL },
    walk: byJson,
  },
  {
    name: 'base64-form',
    title: 'In base64 within a urlencoded form (remove.bg)',
    shape: { format: 'png', ...ONE_MEGAPIXEL },
    walk: byUrlencoded,
  },
];

async function byResult({ canary, client, lookInside }: PathStage): Promise<undefined> {
  const { bytes, mime } = canary.image;
  const job = await client.submit(bytes, mime);
  canary.learnToken(job.token);
  await client.listen(job, stageBegins('infer'));
  await lookInside();
  canary.learnResult(await client.result(job));
}

async function byEvents({ canary, client }: PathStage): Promise<string | undefined> {
  const { bytes, mime } = canary.image;
  const stream = await client.post(bytes, mime, { Accept: 'text/event-stream' });
  const pieces: Buffer[] = [];
  let last = '';
  await readEvents(stream, (name, data) => {
    last = name;
    if (name === 'accepted') canary.learnToken(String(data['token']));
    if (name === 'chunk') pieces.push(Buffer.from(String(data['data']), 'base64'));
    return false;
  });
  if (pieces.length === 0) throw new Error(`the stream contained no image and ended with ${last}`);
  canary.learnResult(Buffer.concat(pieces));
  return last === 'purged' ? undefined : `the stream ended with ${last}`;
}

async function byWaiting({ canary, client }: PathStage): Promise<undefined> {
  const { bytes, mime } = canary.image;
  const answer = await client.post(bytes, mime, { Prefer: 'wait=60' });
  const body = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`no result: status ${answer.status}`);
  canary.learnResult(body);
}

async function byForm({ canary, client }: PathStage): Promise<undefined> {
  const { bytes, mime } = canary.image;
  const job = await client.submitForm(bytes, mime, canary.fileName);
  canary.learnToken(job.token);
  canary.learnResult(await client.result(job));
}

async function byJson({ canary, client }: PathStage): Promise<undefined> {
  const body = JSON.stringify({ image_file_b64: canary.image.bytes.toString('base64'), format: 'png' });
  const answer = await client.postText(body, 'application/json', { Accept: 'application/json' });
  const { data } = (await answer.json()) as { data?: { result_b64: string } };
  if (data === undefined) throw new Error(`no result: status ${answer.status}`);
  canary.learnResult(Buffer.from(data.result_b64, 'base64'));
}

async function byUrlencoded({ canary, client }: PathStage): Promise<undefined> {
  const image = canary.image.bytes.toString('base64');
  const body = new URLSearchParams({ format: 'png', image_file_b64: image }).toString();
  const answer = await client.postText(body, 'application/x-www-form-urlencoded');
  const result = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`no result: status ${answer.status}`);
  canary.learnResult(result);
}
