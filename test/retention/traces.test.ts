import type { JobKey } from '../harness/api-client.js';
import { cutShort } from '../harness/bad-images.js';
import { drawCanary, formOf, needlesOf, withCanary } from '../harness/canary-photo.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { foreignKeys, KEYS_WITH_JOBS } from '../harness/key-allowlist.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { dumpOf, foundInRedis, nothingRemains } from '../harness/traces.js';

const canary = drawCanary();
const needles = needlesOf(canary);

const { system, api } = useLightSystem({ RESULT_TTL_S: '3' });
let image: Buffer;

jest.setTimeout(60_000);
beforeAll(async () => {
  image = await withCanary(smallPhoto(), canary);
});

async function submit(bytes = image): Promise<JobKey> {
  const answer = await api.postForm(formOf(bytes, canary));
  expect(answer.status).toBe(202);
  return answer.json as unknown as JobKey;
}

/** Nothing of any image may ever be found; `living` says that sealed bytes and records may be there. */
async function expectNoTrace(living: boolean): Promise<void> {
  const redis = system.inspector();
  expect(await foundInRedis(redis, needles)).toEqual([]);
  if (living) expect(foreignKeys(await system.keys(), KEYS_WITH_JOBS)).toEqual([]);
  else await nothingRemains(system);
  for (const text of [canary.exif, canary.fileName]) expect(system.output()).not.toContain(text);
}

const holdsSealed = async (job: JobKey, role: 'in' | 'out:1'): Promise<boolean> =>
  ((await dumpOf(system.inspector())).get(`rb:{${job.id}}:${role}`)?.length ?? 0) > 10_000;

test('given the search itself, when a trace is there, then it is found', async () => {
  const redis = system.inspector();
  await redis.hset('rb:planted', 'field', image);
  expect(await foundInRedis(redis, needles)).not.toEqual([]);
  await redis.del('rb:planted');
});

test('given a photo on its way, when it is queued, running, ready and delivered, then only ciphertext is kept', async () => {
  const job = await whileHeld(system.workers[0]!, async () => {
    const jobs = [await submit(), await submit(), await submit()] as const;
    for (const running of jobs.slice(0, 2)) {
      await eventually(async () => (await api.status(running)).json['status'] === 'running');
    }
    expect((await api.status(jobs[2])).json['status']).toBe('queued');
    for (const one of jobs) expect(await holdsSealed(one, 'in')).toBe(true);
    await expectNoTrace(true);
    for (const one of jobs.slice(1)) await api.cancel(one);
    return jobs[0];
  });
  const events = await api.events(job);
  await events.received('done', 45_000);
  await eventually(() => holdsSealed(job, 'out:1'));
  await eventually(async () => !(await holdsSealed(job, 'in')));
  await expectNoTrace(true);
  const fields = await system.inspector().hkeys(`rb:{${job.id}}:job`);
  expect(fields).not.toContain('wrappedKeys');
  const result = await api.result(job, { query: '' });
  expect(result.status).toBe(200);
  for (const text of [canary.exif, canary.fileName, 'Exif']) expect(result.body.includes(text)).toBe(false);
  await expectNoTrace(false);
});

test('given a photo that is damaged, when its job has failed, then nothing is left', async () => {
  const job = await submit(cutShort(image));
  const failed = await api.result(job);
  expect([failed.status, failed.json['code']]).toEqual([422, 'image-truncated']);
  await expectNoTrace(false);
});

test('given a result that is never collected, when it has expired, then nothing is left', async () => {
  const job = await submit();
  const events = await api.events(job);
  await events.received('expired', 45_000);
  await expectNoTrace(false);
});

test('given a job that is cancelled while it is queued, when the answer comes, then nothing is left', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const job = await submit();
    expect((await api.cancel(job)).status).toBe(204);
    await expectNoTrace(false);
  });
});

test('given uploads that are refused, when the answer comes, then nothing is left', async () => {
  const form = formOf(image, canary);
  form.append('formatt', canary.exif);
  const answer = await api.postForm(form);
  expect([answer.status, answer.json['code']]).toEqual([400, 'unknown-parameter']);
  expect(String(answer.body)).not.toContain(canary.exif);
  await expectNoTrace(false);
});
