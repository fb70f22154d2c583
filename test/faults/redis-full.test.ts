import type { JobAccepted } from '#contracts/job-view.js';
import { whileHeld } from '../harness/engine-hold.js';
import { heavyPhoto, smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

/** Far more photos of 4 megapixels than 64 MB of Redis have room for. */
const TOO_MANY = 20;

const { system, api } = useLightSystem({ REDIS_MAXMEMORY_MB: '64', TRUST_PROXY: '127.0.0.1' });

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

/** One client alone is not given all the memory there is. */
const from = (client: number) => ({ headers: { 'X-Forwarded-For': `192.0.2.${client}` } });

async function expectFull(image: Buffer): Promise<void> {
  const refused = await api.post(image, from(99));
  expect([refused.status, refused.json['code']]).toEqual([503, 'capacity-exhausted']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
}

test('given all memory promised, when one more image comes, then it is refused and those taken are done', async () => {
  const image = await heavyPhoto();
  const taken: JobAccepted[] = [];
  await whileHeld(system.workers[0]!, async () => {
    for (let i = 0; i < TOO_MANY; i++) {
      const answer = await api.post(image, from(i));
      if (answer.status !== 202) break;
      taken.push(answer.json as unknown as JobAccepted);
    }
    expect(taken.length).toBeGreaterThan(1);
    expect(taken.length).toBeLessThan(TOO_MANY);
    await expectFull(image);
    for (const job of taken.slice(1)) await api.cancel(job);
  });
  expect((await api.result(taken[0]!)).status).toBe(200);
});

test('given a Redis at its cap, when an image comes, then it is refused, and taken again once there is room', async () => {
  const image = smallPhoto();
  const redis = system.inspector();
  const ballast: string[] = [];
  // A short command that takes much memory: the last one that is let pass goes well beyond the cap.
  const fill = async (): Promise<void> => {
    for (;;) {
      const key = `ballast:${ballast.length}`;
      ballast.push(key);
      await redis.setrange(key, 8 * 1024 * 1024, 'x');
    }
  };
  await expect(fill()).rejects.toThrow(/OOM/);
  await expectFull(image).finally(() => redis.del(...ballast));
  const job = await api.submit(image);
  expect((await api.result(job)).status).toBe(200);
});
