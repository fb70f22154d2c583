import { BatchClient } from '../harness/batch-client.js';
import { bearer } from '../harness/api-client.js';
import { pngHeader, truncatedJpeg } from '../harness/bad-images.js';
import { eventsIn, type Call, type ContractOperation } from './operation.js';
import { spent, type ContractSetting, type Drive } from './setting.js';
import { eventually } from '../harness/eventually.js';
import { withKey } from '../harness/key-files.js';

const of = ({ batch }: BatchClient, more: Call = {}): Call => ({
  path: { id: batch.id },
  ...more,
  headers: { ...bearer(batch), ...more.headers },
});
const opened = (at: ContractSetting): Promise<BatchClient> => BatchClient.open(at.system.url);

/** A batch that was cancelled. */
async function cancelled(at: ContractSetting): Promise<BatchClient> {
  const batch = await opened(at);
  await batch.call('DELETE');
  return batch;
}

/** 400 for a wait that is no number, 404 for a batch that is not there, 410 for one that was cancelled. */
async function refusals(operation: ContractOperation, at: ContractSetting): Promise<void> {
  await operation.answers(404);
  const gone = await cancelled(at);
  if (operation.statuses.includes('410')) await operation.answers(410, of(gone));
  const open = await opened(at);
  if (operation.statuses.includes('400')) await operation.answers(400, of(open, { query: { wait: 'x' } }));
}

async function addEachWay(operation: ContractOperation, at: ContractSetting): Promise<void> {
  const batch = await opened(at);
  const form = new FormData();
  form.set('custom_id', 'in the form');
  form.set('image', new Blob([new Uint8Array(at.image)]));
  await operation.answers(202, of(batch, { body: form }));
  await operation.answers(200, of(batch, at.jpeg({ query: { custom_id: 'in the form' } })));
  await operation.answers(202, of(batch, at.jpeg({ headers: withKey(at.key) })));
  await operation.eachParameter(async (call) => {
    const other = await opened(at);
    await operation.answers(202, of(other, at.jpeg(call)));
    await other.call('DELETE');
  });
  await batch.call('DELETE');
}

/** How the operations on batches are driven. */
export const BATCHES: Record<string, Drive> = {
  'POST /v1/batches': async (operation, at) => {
    await operation.answers(201);
    await operation.answers(201, { headers: withKey(at.key) });
    await operation.eachParameter((call) => operation.answers(201, call));
    const form = new FormData();
    form.set('keep_at_most', '30');
    await operation.answers(201, { body: form });
    const headers = { 'content-type': 'application/json' };
    await operation.answers(201, { headers, body: JSON.stringify({ start_within: 30 }) });
    await operation.answers(400, { headers, body: JSON.stringify({ start_within: 0 }) });
    await operation.answers(400, { headers, body: JSON.stringify({ format: 'webp' }) });
    await operation.answers(401, { headers: withKey('rb_nobody') });
    await operation.answers(429, await spent(at));
  },
  'POST /v1/batches/{id}/jobs': async (operation, at) => {
    await addEachWay(operation, at);
    await operation.answers(404, at.jpeg());
    const batch = await opened(at);
    await operation.answers(400, of(batch, at.jpeg({ query: { custom_id: 'a\nb' } })));
    await operation.answers(401, of(batch, at.jpeg({ headers: withKey('rb_nobody') })));
    await operation.answers(413, of(batch, at.jpeg({ body: Buffer.alloc(24 * 2 ** 20) })));
    await operation.answers(415, of(batch, at.jpeg({ body: Buffer.from('no image') })));
    await operation.answers(422, of(batch, at.jpeg({ body: pngHeader(30_000, 30_000) })));
    await operation.answers(429, of(batch, at.jpeg(await spent(at))));
    await batch.close();
    await operation.answers(409, of(batch, at.jpeg()));
    await operation.answers(410, of(await cancelled(at), at.jpeg()));
  },
  'POST /v1/batches/{id}/close': async (operation, at) => {
    await operation.answers(200, of(await opened(at)));
    await refusals(operation, at);
  },
  'GET /v1/batches/{id}': async (operation, at) => {
    const batch = await opened(at);
    await batch.add(truncatedJpeg(), 'broken');
    await eventually(async () => (await batch.view('?wait=5')).counts.failed === 1, 30_000);
    const etag = (await operation.answers(200, of(batch))).headers.get('etag') ?? '';
    await operation.eachParameter((call) => operation.answers(200, of(batch, call)));
    await operation.answers(304, of(batch, { headers: { 'If-None-Match': etag } }));
    await refusals(operation, at);
  },
  'GET /v1/batches/{id}/events': async (operation, at) => {
    const batch = await opened(at);
    await batch.add(truncatedJpeg(), 'broken');
    await batch.add(at.image, 'good');
    await batch.close();
    await batch.receive();
    const { body } = await operation.answers(200, {
      path: { id: batch.batch.id },
      query: { token: batch.batch.token },
    });
    const last = eventsIn(body).at(-1);
    expect([last?.event, eventsIn(body).map(({ event }) => event)]).toEqual([
      'complete',
      expect.arrayContaining(['failed', 'delivered']),
    ]);
    await operation.answers(200, of(batch, { headers: { 'Last-Event-ID': '1' } }));
    await operation.answers(204, of(batch, { headers: { 'Last-Event-ID': last?.id ?? '' } }));
    await refusals(operation, at);
  },
  'GET /v1/batches/{id}/results': async (operation, at) => {
    const batch = await opened(at);
    await operation.answers(204, of(batch));
    await batch.add(at.image, 'good');
    await operation.answers(200, of(batch, { query: { wait: '30' } }));
    await batch.close();
    await operation.answers(204, of(batch, { query: { wait: '5' } }));
    await refusals(operation, at);
  },
  'GET /v1/batches/{id}/archive': async (operation, at) => {
    const batch = await opened(at);
    await batch.add(at.image, 'good');
    await batch.close();
    await operation.answers(200, of(batch));
    await refusals(operation, at);
  },
  'DELETE /v1/batches/{id}': async (operation, at) => {
    const batch = await opened(at);
    await batch.add(at.image);
    await operation.answers(204, of(batch));
    await refusals(operation, at);
  },
};
