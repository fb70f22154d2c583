/**
 * Files of a cut-out in each format and quality: bytes relative to the PNG, and how much they look like it.
 *
 *   npm run bench -- formats [--photos 20] [--model isnet] [--packages .cache/truth] [--json] [--save]
 *   npm run bench -- formats --times [--megapixels 4,24] [--rounds 5] [--json] [--save]
 *
 * The first form cuts photographs out as the service does, encodes each result in every format, and compares what the
 * file shows over white and over black with the PNG: SSIM of the luminance, of the whole image and of the windows that
 * the subject is in. `goal` counts photographs whose file has at most 0.35 of the bytes of the PNG at an SSIM of at least
 * 0.98 over both grounds. The photographs are those of the tests, and photographs with opacity made by hand, from Debian
 * packages (`npm run bench -- matte --help` says how to get them), composed over others.
 *
 * `--times` measures the encoding alone, on a photograph with grain that is enlarged to the size: every format once a
 * round, the minimum and the median count. `--save` writes it to a file of its own.
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import type { Raster } from '#imaging/raster/raster.js';
import { argument, median, numbers, show, tenth } from '../lib/figures.js';
import { similarityOf, type GrayPlane } from '../lib/ssim.js';
import { compose } from '../truth/composition.js';
import { loadNetwork } from '../truth/matte-settings.js';
import { Random } from '../truth/random.js';
import { namesOf } from '../truth/subjects.js';
import { decoded, encodeAs, RESULT_FORMATS, type ResultFormat } from './result-formats.js';

const LIMITS = { maxPixels: 50_000_000, maxProgressivePixels: 50_000_000, maxSidePixels: 20_000 };
const TEST_PHOTOS = ['astronaut', 'chelsea', 'coffee'];
/** Size of a composed photograph, and height of its subject as a share of it. */
const COMPOSED = { width: 1400, height: 1100, share: 0.9 };
/** Of a lossy format: bytes relative to the PNG, and SSIM over white and over black. */
const GOAL = { bytes: 0.35, ssim: 0.98 };
/** Deviation of the grain of an enlarged photograph, of 255. */
const GRAIN = 2;

/** What one file is like. */
interface Measured {
  /** Bytes relative to the PNG. */
  bytes: number;
  white: number;
  subjectOnWhite: number;
  /** Absent where the file has no transparency. */
  black?: number;
  subjectOnBlack?: number;
}

if (process.argv.includes('--times')) await measureTimes();
else await measureFiles();

async function measureFiles(): Promise<void> {
  const count = Number(argument('photos', '20'));
  const photos = await photographs(count, argument('packages', '.cache/truth'));
  const network = await loadNetwork(argument('model', 'isnet'), 2);
  const measured = new Map<string, Measured[]>(RESULT_FORMATS.map(({ name }) => [name, []]));
  for (const [name, image] of photos) {
    const { data } = await cutOut({
      ...{ image, limits: LIMITS, network: network.segmentation, onStage: () => undefined },
      options: jobOptionsSchema.parse({}),
    });
    const cutout = await decoded(data);
    for (const format of RESULT_FORMATS)
      measured.get(format.name)?.push(await measure(format, cutout, data.length));
    process.stderr.write(`${name}: ${(data.length / 1024).toFixed(0)} KiB as PNG\n`);
  }
  await network.release();
  const formats = Object.fromEntries([...measured].map(([name, files]) => [name, summaryOf(files)]));
  show('formats', { photos: photos.map(([name]) => name), formats });
}

/** Encoded photographs by name. */
async function photographs(count: number, packages: string): Promise<[name: string, image: Buffer][]> {
  const own = TEST_PHOTOS.map((name): [string, Buffer] => [name, readFileSync(`test/photos/${name}.jpg`)]);
  const { width, height, share } = COMPOSED;
  const names = new Random('formats').shuffled(namesOf('photo', packages)).slice(0, count - own.length);
  for (const name of names) {
    const subjects = [{ kind: 'photo' as const, name, share }];
    const plan = {
      name,
      set: 'formats',
      seed: `formats ${name}`,
      width,
      height,
      ground: 'photo' as const,
      subjects,
    };
    const { image } = await compose(plan, packages);
    const raw = { width, height, channels: 3 as const };
    own.push([name, await sharp(image, { raw }).png({ compressionLevel: 2 }).toBuffer()]);
  }
  if (own.length < count) process.stderr.write(`${own.length} photographs: ${packages} has no others\n`);
  return own.slice(0, count);
}

async function measure(format: ResultFormat, cutout: Raster, pngBytes: number): Promise<Measured> {
  const file = await encodeAs(format, cutout);
  const shown = await decoded(file);
  const bytes = file.length / pngBytes;
  if (shown.data.length === cutout.data.length && Buffer.compare(shown.data, cutout.data) === 0)
    return { bytes, white: 1, black: 1, subjectOnWhite: 1, subjectOnBlack: 1 };
  const isSubject = (pixel: number): boolean => cutout.data[4 * pixel + 3]! > 0;
  const over = (ground: number): { all: number; counted: number } =>
    similarityOf(luminance(cutout, ground), luminance(shown, ground), isSubject);
  const white = over(255);
  if (format.options.format === 'jpg') return { bytes, white: white.all, subjectOnWhite: white.counted };
  const black = over(0);
  return {
    ...{ bytes, white: white.all, subjectOnWhite: white.counted },
    ...{ black: black.all, subjectOnBlack: black.counted },
  };
}

/** Luminance over a gray ground (Rec. 601, as in the paper on SSIM). */
function luminance({ data, width, height }: Raster, ground: number): GrayPlane {
  const plane = new Float32Array(width * height);
  for (let i = 0; i < plane.length; i += 1) {
    const luma = 0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!;
    const alpha = data[4 * i + 3]! / 255;
    plane[i] = luma * alpha + ground * (1 - alpha);
  }
  return { data: plane, width, height };
}

/** Median and worst of all photographs, and how many reach the goal. */
function summaryOf(files: readonly Measured[]): Record<string, { median: number; worst: number } | number> {
  const isGood = ({ bytes, white, black = 1 }: Measured): boolean =>
    bytes <= GOAL.bytes && Math.min(white, black) >= GOAL.ssim;
  const figures: Record<string, { median: number; worst: number } | number> = {
    goal: files.filter(isGood).length,
  };
  for (const key of ['bytes', 'white', 'black', 'subjectOnWhite', 'subjectOnBlack'] as const) {
    const values = files.flatMap((file) => file[key] ?? []);
    if (values.length === 0) continue;
    const worst = key === 'bytes' ? Math.max(...values) : Math.min(...values);
    figures[key] = { median: fourDigits(median(values)), worst: fourDigits(worst) };
  }
  return figures;
}

function fourDigits(value: number): number {
  return Math.round(1e4 * value) / 1e4;
}

async function measureTimes(): Promise<void> {
  const rounds = Number(argument('rounds', '5'));
  const times: Record<string, Record<string, { min: number; median: number }>> = {};
  for (const megapixels of numbers('megapixels', '4,24')) {
    const cutout = await enlarged(megapixels);
    const measured = new Map<string, number[]>(RESULT_FORMATS.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const format of RESULT_FORMATS) {
        const startedAt = performance.now();
        await encodeAs(format, cutout);
        measured.get(format.name)?.push(performance.now() - startedAt);
      }
      process.stderr.write(`${megapixels} megapixels, round ${round + 1}\n`);
    }
    times[megapixels] = Object.fromEntries(
      [...measured].map(([name, ms]) => [name, { min: tenth(Math.min(...ms)), median: tenth(median(ms)) }]),
    );
  }
  show('formats-times', { rounds, encodeMs: times });
}

/** The cut-out of a photograph in this size, with the grain of a sensor. */
async function enlarged(megapixels: number): Promise<Raster> {
  const side = Math.round(Math.sqrt(1e6 * megapixels));
  const size = { width: side, height: side, fit: 'fill' } as const;
  const alpha = await sharp(readFileSync('test/photos/astronaut.alpha.png'))
    .resize(size)
    .extractChannel(0)
    .toBuffer();
  const photo = sharp(readFileSync('test/photos/astronaut.jpg')).resize(size).joinChannel(alpha);
  const data = await photo.raw().toBuffer();
  const random = new Random('grain');
  for (let at = 0; at < data.length; at += 4) {
    const isClear = data[at + 3] === 0;
    const grain = isClear ? 0 : GRAIN * random.normal();
    for (let c = 0; c < 3; c += 1)
      data[at + c] = isClear ? 0 : Math.min(255, Math.max(0, data[at + c]! + grain));
  }
  return { data, width: side, height: side };
}
