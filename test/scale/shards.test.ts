import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { modelFolder } from '../harness/model-folder.js';
import { ShardedSystem, type TestShard } from '../harness/sharded-system.js';
import { meanNetwork } from '../harness/small-networks.js';
import { smallPhoto } from '../harness/small-photo.js';

const NAMES = ['a', 'b', 'c'];
/** Promised: 5 s without an answer, and two looks a second apart. Machines that test are busy. */
const NOTICE_MS = 20_000;

let sharded: ShardedSystem;
let api: ApiClient;
let image: Buffer;

jest.setTimeout(90_000);
beforeAll(async () => {
  image = smallPhoto();
  sharded = new ShardedSystem(NAMES, {}, modelFolder(meanNetwork(), 'isnet'));
  await sharded.start();
  api = new ApiClient(sharded.system.url);
});
afterAll(() => sharded.stop());

/** Submits until every shard has a job. */
async function oneOnEach(): Promise<Map<TestShard, JobAccepted[]>> {
  const jobs = new Map<TestShard, JobAccepted[]>();
  while (jobs.size < NAMES.length) {
    const job = await api.submit(image);
    const shard = await sharded.shardOf(job.id);
    jobs.set(shard, [...(jobs.get(shard) ?? []), job]);
  }
  return jobs;
}

/** Fetches the result of one job and cancels the others, to free the engine. */
async function deliverOne([job, ...others]: readonly JobAccepted[]): Promise<void> {
  for (const other of others) expect((await api.cancel(other)).status).toBe(204);
  expect((await api.result(job!)).status).toBe(200);
}

const stateOf = async (name: string): Promise<unknown> => {
  const { json } = await api.call('GET', '/readyz');
  return (json['shards'] as { name: string; state: string }[]).find((shard) => shard.name === name)?.state;
};

test('given three shards, when jobs come, then bytes are on the shard of the record alone and all are delivered', async () => {
  const jobs = await whileHeld(sharded.system.workers[0]!, async () => {
    const held = await oneOnEach();
    for (const [shard, own] of held) {
      const wanted = own.map(({ id }) => `rb:{${id}}:in`).sort();
      expect((await shard.inspector.keys('*')).sort()).toEqual(wanted);
      for (const key of wanted) expect(await shard.inspector.pttl(key)).toBeGreaterThan(0);
    }
    expect((await sharded.system.keys()).filter((key) => /:(in|out:\d+)$/.test(key))).toEqual([]);
    return [...held.values()];
  });
  for (const own of jobs) await deliverOne(own);
  await sharded.nothingRemains();
});

test('given jobs on a shard, when it is killed, then they fail with queue-lost in seconds, others are done, new ones go elsewhere', async () => {
  const victim = sharded.shard('b');
  const alive = sharded.shards.filter((shard) => shard !== victim);
  const rest = await whileHeld(sharded.system.workers[0]!, async () => {
    const jobs = await oneOnEach();
    const dying = jobs.get(victim)!;
    const events = await api.events(dying[0]!);
    const waiting = dying.map((job) => api.result(job));
    const killedAt = Date.now();
    await victim.redis.kill();
    // Immediately, before any notification: new jobs go to other shards.
    for (let i = 0; i < 4; i++) {
      const job = await eventually(async () => {
        const answer = await api.post(image);
        return answer.status === 202 ? (answer.json as unknown as JobAccepted) : undefined;
      });
      const shard = await sharded.shardOf(job.id);
      expect(alive).toContain(shard);
      jobs.get(shard)!.push(job);
    }
    for (const answer of await Promise.all(waiting)) {
      expect([answer.status, answer.json['code']]).toEqual([410, 'queue-lost']);
    }
    expect(Date.now() - killedAt).toBeLessThan(NOTICE_MS);
    await events.ended();
    expect(events.events.at(-1)?.data['problem']).toMatchObject({ code: 'queue-lost' });
    // Nobody can say yet that its bytes are gone: the machine may only have been cut off.
    const receipt = await api.call('GET', `/v1/jobs/${dying[0]!.id}/receipt`, {
      headers: { Authorization: `Bearer ${dying[0]!.token}` },
    });
    expect([receipt.status, receipt.json['code']]).toEqual([409, 'not-purged']);
    expect(await stateOf('b')).toBe('away');
    return [...jobs].filter(([shard]) => shard !== victim).map(([, own]) => own);
  });
  for (const own of rest) await deliverOne(own);
  await sharded.nothingRemains(alive);
});

test('given that shard, when it comes back empty, then it takes jobs again, and receipts of the lost ones have the time of their end', async () => {
  const victim = sharded.shard('b');
  const job = await whileHeld(sharded.system.workers[0]!, async () => {
    await victim.redis.start();
    await eventually(async () => (await stateOf('b')) === 'up');
    const jobs = await oneOnEach();
    const lost = jobs.get(victim)![0]!;
    await victim.redis.kill();
    await victim.redis.start();
    expect((await api.result(lost)).json['code']).toBe('queue-lost');
    for (const [shard, own] of jobs) if (shard !== victim) for (const other of own) await api.cancel(other);
    return lost;
  });
  const answer = await eventually(async () => {
    const headers = { Authorization: `Bearer ${job.token}` };
    const receipt = await api.call('GET', `/v1/jobs/${job.id}/receipt`, { headers });
    return receipt.status === 200 ? receipt : undefined;
  }, NOTICE_MS);
  const [, claims = ''] = String(answer.body).split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    state: 'failed',
    keys_removed: 0,
  });
});

test('given a shard that is drained, when a new API starts, then new jobs avoid it and those on it are finished', async () => {
  const drained = sharded.shard('c');
  // The engine of the cancelled image is replaced first: stopped before it is warm, it would not count as a worker.
  await deliverOne([await api.submit(image)]);
  const jobs = await whileHeld(sharded.system.workers[0]!, async () => {
    const held = await oneOnEach();
    const other = await sharded.system.startApi({ PAYLOAD_DRAIN: 'c' });
    const draining = new ApiClient(other.url);
    const later: JobAccepted[] = [];
    for (let i = 0; i < 6; i++) later.push(await draining.submit(image));
    for (const { id } of later) expect(await sharded.shardOf(id)).not.toBe(drained);
    const shards = (await draining.call('GET', '/readyz')).json['shards'];
    expect(shards).toContainEqual({ name: 'c', state: 'draining' });
    for (const job of later) expect((await draining.cancel(job)).status).toBe(204);
    for (const [shard, own] of held) if (shard !== drained) for (const job of own) await api.cancel(job);
    return held.get(drained)!;
  });
  await deliverOne(jobs);
  await sharded.nothingRemains();
});
