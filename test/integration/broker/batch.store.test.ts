import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openBroker, type Broker } from '#broker/broker.js';
import { BATCH_OF_JOB_KEY, recordKey } from '#broker/redis/redis-keys.js';
import type { OutputFacts } from '#broker/records/job-record.js';
import { JOB_EVENTS, nextState, type JobEvent } from '#broker/records/job-transitions.js';
import type { BatchId } from '#contracts/batch-id.js';
import { isLost, MEMBER_STATES, type MemberState } from '#contracts/batch-view.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { isTerminal, type JobState } from '#contracts/job-states.js';
import { loadSettings } from '#config/settings.js';
import { batchIdOf } from '#crypto/batch-token.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const OUTPUT: Omit<OutputFacts, 'attempt'> = {
  ...{ chunks: 1, bytes: 5, width: 1, height: 1, format: 'png' as const },
  ...{
    foreground: { left: 0, top: 0, width: 1, height: 1 },
    subjects: [],
    hints: [],
    looks: 1,
    timingsMs: { infer: 1 },
  },
  ...{ model: 'isnet', provider: 'cpu' as const },
};
const SOMEBODY = tenant('somebody');
const UPLOAD = { parts: [], options: jobOptionsSchema.parse({}), reserveBytes: 10, tenant: SOMEBODY };
const ALL = { version: 0, limit: 1000 };

const folder = mkdtempSync(join(tmpdir(), 'removebg-batch-'));
const redis = new RedisProcess(folder);
let broker: Broker;

beforeAll(async () => {
  await redis.start();
  const settings = loadSettings({ TOMBSTONE_TTL_S: '1' });
  const urls = { REDIS_URL: redis.urlFor('inspector'), RETENTION_GUARD: 'warn' as const };
  broker = await openBroker({ ...settings, ...urls }, 'api');
});
afterAll(async () => {
  await broker.close();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

const newJob = (): JobId => deriveSecrets(drawToken()).id;
async function newBatch(): Promise<BatchId> {
  const id = batchIdOf(drawToken());
  expect((await broker.batches.open(id))?.status).toBe('open');
  return id;
}

interface Adding {
  id?: JobId;
  maxMembers?: number;
}
/** Takes a job as far as the queue, as image `name` of the batch. */
async function add(
  batch: BatchId,
  name: string,
  { id = newJob(), maxMembers = 100 }: Adding = {},
): Promise<JobId> {
  await broker.jobs.accept(id, { wrappedKeys: 'k', reserveBytes: 10, tenant: SOMEBODY });
  await broker.jobs.enqueue(id, {
    ...UPLOAD,
    member: { batch, name, sealedEntry: `entry of ${name}`, maxMembers },
  });
  return id;
}

/** Makes one event happen by the store's own method for it. */
async function happen(id: JobId, event: JobEvent, attempt: number): Promise<unknown> {
  const { jobs } = broker;
  switch (event) {
    case 'accept':
    case 'enqueue':
      return undefined;
    case 'claim':
      return jobs.claim(id);
    case 'commit':
      return jobs.commit(id, { ...OUTPUT, attempt });
    case 'lease':
      return jobs.lease(id, 'lease');
    case 'renew':
      return jobs.renew(id, 'lease');
    case 'release':
      return jobs.release(id);
    case 'progress':
      return jobs.progress(id);
    case 'fail':
      return jobs.end(id, 'fail', { code: 'image-corrupt' });
    default:
      return jobs.end(id, event);
  }
}

describe('batch.store', () => {
  test('counts and lists of a batch match its jobs after any events', async () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.constantFrom(...JOB_EVENTS)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (changes) => {
        const batch = await newBatch();
        const ids = await Promise.all(['a', 'b', 'c', 'd'].map((name) => add(batch, name)));
        const states: JobState[] = ids.map(() => 'queued');
        const attempts = ids.map(() => 0);
        for (const [i, event] of changes) {
          await happen(ids[i]!, event, attempts[i]!);
          const next = nextState(states[i], event);
          if (event === 'claim' && next !== undefined) attempts[i]! += 1;
          states[i] = next ?? states[i]!;
        }
        const { counts, status, version } = (await broker.batches.read(batch))!;
        for (const state of MEMBER_STATES) {
          expect([state, counts[state]]).toEqual([state, states.filter((one) => one === state).length]);
        }
        expect([counts.total, status]).toEqual([4, 'open']);
        const listed = async (list: 'changes' | 'ready' | 'lost'): Promise<JobId[]> =>
          (await broker.batches.members(batch, list, ALL)).map(({ jobId }) => jobId).sort();
        const those = (holds: (state: MemberState) => boolean): JobId[] =>
          ids.filter((_, i) => holds(states[i] as MemberState)).sort();
        expect(await listed('changes')).toEqual([...ids].sort());
        expect(await listed('ready')).toEqual(those((state) => state === 'ready'));
        expect(await listed('lost')).toEqual(those(isLost));
        const last = (await broker.batches.members(batch, 'changes', ALL)).at(-1)!;
        expect(last.version).toBe(version);
        const living = ids.filter((_, i) => !isTerminal(states[i]!));
        const batched = await broker.batches['redis'].hkeys(BATCH_OF_JOB_KEY);
        expect(batched.filter((id) => ids.includes(id as JobId)).sort()).toEqual(living.sort());
        expect((await broker.batches.close(batch))?.status).toBe(living.length > 0 ? 'closed' : 'complete');
      }),
      { numRuns: 40 },
    );
  });

  test('an image replaces a failed one of the same name', async () => {
    const batch = await newBatch();
    const first = await add(batch, 'a');
    await expect(add(batch, 'a')).rejects.toMatchObject({ code: 'custom-id-taken' });
    await broker.jobs.end(first, 'fail', { code: 'image-corrupt' });
    expect(await broker.batches.find(batch, 'a')).toBeUndefined();
    expect((await broker.batches.members(batch, 'lost', ALL))[0]).toMatchObject({
      ...{ jobId: first, state: 'failed', code: 'image-corrupt', sealedEntry: 'entry of a' },
    });
    const again = await add(batch, 'a', { maxMembers: 1 });
    expect(await broker.batches.find(batch, 'a')).toMatchObject({ jobId: again, state: 'queued' });
    expect(await broker.batches.members(batch, 'lost', ALL)).toEqual([]);
    expect((await broker.batches.read(batch))?.counts).toMatchObject({ total: 1, queued: 1, failed: 0 });
  });

  test('a full, closed, cancelled or unknown batch refuses an image, and the job does not change', async () => {
    const batch = await newBatch();
    await add(batch, 'a', { maxMembers: 1 });
    const refused = async (to: BatchId, code: string): Promise<void> => {
      const id = newJob();
      await expect(add(to, 'b', { id, maxMembers: 1 })).rejects.toMatchObject({ code });
      expect((await broker.jobs.read(id))?.state).toBe('accepted');
      await broker.jobs.end(id, 'cancel');
    };
    await refused(batch, 'batch-full');
    await broker.batches.close(batch);
    await refused(batch, 'batch-closed');
    await broker.batches.cancel(batch);
    await refused(batch, 'batch-cancelled');
    await refused(batchIdOf(drawToken()), 'batch-not-found');
  });

  test('a cancelled batch does not record later changes of its jobs', async () => {
    const batch = await newBatch();
    const id = await add(batch, 'a');
    await broker.batches.cancel(batch);
    await broker.jobs.claim(id);
    expect((await broker.batches.read(batch))?.status).toBe('cancelled');
    expect(await broker.batches.members(batch, 'changes', ALL)).toEqual([]);
    expect(await broker.batches['redis'].hexists(BATCH_OF_JOB_KEY, id)).toBe(0);
  });

  test('the sweeper records an expired image whose record Redis has dropped', async () => {
    const batch = await newBatch();
    const id = await add(batch, 'a');
    const control = broker.batches['redis'];
    await control.del(recordKey(id));
    await control.zadd('rb:deadlines', 1, id);
    await broker.sweeper.sweep();
    expect((await broker.batches.read(batch))?.counts).toMatchObject({ queued: 0, expired: 1 });
  });

  test('a completed batch is deleted after its lifetime', async () => {
    const batch = await newBatch();
    const id = await add(batch, 'a');
    await broker.batches.close(batch);
    await broker.jobs.end(id, 'cancel');
    expect((await broker.batches.read(batch))?.status).toBe('complete');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(await broker.batches['redis'].keys(`rb:{${batch}}*`)).toEqual([]);
  });
});
