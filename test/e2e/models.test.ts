import { modelListSchema, type ModelView } from '#contracts/model-view.js';
import { preparedModel } from '../harness/prepared-model.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';

const MODELS = ['isnet', 'isnet-vnni'];

/** An accelerator that no build of the runtime for this system has. */
const MISSING = process.platform === 'linux' ? 'dml' : 'tensorrt';

const { system, api } = useSystem({ MODEL: MODELS.join(',') }, 0);
const image = smallPhoto();

jest.setTimeout(120_000);
beforeAll(async () => {
  for (const name of MODELS) await preparedModel(name);
});

async function models(): Promise<ModelView[]> {
  const answer = await api.call('GET', '/v1/models');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return modelListSchema.parse(answer.json).models;
}

test('given two models, when they are listed, then each has its origin and license, and is loaded once a worker has it', async () => {
  const before = await models();
  expect(before.map(({ name, default: first, loaded }) => [name, first, loaded])).toEqual([
    ['isnet', true, false],
    ['isnet-vnni', false, false],
  ]);
  for (const model of before) {
    expect(model.license).toMatchObject({ class: 'copyleft', package: 'AGPL-3.0-only' });
    expect(model.provenance).toContain('ECCV 2022');
    expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(model.input).toEqual({ width: 1024, height: 1024 });
  }
  await system.startWorker();
  expect((await models()).map(({ loaded }) => loaded)).toEqual([true, true]);
});

test('given an image that names a model, when it is done, then that model made it; without a name the default did', async () => {
  for (const [query, model] of [
    ['?model=isnet-vnni', 'isnet-vnni'],
    ['', 'isnet'],
    ['?model=', 'isnet'],
  ] as const) {
    const job = await api.submit(image, { query });
    const events = await api.events(job);
    await events.received('done');
    expect(events.all('done')[0]!.data).toMatchObject({ model, provider: 'cpu' });
    expect((await api.status(job)).json['result']).toMatchObject({ model, provider: 'cpu' });
    expect((await api.result(job)).status).toBe(200);
  }
});

test('given an image that names a model not on offer, when it is submitted, then it is refused and nothing is kept', async () => {
  for (const [name, status, code] of [
    ['isnet-fp32', 422, 'model-unknown'],
    ['../secret', 400, 'invalid-parameter'],
  ] as const) {
    const answer = await api.post(image, { query: `?model=${encodeURIComponent(name)}` });
    expect([answer.status, answer.json['code'], answer.json['parameter']]).toEqual([status, code, 'model']);
    expect(String(answer.body)).not.toContain(name);
  }
});

test('given MODEL_LICENSES without the class of a model, when API or worker start, then they exit with 78 and say why', async () => {
  const settings = { MODEL_LICENSES: 'permissive,permissive-doubtful-data' };
  for (const start of [system.startWorker(settings), system.startApi(settings)]) {
    await expect(start).rejects.toThrow(
      /^exited with 78[^]*isnet may not be used: its license is copyleft[^]*add copyleft to MODEL_LICENSES/,
    );
  }
});

test('given an accelerator that is not there, when a worker starts, then it computes on the CPU, says so, and reports that', async () => {
  const worker = await system.startWorker({ PROVIDER: MISSING, BATCH: '16' });
  const lines = worker.output().split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.find(({ event }) => event === 'accelerator')).toMatchObject({
    level: 'warn',
    declined: MISSING,
    fault: 'not-offered',
    provider: 'cpu',
  });
  const ready = await api.call('GET', '/readyz');
  const cpu = { model: 'isnet', provider: 'cpu', slots: 1 };
  expect(ready.json['workers']).toEqual([cpu, cpu]);
});

test('given an accelerator that is required and not there, when a worker starts, then it exits with 78 and says why', async () => {
  const start = system.startWorker({ PROVIDER: MISSING, REQUIRE_ACCELERATOR: 'true' });
  await expect(start).rejects.toThrow(/^exited with 78[^]*PROVIDER must .*required: \w+ is not offered here/);
});
