/**
 * Drawings on one color with known alpha, cut out by their colors and by a model, as PNG and as JPEG; and photographs
 * on one color, which must not be taken for drawings.
 *
 *   npm run bench -- graphics [--model isnet] [--only-key] [--json]
 *
 * Figures are soft IoU with the true alpha. `--only-key` runs no model. False alarms: the test photos, their subjects on
 * five colors, and the same subjects in light gray on white.
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut, type Segmentation } from '#imaging/cutout-pipeline.js';
import { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { prepareModel } from '#model-builder/model-preparation.js';
import { argument, show } from '../lib/figures.js';
import { DRAWINGS, knownGraphic, type KnownGraphic } from './known-graphics.js';

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const ENCODINGS = ['png', '90', '80', '60'] as const;
const PHOTOS = ['astronaut', 'chelsea', 'coffee'];
const GROUNDS = ['#ffffff', '#f4f4f2', '#101010', '#3a6ea5', '#dfe8d0'];

type Encoding = (typeof ENCODINGS)[number];

/** Stands in for a model: the test for drawings comes before it. */
const noModel: Segmentation = {
  inputFor: () => ({ width: 1024, height: 1024, kernel: 'lanczos3' }),
  segment: () => Promise.resolve({ data: new Uint8Array(64 * 64), width: 64, height: 64 }),
};

const isKeyOnly = process.argv.includes('--only-key');
const model = isKeyOnly ? undefined : await loaded(argument('model', 'isnet'));
const drawings: Record<string, Record<string, string>> = {};
for (const name of Object.keys(DRAWINGS)) {
  const known = await knownGraphic(name);
  const figures: Record<string, string> = {};
  for (const encoding of ENCODINGS) figures[encoding] = await figuresOf(known, encoding);
  drawings[name] = figures;
  process.stderr.write(`${name}: ${JSON.stringify(figures)}\n`);
}
const falseAlarms: string[] = [];
let photographs = 0;
for (const [name, image] of await notDrawings()) {
  photographs += 1;
  if ((await cut(image, 'auto', noModel)).isKeyed) falseAlarms.push(name);
}
show('graphics', { drawings, photographs, falseAlarms });

async function loaded(name: string): Promise<Segmenter> {
  const registry = new ModelRegistry(process.cwd(), argument('models', '.cache/models'));
  const entry = registry.find(name);
  await prepareModel(registry, entry);
  return Segmenter.load(entry, registry.pathOf(entry), 2);
}

/** Soft IoU of the key, then of the model; "-" where the image is not taken for a drawing. */
async function figuresOf(known: KnownGraphic, encoding: Encoding): Promise<string> {
  const { data, width, height } = known.image;
  const opened = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha();
  const image = await (
    encoding === 'png' ? opened.png() : opened.jpeg({ quality: Number(encoding) })
  ).toBuffer();
  const truth = known.truth.filter((_, i) => i % 4 === 3);
  const keyed = await cut(image, 'auto', noModel);
  const key = keyed.isKeyed ? softIou(keyed.alpha, truth).toFixed(3) : '-';
  if (model === undefined) return key;
  const other = await cut(image, 'off', model);
  return `${key} ${softIou(other.alpha, truth).toFixed(3)}`;
}

async function cut(
  image: Buffer,
  graphics: 'auto' | 'off',
  network: Segmentation,
): Promise<{ alpha: Uint8Array; isKeyed: boolean }> {
  const { data, hints } = await cutOut({
    image: Buffer.from(image),
    options: jobOptionsSchema.parse({ graphics }),
    limits: LIMITS,
    network,
    onStage: () => undefined,
  });
  const alpha = await sharp(data).ensureAlpha().extractChannel(3).raw().toBuffer();
  return { alpha, isKeyed: hints.includes('graphics') };
}

/** Photographs, and their subjects on one color: as they are, and in light gray on white. */
async function notDrawings(): Promise<[name: string, image: Buffer][]> {
  const images: [string, Buffer][] = [];
  for (const photo of PHOTOS) {
    const file = readFileSync(`test/photos/${photo}.jpg`);
    const alpha = readFileSync(`test/photos/${photo}.alpha.png`);
    const { width, height } = await sharp(file).metadata();
    const subject = await sharp(file)
      .joinChannel(await sharp(alpha).resize(width, height, { fit: 'fill' }).extractChannel(0).toBuffer())
      .png()
      .toBuffer();
    const light = await sharp(subject)
      .removeAlpha()
      .grayscale()
      .linear(0.2, 204)
      .toColourspace('srgb')
      .toBuffer();
    const whitened = await sharp(light)
      .joinChannel(await sharp(subject).extractChannel(3).toBuffer())
      .png()
      .toBuffer();
    images.push([photo, file]);
    for (const ground of GROUNDS) images.push([`${photo} on ${ground}`, await onGround(subject, ground)]);
    images.push([`${photo} in white on white`, await onGround(whitened, '#ffffff')]);
  }
  return images;
}

/** A subject with a margin on one color, as JPEG. */
function onGround(subject: Buffer, background: string): Promise<Buffer> {
  return sharp(subject)
    .extend({ top: 60, bottom: 60, left: 60, right: 60, background: '#00000000' })
    .flatten({ background })
    .jpeg({ quality: 88 })
    .toBuffer();
}

function softIou(alpha: Uint8Array, truth: Uint8Array): number {
  let [both, any] = [0, 0];
  for (let i = 0; i < truth.length; i += 1) {
    both += Math.min(alpha[i]!, truth[i]!);
    any += Math.max(alpha[i]!, truth[i]!);
  }
  return both / Math.max(1, any);
}
