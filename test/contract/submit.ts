import sharp from 'sharp';
import type { JobAccepted } from '#contracts/job-view.js';
import { bmp } from '../hostile/makers/bmp-maker.js';
import { pngHeader, truncatedJpeg } from '../harness/bad-images.js';
import { eventsIn, type Call, type ContractOperation } from './operation.js';
import type { ContractSetting, Drive } from './setting.js';
import { eventually } from '../harness/eventually.js';
import { withKey } from '../harness/key-files.js';
import { RawRequest } from '../harness/raw-request.js';

async function inOtherFormats(image: Buffer): Promise<Record<string, Buffer>> {
  const photo = sharp(image);
  return {
    png: await photo.png().toBuffer(),
    webp: await photo.webp().toBuffer(),
    gif: await photo.gif().toBuffer(),
    bmp: bmp({ width: 64, height: 48 }),
    avif: await photo.avif().toBuffer(),
    tiff: await photo.tiff({ compression: 'lzw' }).toBuffer(),
  };
}

async function submitEachWay(operation: ContractOperation, at: ContractSetting): Promise<void> {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(at.image)]));
  form.set('crop', 'true');
  const bodies: Record<string, Call> = {
    'image/jpeg': at.jpeg(),
    ...Object.fromEntries(
      Object.entries(await inOtherFormats(at.image)).map(([format, body]) => {
        const type = `image/${format}`;
        return [type, { body, headers: { 'Content-Type': type } }];
      }),
    ),
    'application/octet-stream': { body: at.image, headers: { 'Content-Type': 'application/octet-stream' } },
    'multipart/form-data': { body: form },
    'application/json': {
      body: JSON.stringify({ image: at.image.toString('base64') }),
      headers: { 'Content-Type': 'application/json' },
    },
    'application/x-www-form-urlencoded': {
      body: new URLSearchParams({ image: at.image.toString('base64') }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    },
  };
  const named = {
    body: JSON.stringify({ image_url: 'https://example.com/a.jpg' }),
    headers: { 'Content-Type': 'application/json' },
  };
  await operation.answers(400, named);
  expect(operation.bodyTypes).toEqual(Object.keys(bodies));
  for (const type of Object.keys(bodies)) {
    const { json } = await operation.answers(202, bodies[type]);
    await at.api.cancel(json as unknown as JobAccepted);
  }
  await operation.eachParameter(async (call) => {
    const inQuery = call.query?.['wait'] !== undefined;
    const waits = inQuery || call.headers?.['Prefer'] !== undefined;
    // The example may be over before a busy machine has the result.
    const waiting = inQuery ? { query: { wait: '60' } } : call;
    const answer = await operation.answers(waits ? 200 : 202, at.jpeg(waiting));
    if (!waits) await at.api.cancel(answer.json as unknown as JobAccepted);
  });
}

async function submitRepeatedly(operation: ContractOperation, at: ContractSetting): Promise<void> {
  const again = at.jpeg({ headers: { ...withKey(at.key), 'Idempotency-Key': 'contract' } });
  const slow = RawRequest.post(at.system.url, {
    ...again.headers,
    'Idempotency-Key': 'contract-slow',
    'Content-Length': 5000,
  });
  await slow.send(at.image.subarray(0, 100));
  await eventually(async () => (await at.system.keys()).some((name) => name.startsWith('rb:retry:')));
  await operation.answers(409, {
    ...again,
    headers: { ...again.headers, 'Idempotency-Key': 'contract-slow' },
  });
  slow.break();
  const first = (await operation.answers(202, again)).json as unknown as JobAccepted;
  expect((await operation.answers(202, again)).headers.get('idempotent-replayed')).toBe('true');
  await operation.answers(422, { ...again, body: truncatedJpeg() });
  await at.api.result(first);
  await operation.answers(410, again);
}

/** How submissions are driven. */
export const SUBMIT: Record<string, Drive> = {
  'POST /v1/jobs': async (operation, at) => {
    await submitEachWay(operation, at);
    await submitRepeatedly(operation, at);
    await operation.answers(200, at.jpeg({ headers: { Prefer: 'wait=30' }, query: { format: 'zip' } }));
    const { body } = await operation.answers(200, at.jpeg({ headers: { Accept: 'text/event-stream' } }));
    const names = eventsIn(body).map(({ event }) => event);
    expect(names).toEqual(expect.arrayContaining(['accepted', 'done', 'chunk', 'purged']));
    await operation.answers(400, at.jpeg({ query: { size: 'huge' } }));
    await operation.answers(400, at.jpeg({ query: { colour: 'red' } }));
    await operation.answers(401, at.jpeg({ headers: withKey('rb_nobody') }));
    await operation.answers(413, at.jpeg({ body: Buffer.alloc(24 * 2 ** 20) }));
    await operation.answers(415, at.jpeg({ body: Buffer.from('no image') }));
    await operation.answers(422, at.jpeg({ body: pngHeader(30_000, 30_000) }));
    await operation.answers(202, at.jpeg({ url: at.strict }));
    await operation.answers(429, at.jpeg({ url: at.strict }));
  },
};
