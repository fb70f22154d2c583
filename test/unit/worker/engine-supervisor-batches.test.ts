import { getPriority } from 'node:os';
import { jobOptionsSchema } from '#contracts/job-options.js';
import {
  EngineSupervisor,
  type CutoutRequest,
  type CutoutResult,
} from '../../../apps/worker/src/engine/engine-supervisor.js';
import { eventually } from '../../harness/eventually.js';

/** Four images at a time in one child process that does as each image says. */
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

describe('engine.host with several images in its child', () => {
  let host: EngineSupervisor;
  beforeEach(async () => {
    host = new EngineSupervisor(SETTINGS, STUB);
    await host.start();
  }, 30_000);
  afterEach(() => host.stop());

  const work = (ms = 20): Promise<CutoutResult> => host.run(request('work', ms));

  test('given more images than it takes, when run, then it has four at a time, and results say who made them', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => work()));
    expect(Math.max(...results.map(({ width }) => width))).toBe(4);
    expect(results.map(({ height }) => height)).toEqual(results.map((_, i) => i + 1));
    expect(results[0]).toMatchObject({ model: 'isnet-fp16', provider: 'cuda' });
  });

  test('given a child, when it is started, then it gets less of the CPU than its host', () => {
    expect(getPriority(host.facts!.pid)).toBe(Math.min(19, getPriority() + 5));
  });

  test('given children that crash, take too long, or are cancelled, when replaced, then each is counted once by its cause', async () => {
    const causes: string[] = [];
    host.restarts.onRestart = (cause) => causes.push(cause);
    const replaced = async (count: number): Promise<void> => {
      await eventually(() => causes.length === count && host.facts !== undefined);
    };
    await expect(host.run(request('die', 10))).rejects.toMatchObject({ name: 'EngineCrash' });
    await replaced(1);
    const slow = host.run(request('work', 10_000, { deadlineMs: 300 }));
    await expect(slow).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await replaced(2);
    const leaving = new AbortController();
    const left = host.run(request('work', 10_000, { signal: leaving.signal }));
    const cancelled = expect(left).rejects.toMatchObject({ name: 'Cancelled' });
    leaving.abort();
    await cancelled;
    await replaced(3);
    expect(causes).toEqual(['crashed', 'time', 'cancelled']);
    expect((['crashed', 'time', 'cancelled'] as const).map((cause) => host.restarts.countOf(cause))).toEqual([
      1, 1, 1,
    ]);
  }, 30_000);

  test('given one that takes too much memory, when it has company, then it alone is refused, with the limit that it passed', async () => {
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

  test('given one that kills the child, when it has company, then it alone is blamed, and all others finish', async () => {
    const before = host.facts!.pid;
    const killer = host.run(request('die', 60));
    const blamed = expect(killer).rejects.toMatchObject({ name: 'EngineCrash' });
    const others = [work(200), work(200), work(200), work(), work()];
    await blamed;
    const results = await Promise.all(others);
    // Suspects went in alone; who came after them did not have to.
    expect(results.slice(0, 3).map(({ width }) => width)).toEqual([1, 1, 1]);
    expect(results[4]!.width).toBe(2);
    expect(host.facts!.pid).not.toBe(before);
  }, 30_000);

  test('given two that kill the child, when both have company, then each is blamed for itself', async () => {
    const killers = [host.run(request('die', 50)), host.run(request('die', 50))].map((run) =>
      expect(run).rejects.toMatchObject({ name: 'EngineCrash' }),
    );
    const others = [work(300), work(300)];
    await Promise.all(killers);
    expect(await Promise.all(others)).toHaveLength(2);
  }, 30_000);

  test('given one that hangs in native code, when its deadline passes, then it fails and the others go on unblamed', async () => {
    const hanging = host.run(request('hang', 20, { deadlineMs: 500 }));
    const late = expect(hanging).rejects.toMatchObject({ code: 'deadline-exceeded' });
    const others = [work(100), work(100), work(100), work()];
    await late;
    const results = await Promise.all(others);
    // Nobody is under suspicion: what happened is explained.
    expect(Math.max(...results.map(({ width }) => width))).toBe(4);
  }, 30_000);

  test('given one that is cancelled, when it has company, then the child is replaced and the others finish, in their order', async () => {
    const before = host.facts!.pid;
    const unwanted = new AbortController();
    const cancelled = host.run(request('work', 5000, { signal: unwanted.signal }));
    const others = [work(300), work(300), work(300), work(300), work(300)];
    const over = expect(cancelled).rejects.toMatchObject({ name: 'Cancelled' });
    setTimeout(() => unwanted.abort(), 100);
    await over;
    const results = await Promise.all(others);
    expect(results.slice(0, 4).every(({ width }) => width > 1)).toBe(true);
    expect(results.slice(0, 3).map(({ height }) => height)).toEqual([1, 2, 3]);
    expect(host.facts!.pid).not.toBe(before);
  }, 30_000);

  test('given an accelerator whose driver ends the child, when started, then the next plan is taken, or the settings are to blame', async () => {
    const deadly = { provider: 'cuda' as const, models: ['deadly'], batch: 2 };
    const cpu = { provider: 'cpu' as const, models: ['isnet'], batch: 1 };
    const own = new EngineSupervisor({ ...SETTINGS, plans: [deadly, cpu] }, STUB);
    expect(await own.start()).toMatchObject({
      ...cpu,
      declined: [{ provider: 'cuda', fault: 'not-available' }],
    });
    await own.stop();
    const required = new EngineSupervisor({ ...SETTINGS, plans: [deadly] }, STUB).start();
    await expect(required).rejects.toMatchObject({ name: 'SettingsError' });
    const onCpu = new EngineSupervisor(
      { ...SETTINGS, plans: [{ ...cpu, models: ['deadly'] }] },
      STUB,
    ).start();
    await expect(onCpu).rejects.toMatchObject({ name: 'EngineUnavailable' });
  }, 30_000);

  test('given a stop, when images are inside and wait, then all are given back without blame', async () => {
    const runs = Array.from({ length: 6 }, () =>
      expect(work(5000)).rejects.toMatchObject({ name: 'EngineUnavailable' }),
    );
    await host.stop();
    await Promise.all(runs);
  });
});
