/**
 * Latency that the service adds to the pipeline: upload to last byte through API, queue and worker, against one
 * in-process run of the same pipeline on the same photo. Interleaved; medians. On a shared machine inference varies
 * by more than the overhead, so the stages of each job, as logged by its worker, are also subtracted. The remainder
 * is divided into the worker's part (fetching the upload, passing it to the engine and back, storing) and the rest,
 * which is the API's.
 *
 * usage: npm run bench -- overhead [--megapixels 4] [--rounds 8] [--json]
 */
import { execFileSync } from 'node:child_process';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { enginePlans } from '#config/engine-plan.js';
import { imageLimits } from '#config/image-limits.js';
import { threadsOf } from '#config/process-layout.js';
import { loadSettings } from '#config/settings.js';
import { EngineSupervisor } from '../../apps/worker/src/engine/engine-supervisor.js';
import { startSystem } from '../../test/harness/system.js';
import { argument, median, show, tenth } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

const megapixels = Number(argument('megapixels', '4'));
const rounds = Number(argument('rounds', '8'));
const settings = loadSettings(process.env);
/** Time for the worker to log a job, which it does after the result is available. */
const REST_MS = 50;
const photo = await photoOf(megapixels);

// The in-process pipeline uses the memory settings of the service, so that only the service around it is compared.
const printed = execFileSync('tools/contained.sh', ['node', 'printenv', 'GLIBC_TUNABLES'], {
  encoding: 'utf8',
});
process.env['GLIBC_TUNABLES'] = printed.trim();

const bare = new EngineSupervisor({
  plans: enginePlans(settings),
  modelDir: settings.MODEL_DIR,
  threads: threadsOf(settings),
  ...imageLimits(settings),
});
await bare.start();
const system = await startSystem({ LOG_LEVEL: 'debug' });

/** Time of the stages in the engine. */
async function barePipelineMs(): Promise<number> {
  const options = jobOptionsSchema.parse({});
  const { timingsMs } = await bare.run({ image: photo, options, deadlineMs: 60_000 });
  return Object.values(timingsMs).reduce((sum, ms) => sum + ms, 0);
}

const IN_THE_ENGINE = ['decodeMs', 'inferMs', 'refineMs', 'composeMs', 'encodeMs'];
const BESIDE = ['fetchMs', 'handoverMs', 'storeMs'] as const;

/** Stage times of the last job, as logged by its worker. */
function lastStages(): Record<string, number> {
  const lines = system.workers[0]?.output().match(/^\{.*"event":"stages".*$/gm) ?? [];
  return JSON.parse(lines.at(-1) ?? '{}') as Record<string, number>;
}

const sumOf = (stages: Record<string, number>, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (stages[name] ?? NaN), 0);

/** From the first byte sent to the last byte received, over plain sockets. */
function serviceMs(): Promise<number> {
  const headers = { 'Content-Type': 'image/jpeg', 'Content-Length': photo.length, Prefer: 'wait=60' };
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const sent = request(`${system.url}/v1/jobs`, { method: 'POST', headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode ?? 0}`));
      response.resume().on('end', () => resolve(performance.now() - startedAt));
    });
    sent.once('error', reject).end(photo);
  });
}

try {
  const pipeline: number[] = [];
  const service: number[] = [];
  const within: number[] = [];
  const parts: Record<string, number[]> = { api: [] };
  await barePipelineMs();
  await serviceMs();
  for (let round = 0; round < rounds; round++) {
    pipeline.push(await barePipelineMs());
    service.push(await serviceMs());
    await sleep(REST_MS);
    const stages = lastStages();
    const beside = (service.at(-1) ?? NaN) - sumOf(stages, IN_THE_ENGINE);
    within.push(beside);
    for (const name of BESIDE) (parts[name] ??= []).push(stages[name] ?? NaN);
    parts['api']?.push(beside - sumOf(stages, BESIDE));
    process.stderr.write(
      `round ${round + 1}: pipeline ${tenth(pipeline.at(-1) ?? 0)} ms, service ${tenth(service.at(-1) ?? 0)} ms\n`,
    );
  }
  const overheadMs = median(service.map((ms, i) => ms - (pipeline[i] ?? NaN)));
  show('overhead', {
    megapixels,
    rounds,
    pipelineMs: tenth(median(pipeline)),
    serviceMs: tenth(median(service)),
    overheadMs: tenth(overheadMs),
    overheadShare: tenth((100 * overheadMs) / median(pipeline)),
    besideItsOwnStagesMs: tenth(median(within)),
    min: tenth(Math.min(...within)),
    parts: Object.fromEntries(Object.entries(parts).map(([name, all]) => [name, tenth(median(all))])),
  });
} finally {
  await bare.stop();
  await system.stop();
}
