import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { CUTOUT_STAGES } from '#imaging/cutout-stages.js';
import type { CutoutRequest } from '../../../apps/worker/src/engine/engine-contract.js';
import { EngineSupervisor } from '../../../apps/worker/src/engine/engine-supervisor.js';
import { modelFolder } from '../../harness/model-folder.js';
import { photo, referenceAlpha, softIou } from '../../harness/photos.js';
import { MODEL_DIR, preparedModel } from '../../harness/prepared-model.js';
import { meanNetwork } from '../../harness/small-networks.js';

const SETTINGS = {
  plans: [{ provider: 'cpu' as const, models: ['isnet'], batch: 1 }],
  modelDir: MODEL_DIR,
  threads: 2,
  maxPixels: 10_000_000,
  maxProgressivePixels: 10_000_000,
  maxSidePixels: 10_000,
};

const request = (more: Partial<CutoutRequest> = {}): CutoutRequest => ({
  image: photo('coffee'),
  options: jobOptionsSchema.parse({}),
  deadlineMs: 60_000,
  ...more,
});

/** True while a process of that id exists. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** `reached` resolves once inference has started; pass `onStage` in the request. */
function untilInference(): { reached: Promise<void>; onStage: (stage: string) => void } {
  let reach: () => void;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return {
    reached,
    onStage: (stage) => {
      if (stage === 'infer') reach();
    },
  };
}

describe('EngineSupervisor', () => {
  let engine: EngineSupervisor;
  beforeAll(async () => {
    await preparedModel('isnet');
    engine = new EngineSupervisor(SETTINGS);
    await engine.start();
  }, 60_000);
  afterAll(() => engine.stop());

  test('given a photo, when run, then it returns a cut-out and progress never falls', async () => {
    const seen: [string, number][] = [];
    const result = await engine.run(request({ onStage: (stage, percent) => seen.push([stage, percent]) }));
    const alpha = await sharp(result.data).extractChannel(3).raw().toBuffer();
    expect(softIou(alpha, await referenceAlpha('coffee'))).toBeGreaterThan(0.97);
    expect(new Set(seen.map(([stage]) => stage))).toEqual(new Set(CUTOUT_STAGES));
    const percents = seen.map(([, percent]) => percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.every((percent) => percent >= 0 && percent <= 100)).toBe(true);
  }, 60_000);

  test('given an image in inference, when the event loop of the worker is measured, then it is never blocked', async () => {
    // A blocked event loop shows in every round; other load of the machine does not.
    let gapMs = Infinity;
    for (let round = 0; round < 6 && gapMs >= 50; round += 1) {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      await engine.run(request());
      delay.disable();
      gapMs = Math.min(gapMs, delay.max / 1e6);
    }
    expect(gapMs).toBeLessThan(50);
  }, 60_000);

  test('given a photo, when run, then the result names the model and the provider', async () => {
    expect(engine.facts).toMatchObject({ models: ['isnet'], provider: 'cpu', batch: 1, declined: [] });
    expect(await engine.run(request())).toMatchObject({ model: 'isnet', provider: 'cpu' });
  }, 60_000);

  test('given a model that is not loaded, when an image asks for it, then it fails with that code and the child keeps running', async () => {
    const before = engine.facts?.pid;
    const options = jobOptionsSchema.parse({ model: 'unknown-model' });
    await expect(engine.run(request({ options }))).rejects.toMatchObject({ code: 'model-unknown' });
    expect(engine.facts?.pid).toBe(before);
  });

  test('given a damaged image, when run, then it fails with its problem and the child keeps running', async () => {
    const before = engine.facts?.pid;
    await expect(engine.run(request({ image: Buffer.from('no image at all') }))).rejects.toMatchObject({
      code: 'image-type-unsupported',
    });
    await expect(engine.run(request({ image: photo('coffee').subarray(0, 20_000) }))).rejects.toMatchObject({
      code: 'image-truncated',
    });
    expect(engine.facts?.pid).toBe(before);
  });

  test('given a child that is killed, when other images are pending, then only the image in flight fails', async () => {
    const { reached, onStage } = untilInference();
    const victim = engine.run(request({ onStage }));
    const failed = expect(victim).rejects.toMatchObject({ name: 'EngineCrash' });
    const waiting = engine.run(request());
    await reached;
    const before = engine.facts!.pid;
    process.kill(before, 'SIGKILL');
    await failed;
    expect((await waiting).width).toBe(600);
    expect(engine.facts!.pid).not.toBe(before);
  }, 60_000);

  test('given an image beyond its deadline, when others are pending, then the child is replaced and the others finish', async () => {
    const before = engine.facts!.pid;
    const { reached, onStage } = untilInference();
    const late = expect(engine.run(request({ deadlineMs: 300, onStage }))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    const waiting = engine.run(request());
    await Promise.all([late, reached]);
    expect((await waiting).format).toBe('png');
    expect(engine.facts!.pid).not.toBe(before);
  }, 60_000);

  test('given aborted signals, when the image is in flight, pending or new, then each is cancelled and the child in use is replaced', async () => {
    const before = engine.facts!.pid;
    const [running, waiting] = [new AbortController(), new AbortController()];
    const { reached, onStage } = untilInference();
    const cancelled = [
      engine.run(request({ signal: running.signal, onStage })),
      engine.run(request({ signal: waiting.signal })),
      engine.run(request({ signal: AbortSignal.abort() })),
    ].map((run) => expect(run).rejects.toMatchObject({ name: 'Cancelled' }));
    const next = engine.run(
      request({ options: jobOptionsSchema.parse({ format: 'webp', channels: 'alpha' }) }),
    );
    await reached;
    running.abort();
    waiting.abort();
    await Promise.all(cancelled);
    expect((await next).format).toBe('webp');
    expect(engine.facts!.pid).not.toBe(before);
    expect(isAlive(before)).toBe(false);
  }, 60_000);

  test('given signals for the whole process group, when they reach the child, then it keeps running', async () => {
    const { pid } = engine.facts!;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.kill(pid, signal);
    await engine.run(request());
    expect(engine.facts!.pid).toBe(pid);
  }, 60_000);

  test('given images in flight and pending, when the engine is stopped, then all are rejected as unavailable', async () => {
    const other = new EngineSupervisor(SETTINGS);
    const jobs = [other.run(request()), other.run(request())].map((run) =>
      expect(run).rejects.toMatchObject({ name: 'EngineUnavailable' }),
    );
    const starting = expect(other.start()).rejects.toMatchObject({ name: 'EngineUnavailable' });
    await other.stop();
    await Promise.all([...jobs, starting]);
    await expect(other.run(request())).rejects.toMatchObject({ name: 'EngineUnavailable' });
  });

  test('given a model that is not prepared, when started, then the error names that', async () => {
    const other = new EngineSupervisor({ ...SETTINGS, modelDir: '/nonexistent' });
    const start = other.start();
    await expect(start).rejects.toThrow('not prepared');
    await expect(start).rejects.toMatchObject({ name: 'SettingsError' });
  });

  test('given several models, when started, then all are loaded and an image gets the one it asks for', async () => {
    const models = ['first', 'second'];
    const folder = modelFolder(meanNetwork(), 'first', 'second');
    const here = process.cwd();
    // The engine finds its program and its models in the working directory.
    process.chdir(folder.path);
    try {
      const modelDir = join(folder.path, 'models');
      const plans = [{ provider: 'cpu' as const, models, batch: 1 }];
      const own = new EngineSupervisor({ ...SETTINGS, plans, modelDir });
      expect((await own.start()).models).toEqual(models);
      const options = jobOptionsSchema.parse({ model: 'second' });
      const results = [await own.run(request({ options })), await own.run(request())];
      expect(results.map(({ model }) => model)).toEqual(['second', 'first']);
      await own.stop();
    } finally {
      process.chdir(here);
      folder.remove();
    }
  }, 60_000);

  test('given an accelerator that is not available, when started, then the next plan is used, or the start fails', async () => {
    const missing = process.platform === 'win32' ? ('coreml' as const) : ('dml' as const);
    const plan = { provider: missing, models: ['isnet'], batch: 8 };
    const other = new EngineSupervisor({ ...SETTINGS, plans: [plan, ...SETTINGS.plans] });
    expect(await other.start()).toMatchObject({
      provider: 'cpu',
      batch: 1,
      declined: [{ provider: missing, fault: 'not-offered' }],
    });
    await other.stop();
    const strict = new EngineSupervisor({ ...SETTINGS, plans: [plan] }).start();
    await expect(strict).rejects.toMatchObject({ name: 'SettingsError' });
    await expect(strict).rejects.toThrow(/^PROVIDER must be .*not offered/);
  }, 60_000);

  test('given a model that no manifest defines, when started, then it fails with a settings error', async () => {
    const plans = [{ provider: 'cpu' as const, models: ['unknown-model'], batch: 1 }];
    await expect(new EngineSupervisor({ ...SETTINGS, plans }).start()).rejects.toThrow(
      /^MODEL must be one or more of .*isnet-fp16/,
    );
  });
});
