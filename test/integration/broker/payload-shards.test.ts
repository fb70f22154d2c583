import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBroker, type Broker } from '#broker/broker.js';
import {
  inputKey,
  outputKey,
  RESERVED_TOTAL_KEY,
  incarnationKey,
  SHARDS_KEY,
} from '#broker/redis/redis-keys.js';
import { PayloadLink } from '#broker/payload/payload-link.js';
import { openPayloads, type OpenPayloads } from '#broker/payload/payload-shards.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { shardOrder } from '#broker/records/shard-incarnation.js';
import type { ShardAllocation } from '#broker/records/shard-incarnation.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import type { ServiceSettings } from '#config/process-lifecycle.js';
import { loadSettings } from '#config/settings.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { eventually, pause } from '../../harness/eventually.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const MIB = 2 ** 20;
const SOMEBODY = tenant('somebody');
/** 60 % of 64 MiB. */
const CAP_BYTES = Math.floor(64 * MIB * 0.6);
const PARTS = [{ role: 'input', chunks: 1, bytes: 6 }] as const;
const OUTPUT = {
  ...({ chunks: 1, bytes: 6, width: 1, height: 1, format: 'png', model: 'isnet', provider: 'cpu' } as const),
  foreground: { left: 0, top: 0, width: 0, height: 0 },
  subjects: [] as never[],
  hints: [] as never[],
  looks: 1,
  timingsMs: {},
} as const;

const folders: string[] = [];
const folderFor = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `removebg-${name}-`));
  folders.push(folder);
  return folder;
};
const control = new RedisProcess(folderFor('control'));
const shards = new Map(['a', 'b', 'c'].map((name) => [name, new RedisProcess(folderFor(name), '64mb')]));
const newId = (): JobId => deriveSecrets(drawToken()).id;
const server = (name: string): RedisProcess => shards.get(name)!;
const nameIn = (offer: ShardAllocation | undefined): string => offer?.incarnation.split('.')[0] ?? '';
const brokers: Broker[] = [];
let broker: Broker;

/** Settings of a process with these shards, as that user. */
function settingsAs(user: 'inspector' | 'api', drained: readonly string[] = []): ServiceSettings {
  return {
    ...loadSettings({}),
    REDIS_URL: control.urlFor(user),
    // The tests' own user, and what this process itself may do, pass with a warning only.
    RETENTION_GUARD: user === 'inspector' ? 'warn' : 'enforce',
    PAYLOAD_REDIS_URLS: [...shards].map(([name, redis]) => ({ name, url: redis.urlFor(user) })),
    PAYLOAD_DRAIN: [...drained],
  };
}

async function open(drained: readonly string[] = []): Promise<Broker> {
  const opened = await openBroker(settingsAs('inspector', drained), 'api');
  brokers.push(opened);
  return opened;
}

jest.setTimeout(60_000);
beforeAll(async () => {
  await Promise.all([control, ...shards.values()].map((redis) => redis.start()));
  broker = await open();
});
afterAll(async () => {
  for (const each of brokers) await each.close();
  for (const redis of [control, ...shards.values()]) await redis.kill();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Accepts a job and stores its upload. Returns where. */
async function accept(id: JobId, reserveBytes = 100, by = broker): Promise<ShardAllocation> {
  const allocations = by.payloads.allocations(id);
  const shard = await by.jobs.accept(id, { wrappedKeys: 'k', reserveBytes, tenant: SOMEBODY, allocations });
  const payload = by.payloads.of({ incarnation: shard!.incarnation });
  await payload.open(inputKey(id), 60_000);
  await payload.write(inputKey(id), 0, Buffer.from('sealed'));
  return shard!;
}

/** An id whose first choice is that shard. */
function idOn(name: string): JobId {
  for (;;) {
    const id = newId();
    const [first] = shardOrder(
      [...shards.keys()].map((each) => ({ name: each })),
      id,
    );
    if (first?.name === name) return id;
  }
}

const stateOf = (name: string): string | undefined =>
  broker.payloads.views().find((view) => view.name === name)?.state;

describe('payload on three real Redis', () => {
  it('payload and reservation of a job are on its preferred shard, and are deleted at its end', async () => {
    const redis = connect(control.urlFor('inspector'), 'control');
    await whenReady(redis, 5000);
    for (const name of shards.keys()) {
      const id = idOn(name);
      const { incarnation } = await accept(id);
      expect(nameIn({ incarnation, capBytes: 0 })).toBe(name);
      expect(await redis.hgetall(SHARDS_KEY)).toEqual({ [incarnation]: '100' });
      expect(await redis.smembers(incarnationKey(incarnation))).toEqual([id]);
      const upload = { parts: PARTS, options: jobOptionsSchema.parse({}), tenant: SOMEBODY };
      await broker.jobs.enqueue(id, {
        ...upload,
        reserveBytes: 300,
        shard: { incarnation, capBytes: CAP_BYTES },
      });
      const claimed = (await broker.jobs.claim(id))!;
      expect(claimed.incarnation).toBe(incarnation);
      await broker.payloads.of(claimed).open(outputKey(id, 1), 60_000);
      await broker.payloads.of(claimed).write(outputKey(id, 1), 0, Buffer.from('result'));
      await broker.jobs.commit(id, { ...OUTPUT, attempt: 1 });
      await broker.purge.input(claimed);
      expect(await redis.hgetall(SHARDS_KEY)).toEqual({ [incarnation]: '6' });
      await broker.jobs.lease(id, 'L');
      await broker.purge.delivered(id, 'L');
      expect(await broker.jobs.read(id)).toMatchObject({ incarnation, keysRemoved: 2, state: 'delivered' });
      expect((await broker.jobs.read(id))?.purgedAt).toBeDefined();
      expect(await redis.exists(SHARDS_KEY, incarnationKey(incarnation))).toBe(0);
      const there = connect(server(name).urlFor('inspector'), 'payload');
      await whenReady(there, 5000);
      expect(await there.keys('*')).toEqual([]);
      there.disconnect();
    }
    expect(Number(await redis.get(RESERVED_TOTAL_KEY))).toBe(0);
    redis.disconnect();
  });

  it('a job goes to the next shard when one is full, and is refused when all are', async () => {
    const ids = Array.from({ length: 3 }, () => idOn('a'));
    const names = [];
    for (const id of ids) names.push(nameIn(await accept(id, CAP_BYTES)));
    expect(names[0]).toBe('a');
    expect([...names].sort()).toEqual(['a', 'b', 'c']);
    await expect(accept(newId(), 1)).rejects.toMatchObject({ code: 'capacity-exhausted', status: 503 });
    await broker.purge.cancelled(ids[0]!);
    expect(nameIn(await accept(idOn('b'), 1))).toBe('a');
    for (const id of await broker.jobs.jobsOn((await accept(idOn('a'), 1)).incarnation))
      await broker.purge.cancelled(id);
    for (const id of ids) await broker.purge.cancelled(id);
  });

  it('jobs prefer other shards for a while after a shard refused a write', async () => {
    const { incarnation } = broker.payloads.allocations(idOn('c'))![0]!;
    broker.payloads.markFull({ incarnation });
    expect(broker.payloads.allocations(idOn('c'))!.map(nameIn).at(-1)).toBe('c');
  });

  it('a draining shard gets no jobs and serves those it has', async () => {
    const id = idOn('b');
    const shard = await accept(id);
    const other = await open(['b']);
    for (let i = 0; i < 20; i++) expect(other.payloads.allocations(newId())!.map(nameIn)).not.toContain('b');
    expect(await other.payloads.of({ incarnation: shard.incarnation }).read(inputKey(id), 0)).toEqual(
      Buffer.from('sealed'),
    );
    expect(await other.purge.cancelled(id)).toBe(true);
    expect((await broker.jobs.read(id))?.keysRemoved).toBe(1);
  });

  it('a killed shard gets no jobs, its jobs fail within seconds, and their purge waits', async () => {
    const id = idOn('b');
    const { incarnation } = await accept(id);
    await server('b').kill();
    await eventually(() => stateOf('b') === 'away', 1000);
    expect(broker.payloads.allocations(idOn('b'))!.map(nameIn)).not.toContain('b');
    expect(() => broker.payloads.of({ incarnation })).toThrow('broker-unavailable');
    await eventually(async () => {
      await broker.sweeper.sweep();
      return (await broker.jobs.read(id))?.state === 'failed';
    }, 12_000);
    expect(() => broker.payloads.of({ incarnation })).toThrow('queue-lost');
    const record = await broker.jobs.read(id);
    expect([record?.code, record?.purgedAt]).toEqual(['queue-lost', undefined]);
    expect(await broker.jobs.jobsOn(incarnation)).toEqual([]);
    await expect(broker.purge.cancelled(id)).rejects.toMatchObject({ code: 'broker-unavailable' });

    await server('b').start();
    await eventually(() => stateOf('b') === 'up');
    expect(() => broker.payloads.of({ incarnation })).toThrow('queue-lost');
    await broker.purge.completed(id);
    expect(await broker.jobs.read(id)).toMatchObject({
      keysRemoved: 0,
      purgedAt: expect.any(Number) as number,
    });
  });

  it('a shard keeps its jobs after a stall of 3 s', async () => {
    const id = idOn('c');
    const { incarnation } = await accept(id);
    server('c').signal('SIGSTOP');
    await eventually(() => stateOf('c') === 'away', 4000);
    expect(broker.payloads.allocations(newId())!.map(nameIn)).not.toContain('c');
    await pause(1500);
    server('c').signal('SIGCONT');
    await eventually(() => stateOf('c') === 'up');
    await broker.sweeper.sweep();
    expect(await broker.payloads.of({ incarnation }).read(inputKey(id), 0)).toEqual(Buffer.from('sealed'));
    await broker.purge.cancelled(id);
  });

  it('a shard that fails a retention check gets no images after a restart or at the start of a process', async () => {
    const own = connect(control.urlFor('api'), 'control');
    const home = PayloadLink.open(control.urlFor('api'), 'api');
    await Promise.all([own, home.main].map((redis) => whenReady(redis, 5000)));
    const news: string[] = [];
    const strictly = (): Promise<OpenPayloads> =>
      openPayloads(
        settingsAs('api'),
        { user: 'api', password: undefined },
        {
          ...{ control: own, home },
          onShard: ({ shard, state }) => news.push(`${shard} ${state}`),
        },
      );
    const strict = await strictly();
    const wrong = new RedisProcess(folderFor('wrong'), '64mb', ['--slowlog-max-len', '128']);
    await server('b').kill();
    Object.defineProperty(wrong, 'socket', { value: server('b').socket });
    await wrong.start();
    await eventually(() => news.at(-1) === 'b refused');
    for (let i = 0; i < 20; i++) expect(strict.payloads.allocations(newId())!.map(nameIn)).not.toContain('b');
    await expect(strictly()).rejects.toThrow(/shard b redis\.slowlog-max-len is 128/);
    await wrong.kill();
    await server('b').start();
    await eventually(() => strict.payloads.views().every(({ state }) => state === 'up'));
    expect(strict.payloads.facts.filter(({ fact }) => fact.startsWith('shard b '))).not.toEqual([]);
    expect(strict.payloads.facts.filter(({ holds }) => !holds)).toEqual([]);
    strict.close();
    own.disconnect();
    home.close();
  });
});
