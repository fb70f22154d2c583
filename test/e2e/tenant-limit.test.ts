import { RawRequest } from '../harness/raw-request.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';
import { foundInRedis, nothingRemains } from '../harness/traces.js';

/** Of 64 MB of Redis images may take 60 %, and one client half of that. */
const TOO_MUCH_FOR_ONE = 20_500_000;

const { system, api } = useSystem(
  { RATE_LIMIT: '1000', REDIS_MAXMEMORY_MB: '64', TRUST_PROXY: '127.0.0.1' },
  0,
);

test('given a client with an image in work, when the next is too much for it, then 429 before its body is read', async () => {
  const job = await api.submit(smallPhoto());
  const headers = { 'Content-Type': 'image/jpeg', 'Content-Length': TOO_MUCH_FOR_ONE };
  const slow = RawRequest.post(system.url, headers);
  await slow.send(Buffer.alloc(100));
  expect(await slow.status(5000)).toBe(429);
  expect(slow.answer).toContain('"code":"tenant-limit"');
  expect(slow.answer).toMatch(/\r\nretry-after: [1-9]\d*\r\n/i);
  slow.break();

  const other = RawRequest.post(system.url, { ...headers, 'X-Forwarded-For': '192.0.2.7' });
  await other.send(Buffer.alloc(100));
  await expect(other.status(500)).rejects.toThrow();
  other.break();
  await api.cancel(job);
  await nothingRemains(system);
});

test('given a client with 64 images in work, when one more comes, then 429 until one of them has ended', async () => {
  const image = smallPhoto();
  const jobs = await Promise.all(Array.from({ length: 64 }, () => api.submit(image)));
  const refused = await api.post(image);
  expect([refused.status, refused.json['code']]).toEqual([429, 'tenant-limit']);
  const address = { headers: { 'X-Forwarded-For': '192.0.2.7' } };
  jobs.push(await api.submit(image, address));
  await api.cancel(jobs[0]!);
  jobs.push(await api.submit(image));
  expect(await foundInRedis(system.inspector(), ['127.0.0.1', '192.0.2.7'])).toEqual([]);
  await Promise.all(jobs.slice(1).map((job) => api.cancel(job)));
  await nothingRemains(system);
});
