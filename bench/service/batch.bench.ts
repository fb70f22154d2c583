/**
 * Thousands of images as one batch, against the same workers' engines without a service. Both run alternately: a part
 * of the batch, then each engine by itself for a while. Reports images per second of both, whether every image was
 * delivered exactly once, and the memory of API and Redis.
 *
 * usage: npm run bench -- batch [--images 2000] [--workers 2] [--megapixels 1] [--parts 10] [--json] [--save]
 */
import { readFileSync } from 'node:fs';
import { BatchClient } from '../../test/harness/batch-client.js';
import { startSystem } from '../../test/harness/system.js';
import { BareEngines } from './bare-engines.js';
import { argument, median, show, tenth } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

const RECEIVERS = 4;
const SUBMITTERS = 3;
const SAMPLE_MS = 1000;
/** Images that each engine processes by itself between two parts. */
const BARE_IMAGES = 10;

const images = Number(argument('images', '2000'));
const workers = Number(argument('workers', '2'));
const parts = Number(argument('parts', '10'));
const megapixels = Number(argument('megapixels', '1'));
const photo = await photoOf(megapixels);

// With the usual limits of a client, except requests per minute: the number of images of one client in the service is
// part of the measurement.
const engines = await BareEngines.start(workers);
const system = await startSystem({ THREADS: '1', RATE_LIMIT: '1000000' }, workers);
const redis = system.inspector();
const memory = { api: [] as number[], redis: [] as number[] };
const sampler = setInterval(() => void sample(), SAMPLE_MS);

async function sample(): Promise<void> {
  const status = readFileSync(`/proc/${system.apis[0]?.child.pid ?? 0}/status`, 'latin1');
  memory.api.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024);
  memory.redis.push(Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? NaN) / 2 ** 20);
}

/** Images a second of the engines alone. */
const bareRate = (): Promise<number> => engines.rate(photo, BARE_IMAGES);

const batch = await BatchClient.open(system.url);
const received = new Map<string, number>();
let refusals = 0;

async function submit(names: string[]): Promise<void> {
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    for (;;) {
      const answer = await batch.post(photo, name);
      if (answer.status === 202) break;
      if (answer.status !== 429 && answer.status !== 503) throw new Error(`refused with ${answer.status}`);
      refusals += 1;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

/** Receives until `count` images have arrived in total, or the batch is complete. */
async function receive(count: number): Promise<void> {
  while (received.size < count) {
    const answer = await batch.next('?wait=1');
    if (answer.status === 204) continue;
    if (answer.status !== 200) throw new Error(`no result but ${answer.status}`);
    const name = answer.headers.get('x-custom-id') ?? '';
    received.set(name, (received.get(name) ?? 0) + 1);
  }
}

/** Images a second of one part of the batch. */
async function batchRate(part: number): Promise<number> {
  const from = Math.round((part * images) / parts);
  const to = Math.round(((part + 1) * images) / parts);
  const names = Array.from({ length: to - from }, (_, i) => `image-${from + i}`);
  const startedAt = performance.now();
  await Promise.all([
    ...Array.from({ length: SUBMITTERS }, () => submit(names)),
    ...Array.from({ length: RECEIVERS }, () => receive(to)),
  ]);
  return (1000 * (to - from)) / (performance.now() - startedAt);
}

const rates = { batch: [] as number[], bare: [] as number[] };
try {
  await bareRate();
  for (let part = 0; part < parts; part += 1) {
    rates.batch.push(await batchRate(part));
    rates.bare.push(await bareRate());
    const [ours, bare] = [rates.batch.at(-1) ?? NaN, rates.bare.at(-1) ?? NaN];
    process.stderr.write(
      `part ${part + 1} of ${parts}: batch ${ours.toFixed(2)} images/s, engines alone ${bare.toFixed(2)}, ` +
        `API ${tenth(memory.api.at(-1) ?? NaN)} MB, Redis ${tenth(memory.redis.at(-1) ?? NaN)} MB\n`,
    );
  }
  await batch.close();
  const { counts, status } = await batch.view();
  const hundredth = (value: number): number => Math.round(100 * value) / 100;
  const ratios = rates.batch.map((rate, i) => rate / (rates.bare[i] ?? NaN));
  show('batch', {
    ...{ images, workers, megapixels, parts, status, counts, refusals },
    deliveredOnce: [...received.values()].filter((times) => times === 1).length,
    imagesPerSecond: { batch: hundredth(median(rates.batch)), bare: hundredth(median(rates.bare)) },
    ratio: { median: hundredth(median(ratios)), all: ratios.map(hundredth) },
    memoryMb: { api: course(memory.api), redis: course(memory.redis) },
  });
} finally {
  clearInterval(sampler);
  await engines.stop();
  await system.stop();
}

/** Memory in each fifth of the run, and its peak relative to the second fifth, which is the steady state. */
function course(samples: number[]): { fifths: number[]; peak: number; peakOverSteady: number } {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const fifths = Array.from({ length: 5 }, (_, i) => median(samples.slice(i * fifth, (i + 1) * fifth)));
  const peak = Math.max(...samples);
  return {
    fifths: fifths.map(tenth),
    peak: tenth(peak),
    peakOverSteady: Math.round((100 * peak) / (fifths[1] ?? NaN)) / 100,
  };
}
