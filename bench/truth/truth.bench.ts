/**
 * Writes pictures with known opacity as files:
 *
 *   npm run bench -- truth --out FOLDER [--sets a,b] [--cases 40] [--packages .cache/truth]
 *   npm run bench -- truth --out FOLDER --sets graphics [--rounds 4] [--seed graphics]
 *
 * FOLDER/SET/NAME.png is the picture, NAME.alpha.png its opacity; list.json describes them. A set is any name, and each
 * has seeds of its own. `wide` has aspect ratios from 1:12 to 12:1. `graphics` has drawings and product shots on one
 * color, also as JPEG of quality 90, 80 and 60, and photographs as counterexamples. `npm run bench -- matte --help` says
 * where photographs come from.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { argument, list } from '../lib/figures.js';
import { compose, type CompositePlan } from './composition.js';
import { flatPictures, type FlatPicture } from './graphics-set.js';
import { boxOf } from './raster.js';
import { plansOf } from './truth-sets.js';

const FAST = { compressionLevel: 2 };

const out = argument('out', '');
if (out === '') throw new Error('--out FOLDER is missing');
const packages = argument('packages', '.cache/truth');
for (const set of list('sets', 'a,b')) {
  const folder = join(out, set);
  mkdirSync(folder, { recursive: true });
  const facts: unknown[] = [];
  if (set === 'graphics') {
    for await (const picture of flatPictures(
      argument('seed', 'graphics'),
      Number(argument('rounds', '4')),
      packages,
    )) {
      facts.push(await writeFlat(picture, folder));
      writeFileSync(join(folder, 'list.json'), JSON.stringify(facts, null, 1));
    }
    continue;
  }
  for (const plan of plansOf(set, Number(argument('cases', '40')), packages)) {
    facts.push(await write(plan, folder));
    writeFileSync(join(folder, 'list.json'), JSON.stringify(facts, null, 1));
  }
}

async function write(plan: CompositePlan, folder: string): Promise<unknown> {
  const { image, alpha, width, height } = await compose(plan, packages);
  await sharp(image, { raw: { width, height, channels: 3 } })
    .png(FAST)
    .toFile(join(folder, `${plan.name}.png`));
  await writeGray(alpha, plan, join(folder, `${plan.name}.alpha.png`));
  const box = boxOf((i) => alpha[i]!, width, height);
  const { name, set, ground, subjects } = plan;
  return {
    name,
    set,
    kind: subjects[0]!.kind,
    kinds: subjects.map(({ kind }) => kind),
    subjects: subjects.length,
    ground,
    width,
    height,
    aspect: width / height,
    box,
    boxShare: (box.width * box.height) / (width * height),
    heightShare: box.height / height,
  };
}

async function writeFlat({ image, alpha, ...facts }: FlatPicture, folder: string): Promise<unknown> {
  const { name, width, height } = facts;
  const opened = sharp(image, { raw: { width, height, channels: 3 } });
  await opened
    .clone()
    .png(FAST)
    .toFile(join(folder, `${name}.png`));
  const files = [`${name}.png`];
  for (const quality of [90, 80, 60]) {
    files.push(`${name}-q${quality}.jpg`);
    await opened
      .clone()
      .jpeg({ quality })
      .toFile(join(folder, files.at(-1)!));
  }
  await writeGray(alpha, facts, join(folder, `${name}.alpha.png`));
  return { ...facts, set: 'graphics', files };
}

async function writeGray(
  gray: Uint8Array,
  { width, height }: { width: number; height: number },
  file: string,
): Promise<void> {
  await sharp(gray, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png(FAST)
    .toFile(file);
}
