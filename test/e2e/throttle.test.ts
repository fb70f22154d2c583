import { RawRequest } from '../harness/raw-request.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';
import { foreignKeys, KEYS_WITH_JOBS } from '../harness/key-allowlist.js';
import { foundInRedis } from '../harness/traces.js';

const { system, api } = useSystem({ RATE_LIMIT: '3', TRUST_PROXY: '127.0.0.1' }, 0);

test('given three images a minute, when a fourth comes, then it is refused before its body is read', async () => {
  const image = smallPhoto();
  for (let left = 2; left >= 0; left--) {
    const answer = await api.post(image);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('ratelimit-policy')).toBe(
      '"submit";q=3;w=60, "pixels";q=500;w=60;qu="megapixels"',
    );
    expect(answer.headers.get('ratelimit')).toMatch(
      new RegExp(`^"submit";r=${left};t=\\d+, "pixels";r=499;t=1$`),
    );
    expect(answer.headers.get('x-ratelimit-limit')).toBe('3');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe(String(left));
  }
  const slow = RawRequest.post(system.url, { 'Content-Type': 'image/jpeg', 'Content-Length': 5_000_000 });
  await slow.send(image.subarray(0, 100));
  expect(await slow.status(5000)).toBe(429);
  expect(slow.answer).toMatch(/\r\nretry-after: [1-9]\d?\r\n/i);
  expect(slow.answer).toMatch(/\r\nratelimit: "submit";r=0;t=\d+\r\n/i);
  expect(slow.answer).toContain('"code":"rate-limited"');
  slow.break();
});

test('given a client over its limit, when it polls, streams or asks for health, then it is served', async () => {
  const [key = ''] = (await system.keys()).filter((one) => one.endsWith(':job'));
  expect(key).not.toBe('');
  for (let i = 0; i < 10; i++) {
    expect((await api.call('GET', '/healthz')).status).toBe(200);
    expect((await api.call('GET', '/readyz')).status).toBe(503);
    expect((await api.call('GET', '/v1/jobs/x/events')).status).toBe(404);
    expect((await api.call('GET', '/v1/jobs/x/result?wait=1')).status).toBe(404);
  }
  expect((await api.post('')).status).toBe(429);
});

test('given counted clients, when Redis is searched, then it holds no address', async () => {
  expect(foreignKeys(await system.keys(), KEYS_WITH_JOBS)).toEqual([]);
  expect((await system.keys()).filter((key) => key.startsWith('rb:rate:'))).toHaveLength(1);
  expect(await foundInRedis(system.inspector(), ['127.0.0.1'])).toEqual([]);
});

test('given many IPv6 clients in one /48, when they submit as much as four of them may, then the next one is refused, and others are not', async () => {
  const image = smallPhoto();
  const from = async (client: string): Promise<number> =>
    (await api.post(image, { headers: { 'X-Forwarded-For': client } })).status;
  for (let subnet = 0; subnet < 12; subnet += 1) expect(await from(`2001:db8:1:${subnet}::1`)).toBe(202);
  expect(await from('2001:db8:1:99::1')).toBe(429);
  expect(await from('2001:db8:2:99::1')).toBe(202);
  expect(await from('203.0.113.9')).toBe(202);
});
