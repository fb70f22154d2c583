import { getPriority } from 'node:os';
import { jobOptionsSchema } from '#contracts/job-options.js';
import type { CutoutRequest, CutoutResult } from '../../../apps/worker/src/engine/engine-contract.js';
import { EngineSupervisor } from '../../../apps/worker/src/engine/engine-supervisor.js';
import { eventually } from '../../harness/eventually.js';

/** A stub engine with four images in flight, which does what each image says. */
const SETTINGS = {
  plans: [{ provider: 'cuda' as const, models: ['isnet-fp16'], batch: 2 }],
  modelDir: '.cache/models',
  threads: 1,
  maxPixels: 1_000_000,
  maxProgressivePixels: 1_000_000,
  maxSidePixels: 10_000,
};
const STUB = 'test/harness/stub-engine.mjs';

const request = (act: string, ms: number, more: Partial<CutoutRequest> = {}): CutoutRequest => ({
  image: Buffer.from(JSON.stringify({ do: act, ms })),
  options: jobOptionsSchema.parse({}),
  deadlineMs: 20_000,
  ...more,
});

describe('EngineSupervisor with several images in flight', () => {
  let engine: EngineSupervisor;
  beforeEach(async () => {
    engine = new EngineSupervisor(SETTINGS, STUB);
    await engine.start();
  }, 30_000);
  afterEach(() => engine.stop());

  const work = (ms = 20): Promise<CutoutResult> => engine.run(request('work', ms));

  test('given more images than its capacity, when run, then four are in flight at a time, in order', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => work()));
    expect(Math.max(...results.map(({ width }) => width))).toBe(4);
    expect(results.map(({ height }) => height)).toEqual(results.map((_, i) => i + 1));
    expect(results[0]).toMatchObject({ model: 'isnet-fp16', provider: 'cuda' });
  });

  test('given a child, when it is started, then its CPU priority is below that of the worker', () => {
    expect(getPriority(engine.facts!.pid)).toBe(Math.min(19, getPriority() + 5));
  });

  test('given children that crash, exceed a deadline or are cancelled, when replaced, then each is counted once by its cause', async () => {
    const causes: string[] = [];
    engine.restarts.onRestart = (cause) => causes.push(cause);
    const replaced = async (count: number): Promise<void> => {
      await eventually(() => causes.length === count && engine.facts !== undefined);
    };
    await expect(engine.run(request('die', 10))).rejects.toMatchObject({ name: 'EngineCrash' });
    await replaced(1);
    const slow = engine.run(request('work', 10_000, { deadlineMs: 300 }));
    await expect(slow).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await replaced(2);
    const leaving = new AbortController();
    const left = engine.run(request('work', 10_000, { signal: leaving.signal }));
    const cancelled = expect(left).rejects.toMatchObject({ name: 'Cancelled' });
    leaving.abort();
    await cancelled;
    await replaced(3);
    expect(causes).toEqual(['crashed', 'time', 'cancelled']);
    expect(
      (['crashed', 'time', 'cancelled'] as const).map((cause) => engine.restarts.countOf(cause)),
    ).toEqual([1, 1, 1]);
  }, 30_000);

  test('given an image that needs too much memory, when others are in flight, then only that image fails', async () => {
    const bounded = new EngineSupervisor({ ...SETTINGS, maxImageBytes: 128 * 1_048_576 }, STUB);
    await bounded.start();
    try {
      const greedy = expect(bounded.run(request('grow', 50))).rejects.toMatchObject({
        code: 'image-memory-exceeded',
      });
      const others = [bounded.run(request('work', 500)), bounded.run(request('work', 20))];
      await greedy;
      expect((await Promise.all(others)).map(({ format }) => format)).toEqual(['png', 'png']);
      expect(bounded.restarts.countOf('memory')).toBeGreaterThan(0);
    } finally {
      await bounded.stop();
    }
  }, 30_000);

  test('given an image that crashes the child, when others are in flight, then only that image fails', async () => {
    const before = engine.facts!.pid;
    const crashing = engine.run(request('die', 60));
    const failed = expect(crashing).rejects.toMatchObject({ name: 'EngineCrash' });
    const others = [work(200), work(200), work(200), work(), work()];
    await failed;
    const results = await Promise.all(others);
    // The images of the crash are retried alone; those after them are not.
    expect(results.slice(0, 3).map(({ width }) => width)).toEqual([1, 1, 1]);
    expect(results[4]!.width).toBe(2);
    expect(engine.facts!.pid).not.toBe(before);
  }, 30_000);

  test('given two images that crash the child, when others are in flight, then both fail and the others finish', async () => {
    const crashes = [engine.run(request('die', 50)), engine.run(request('die', 50))].map((run) =>
      expect(run).rejects.toMatchObject({ name: 'EngineCrash' }),
    );
    const others = [work(300), work(300)];
    await Promise.all(crashes);
    expect(await Promise.all(others)).toHaveLength(2);
  }, 30_000);

  test('given an image that hangs in native code, when its deadline passes, then it fails and the others run together', async () => {
    const hanging = engine.run(request('hang', 20, { deadlineMs: 500 }));
    const late = expect(hanging).rejects.toMatchObject({ code: 'deadline-exceeded' });
    const others = [work(100), work(100), work(100), work()];
    await late;
    const results = await Promise.all(others);
    // The cause is known, so the others are not retried alone.
    expect(Math.max(...results.map(({ width }) => width))).toBe(4);
  }, 30_000);

  test('given an image that is cancelled, when others are in flight, then the child is replaced and the others finish in order', async () => {
    const before = engine.facts!.pid;
    const unwanted = new AbortController();
    const cancelled = engine.run(request('work', 5000, { signal: unwanted.signal }));
    const others = [work(300), work(300), work(300), work(300), work(300)];
    const over = expect(cancelled).rejects.toMatchObject({ name: 'Cancelled' });
    setTimeout(() => unwanted.abort(), 100);
    await over;
    const results = await Promise.all(others);
    expect(results.slice(0, 4).every(({ width }) => width > 1)).toBe(true);
    expect(results.slice(0, 3).map(({ height }) => height)).toEqual([1, 2, 3]);
    expect(engine.facts!.pid).not.toBe(before);
  }, 30_000);

  test('given an accelerator whose driver crashes the child, when started, then the next plan is used, or the start fails with a settings error', async () => {
    const deadly = { provider: 'cuda' as const, models: ['deadly'], batch: 2 };
    const cpu = { provider: 'cpu' as const, models: ['isnet'], batch: 1 };
    const other = new EngineSupervisor({ ...SETTINGS, plans: [deadly, cpu] }, STUB);
    expect(await other.start()).toMatchObject({
      ...cpu,
      declined: [{ provider: 'cuda', fault: 'not-available' }],
    });
    await other.stop();
    const required = new EngineSupervisor({ ...SETTINGS, plans: [deadly] }, STUB).start();
    await expect(required).rejects.toMatchObject({ name: 'SettingsError' });
    const onCpu = new EngineSupervisor(
      { ...SETTINGS, plans: [{ ...cpu, models: ['deadly'] }] },
      STUB,
    ).start();
    await expect(onCpu).rejects.toMatchObject({ name: 'EngineUnavailable' });
  }, 30_000);

  test('given images in flight and pending, when the engine is stopped, then all are rejected as unavailable', async () => {
    const runs = Array.from({ length: 6 }, () =>
      expect(work(5000)).rejects.toMatchObject({ name: 'EngineUnavailable' }),
    );
    await engine.stop();
    await Promise.all(runs);
  });
});
