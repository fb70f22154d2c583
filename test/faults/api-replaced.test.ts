import { ApiClient } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system } = useLightSystem();
const image = smallPhoto();

jest.setTimeout(60_000);

test('given a client that waits, when its API is killed, then another API has its result', async () => {
  const spare = new ApiClient((await system.startApi()).url);
  const killed = system.apis[0]!;
  const api = new ApiClient(killed.url);
  const job = await whileHeld(system.workers[0]!, async () => {
    const held = await api.submit(image);
    const events = await api.events(held);
    const lost = expect(api.result(held)).rejects.toThrow();
    await events.received('started');
    killed.child.kill('SIGKILL');
    await lost;
    await events.ended();
    expect(events.completed).toBe(false);
    const resumed = await spare.events(held, { headers: { 'Last-Event-ID': events.events.at(-1)!.id } });
    resumed.close();
    return held;
  });
  expect((await spare.result(job)).status).toBe(200);
  expect((await spare.result(job)).json['code']).toBe('result-delivered');
  await nothingRemains(system);
});

test('given clients that wait, when their API receives SIGTERM, then all get an answer and it exits with 0', async () => {
  const leaving = await system.startApi();
  const api = new ApiClient(leaving.url);
  const spare = new ApiClient(system.apis[1]!.url);
  await whileHeld(system.workers[0]!, async () => {
    const job = await api.submit(image);
    const streams = [await api.events(job), await api.postForEvents(image), await api.events(job)];
    const status = api.status(job, { query: '?wait=60', headers: { 'If-None-Match': '"3"' } });
    const result = api.result(job);
    await streams[0]!.received('started');
    await pause(200);
    const began = Date.now();
    leaving.child.kill('SIGTERM');
    expect(await leaving.exited).toBe(0);
    expect(Date.now() - began).toBeLessThan(8000);
    for (const stream of streams) expect((await stream.ended()).completed).toBe(true);
    expect([200, 304]).toContain((await status).status);
    expect((await result).status).toBe(202);
    expect((await spare.status(job)).json['status']).toBe('running');
    await spare.cancel(job);
    const other = streams[1]!.all('accepted')[0]!.data as unknown as typeof job;
    expect((await spare.cancel(other)).status).toBe(204);
  });
  await nothingRemains(system);
});

test('given a job in work, when its worker receives SIGTERM, then it finishes the job and exits with 0', async () => {
  const spare = new ApiClient(system.apis[1]!.url);
  const worker = system.workers[0]!;
  const { job, events } = await whileHeld(worker, async () => {
    const held = await spare.submit(image);
    const stream = await spare.events(held);
    await stream.received('started');
    worker.child.kill('SIGTERM');
    return { job: held, events: stream };
  });
  expect((await spare.result(job)).status).toBe(200);
  expect(await worker.exited).toBe(0);
  expect(events.all('started')).toHaveLength(1);
  await events.ended();
  expect((await spare.call('GET', '/readyz')).status).toBe(503);
  await nothingRemains(system);
});
