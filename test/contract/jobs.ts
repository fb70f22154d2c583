import type { JobAccepted } from '#contracts/job-view.js';
import { truncatedJpeg } from '../harness/bad-images.js';
import { eventsIn, type ContractOperation } from './operation.js';
import { of, type Drive } from './setting.js';
import { eventually } from '../harness/eventually.js';
import { SlowReader } from '../harness/raw-request.js';
import { heavyPhoto } from '../harness/small-photo.js';

/** 400 for a wait that is no number, 404 for a job that is not there or has another token. */
async function refusals(operation: ContractOperation, job: JobAccepted): Promise<void> {
  await operation.answers(404);
  await operation.answers(404, of({ ...job, token: 'A'.repeat(43) }));
  if (operation.statuses.includes('400')) await operation.answers(400, of(job, { query: { wait: 'x' } }));
}

/** How the operations on one job are driven. */
export const JOBS: Record<string, Drive> = {
  'GET /v1/jobs/{id}': async (operation, at) => {
    const job = await at.api.submit(at.image);
    const { headers } = await operation.answers(200, of(job, { query: { wait: '5' } }));
    await at.api.result(job);
    await operation.eachParameter((call) => operation.answers(200, of(job, call)));
    expect(headers.get('etag')).not.toBeNull();
    await at.held(async () => {
      const running = await at.api.submit(at.image);
      await eventually(async () => (await at.api.status(running)).json['status'] === 'running');
      const etag = (await operation.answers(200, of(running))).headers.get('etag') ?? '';
      await operation.answers(304, of(running, { headers: { 'If-None-Match': etag } }));
    });
    await refusals(operation, job);
    await at.whileLost((lost) => operation.answers(410, of(lost, { query: { wait: '2' } })));
  },
  'GET /v1/jobs/{id}/result': async (operation, at) => {
    await at.held(async () => operation.answers(202, of(await at.api.submit(at.image))));
    const job = await at.api.submit(at.image);
    await refusals(operation, job);
    await operation.answers(200, of(job, { query: { wait: '30' } }));
    await operation.answers(410, of(job));
    const bad = await at.api.submit(truncatedJpeg());
    await operation.answers(422, of(bad, { query: { wait: '30' } }));
    const heavy = await at.api.submit(await heavyPhoto());
    await eventually(async () => (await at.api.status(heavy)).json['status'] === 'ready', 60_000);
    const slow = await SlowReader.open(at.system.url, heavy);
    await operation.answers(409, of(heavy));
    slow.break();
  },
  'GET /v1/jobs/{id}/events': async (operation, at) => {
    const job = await at.api.submit(at.image);
    const { body } = await operation.answers(200, of(job, { query: { deliver: 'inline' } }));
    const last = eventsIn(body).at(-1);
    expect(last?.event).toBe('purged');
    await operation.answers(204, of(job, { headers: { 'Last-Event-ID': last?.id ?? '' } }));
    await operation.answers(200, of(job, { headers: { 'Last-Event-ID': '1' } }));
    const failed = await at.api.submit(truncatedJpeg());
    for (const other of [await at.cancelled(), failed]) {
      const query = { token: other.token };
      const answer = await operation.answers(200, { path: { id: other.id }, query });
      expect(eventsIn(answer.body).at(-1)?.event).toBe(other === failed ? 'failed' : 'cancelled');
    }
    await operation.answers(404);
    await operation.answers(400, of(job, { query: { deliver: 'twice' } }));
  },
  'GET /v1/jobs/{id}/receipt': async (operation, at) => {
    const job = await at.cancelled();
    await operation.answers(200, of(job));
    await operation.answers(200, of(job, { headers: { Accept: 'application/json' } }));
    await refusals(operation, job);
    await at.held(async () => operation.answers(409, of(await at.api.submit(at.image))));
    await at.whileLost((lost) => operation.answers(410, of(lost, { query: { wait: '2' } })));
  },
  'DELETE /v1/jobs/{id}': async (operation, at) => {
    const job = await at.api.submit(at.image);
    await refusals(operation, job);
    await operation.answers(204, of(job));
    await operation.answers(204, of(job));
  },
};
