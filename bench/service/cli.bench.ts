/**
 * A folder of photos with the command line, against the same workers' engines without a service. Both run
 * alternately: a part of the folder, as a separate command including start and end, then each engine by itself for a
 * while. Reports images per second of both.
 *
 * usage: npm run bench -- cli [--images 500] [--workers 2] [--megapixels 1] [--parts 5] [--concurrency 32] [--json]
 * [--save]
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removebg } from '../../test/harness/command-line.js';
import { startSystem } from '../../test/harness/system.js';
import { BareEngines } from './bare-engines.js';
import { argument, median, show } from '../lib/figures.js';
import { photoOf } from '../lib/photo.js';

/** Images that each engine processes by itself between two parts. */
const BARE_IMAGES = 10;

const images = Number(argument('images', '500'));
const workers = Number(argument('workers', '2'));
const parts = Number(argument('parts', '5'));
const megapixels = Number(argument('megapixels', '1'));
const concurrency = argument('concurrency', '32');
const photo = await photoOf(megapixels);
const folder = mkdtempSync(join(tmpdir(), 'removebg-bench-'));
const engines = await BareEngines.start(workers);
const system = await startSystem({ THREADS: '1', RATE_LIMIT: 'off' }, workers);

/** Images a second of one command, from its start to its end. */
async function commandRate(part: number): Promise<number> {
  const count = Math.round(((part + 1) * images) / parts) - Math.round((part * images) / parts);
  const [from, to] = [join(folder, `in-${part}`), join(folder, `out-${part}`)];
  mkdirSync(from);
  for (let i = 0; i < count; i += 1) writeFileSync(join(from, `${i}.jpg`), photo);
  const startedAt = performance.now();
  const { code, stderr } = await removebg([
    from,
    '--out',
    to,
    '--server',
    system.url,
    '-q',
    '-c',
    concurrency,
  ]);
  const rate = (1000 * count) / (performance.now() - startedAt);
  if (code !== 0 || readdirSync(to).length !== count)
    throw new Error(`ended with ${String(code)}: ${stderr}`);
  for (const path of [from, to]) rmSync(path, { recursive: true });
  return rate;
}

const hundredth = (value: number): number => Math.round(100 * value) / 100;
const rates = { command: [] as number[], bare: [] as number[] };
try {
  await engines.rate(photo, 2);
  for (let part = 0; part < parts; part += 1) {
    rates.command.push(await commandRate(part));
    rates.bare.push(await engines.rate(photo, BARE_IMAGES));
    const [ours, bare] = [rates.command.at(-1) ?? NaN, rates.bare.at(-1) ?? NaN];
    process.stderr.write(
      `part ${part + 1} of ${parts}: command line ${ours.toFixed(2)} images/s, engines alone ${bare.toFixed(2)}\n`,
    );
  }
  const ratios = rates.command.map((rate, i) => rate / (rates.bare[i] ?? NaN));
  show('cli', {
    ...{ images, workers, megapixels, parts, concurrency },
    imagesPerSecond: { command: hundredth(median(rates.command)), bare: hundredth(median(rates.bare)) },
    ratio: { median: hundredth(median(ratios)), all: ratios.map(hundredth) },
  });
} finally {
  await engines.stop();
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
}
