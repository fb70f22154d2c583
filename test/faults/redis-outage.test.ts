import { whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useLightSystem();
const image = smallPhoto();

jest.setTimeout(90_000);

async function expectRefused(): Promise<void> {
  const began = Date.now();
  const refused = await api.post(image);
  expect([refused.status, refused.json['code']]).toEqual([503, 'broker-unavailable']);
  expect(refused.headers.get('retry-after')).not.toBeNull();
  expect(Date.now() - began).toBeLessThan(5000);
}

function expectAlive(): void {
  for (const { child } of [...system.apis, ...system.workers])
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
}

test('given clients that wait, when Redis comes back empty, then all receive `queue-lost` and new jobs work', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const jobs = [await api.submit(image), await api.submit(image), await api.submit(image)] as const;
    const events = await api.events(jobs[0]);
    const streamed = await api.postForEvents(image);
    const waiting = [
      api.result(jobs[1]),
      api.status(jobs[2], { query: '?wait=60', headers: { 'If-None-Match': '"2"' } }),
      api.post(image, { headers: { Prefer: 'wait=60' } }),
    ];
    await pause(1000);
    await system.redis.kill();
    await expectRefused();
    expect((await api.call('GET', '/healthz')).status).toBe(200);
    expect((await api.call('GET', '/readyz')).status).toBe(503);
    await system.redis.start();
    for (const stream of [events, streamed]) {
      await stream.ended();
      expect(stream.completed).toBe(true);
      expect(stream.names.at(-1)).toBe('failed');
      expect(stream.events.at(-1)?.data['problem']).toMatchObject({ code: 'queue-lost', status: 410 });
    }
    for (const answer of await Promise.all(waiting)) {
      expect([answer.status, answer.json['code']]).toEqual([410, 'queue-lost']);
    }
  });
  await eventually(async () => (await api.call('GET', '/readyz')).status === 200);
  const job = await api.submit(image);
  expect((await api.result(job)).status).toBe(200);
  expectAlive();
  await nothingRemains(system);
});

test('given a job in work, when Redis is stopped for 3 s, then it is delivered once and no process crashes', async () => {
  const { job, events, thawed } = await whileHeld(system.workers[0]!, async () => {
    const held = await api.submit(image);
    const stream = await api.events(held);
    await stream.received('started');
    system.redis.signal('SIGSTOP');
    return {
      job: held,
      events: stream,
      thawed: pause(3000).then(() => system.redis.signal('SIGCONT')),
    };
  });
  await expectRefused();
  await thawed;
  expect((await api.result(job)).status).toBe(200);
  expect((await api.result(job)).json['code']).toBe('result-delivered');
  await events.ended();
  expect(events.all('purged')).toHaveLength(1);
  expectAlive();
  await nothingRemains(system);
});
