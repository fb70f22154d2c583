/** Cases of the matte benchmark: encoded pictures with their exact opacity. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { compose } from './composition.js';
import { flatPictures } from './graphics-set.js';
import { plansOf } from './truth-sets.js';

export interface MatteCase {
  name: string;
  set: string;
  /** Sort of the subject. */
  kind: string;
  /** Height of the subject's box as a share of the frame's. */
  share: number;
  /** Encoded picture. */
  image: Buffer;
  /** One byte a pixel. */
  alpha: Uint8Array;
  width: number;
  height: number;
}

export interface CaseSource {
  sets: readonly string[];
  /** Cases of each set. */
  count: number;
  /** Folder of unpacked Debian packages. */
  packages: string;
  /** Folder that `npm run bench -- truth` has written, instead of drawing anew. */
  from?: string | undefined;
}

/** All cases, one after the other. */
export async function* casesOf({ sets, count, packages, from }: CaseSource): AsyncGenerator<MatteCase> {
  for (const set of sets) {
    if (from !== undefined) yield* writtenCases(from, set, count);
    else if (set === 'graphics') yield* graphicCases(count, packages);
    else yield* drawnCases(set, count, packages);
  }
}

async function* drawnCases(set: string, count: number, packages: string): AsyncGenerator<MatteCase> {
  for (const plan of plansOf(set, count, packages)) {
    const { image, alpha, width, height } = await compose(plan, packages);
    const facts = { name: plan.name, set, kind: plan.subjects[0]!.kind, width, height };
    yield {
      ...facts,
      image: await pngOf(image, width, height),
      alpha,
      share: heightShare(alpha, width, height),
    };
  }
}

async function* graphicCases(count: number, packages: string): AsyncGenerator<MatteCase> {
  let left = count;
  for await (const { name, kind, image, alpha, width, height } of flatPictures('graphics', 4, packages)) {
    if (left === 0) return;
    left -= 1;
    const facts = { name, set: 'graphics', kind, width, height };
    yield {
      ...facts,
      image: await pngOf(image, width, height),
      alpha,
      share: heightShare(alpha, width, height),
    };
  }
}

interface Listed {
  name: string;
  kind: string;
  width: number;
  height: number;
}

async function* writtenCases(from: string, set: string, count: number): AsyncGenerator<MatteCase> {
  const file = join(from, set, 'list.json');
  if (!existsSync(file))
    throw new Error(`${file} is missing: npm run bench -- truth --out ${from} --sets ${set}`);
  for (const { name, kind, width, height } of (JSON.parse(readFileSync(file, 'utf8')) as Listed[]).slice(
    0,
    count,
  )) {
    // From memory: the service's decoder blocks loaders that open files.
    const alpha = await sharp(readFileSync(join(from, set, `${name}.alpha.png`)))
      .extractChannel(0)
      .raw()
      .toBuffer();
    const image = readFileSync(join(from, set, `${name}.png`));
    yield { name, set, kind, share: heightShare(alpha, width, height), image, alpha, width, height };
  }
}

const pngOf = (image: Uint8Array, width: number, height: number): Promise<Buffer> =>
  sharp(image, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 2 })
    .toBuffer();

function heightShare(alpha: Uint8Array, width: number, height: number): number {
  const first = alpha.findIndex((value) => value > 12);
  const last = alpha.findLastIndex((value) => value > 12);
  return first === -1 ? 0 : (Math.floor(last / width) - Math.floor(first / width) + 1) / height;
}
