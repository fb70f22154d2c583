import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { decodeForModel, squareFrame } from '#imaging/decode/decode.js';
import { parseJson } from '#inference/model-catalog.js';
import { ModelError, readJson, sha256Of } from '#inference/model-files.js';
import type { Rect } from '#imaging/raster/pixel-rect.js';
import type { Calibration } from '../recipe/calibration.js';

/** Folder of the pictures that ship, relative to the package folder. */
export const PICTURES = 'models/pictures';

/** A picture, or a part of one. */
export interface PictureView {
  name: string;
  bytes: Buffer;
  region?: Rect;
}

/** Pictures for a calibration, and others to compare the result on. */
export interface PictureSets {
  calibration: PictureView[];
  check: PictureView[];
  /** Facts about the pictures of the calibration. */
  facts: Calibration['photos'];
}

const MAX_PIXELS = 200_000_000;
const MAX_CALIBRATION = 24;
const MAX_CHECK = 12;
const MIN_PICTURES = 3;
/** Every third picture of an operator's folder is kept for the comparison. */
const CHECK_EVERY = 3;
const EXTENSIONS = /\.(jpe?g|png|webp|avif|heic|heif|tiff?)$/i;
/** Parts of a picture that are looked at besides the whole: origin and size as shares of width and height. */
const PARTS = [
  { left: 0, top: 0, size: 0.7 },
  { left: 0.3, top: 0.15, size: 0.7 },
] as const;

const listSchema = z.strictObject({
  pictures: z.array(
    z.strictObject({
      name: z.string(),
      sha256: z.string(),
      origin: z.string(),
      licence: z.string(),
      use: z.enum(['calibrate', 'check']),
      parts: z.boolean().default(false).describe('Parts of it are pictures of their own'),
    }),
  ),
});

/**
 * The pictures that ship. Some are looked at three times in the comparison: whole, and two parts of them.
 * @param root package folder
 * @throws ModelError when one is missing or another than the list says
 */
export async function shippedPictures(root: string): Promise<PictureSets> {
  const folder = join(root, PICTURES);
  const { pictures } = parseJson(join(folder, 'pictures.json'), listSchema, readJson);
  const views = pictures.map((picture) => {
    const bytes = readPicture(join(folder, picture.name));
    if (sha256Of(bytes) !== picture.sha256) throw new ModelError(`${PICTURES}/${picture.name} is damaged`);
    return { ...picture, bytes };
  });
  const facts = pictures
    .filter(({ use }) => use === 'calibrate')
    .map(({ name, sha256, origin, licence }) => ({ name, sha256, origin, licence }));
  const check: PictureView[] = [];
  for (const view of views.filter(({ use }) => use === 'check')) {
    check.push(...(view.parts ? await withParts(view) : [view]));
  }
  return { calibration: views.filter(({ use }) => use === 'calibrate'), check, facts };
}

async function withParts({ name, bytes }: PictureView): Promise<PictureView[]> {
  const { width, height } = await sharp(bytes).metadata();
  const parts = PARTS.map(({ left, top, size }) => ({
    left: Math.floor(left * width),
    top: Math.floor(top * height),
    width: Math.floor(size * width),
    height: Math.floor(size * height),
  }));
  return [{ name, bytes }, ...parts.map((region, i) => ({ name: `${name}, part ${i + 1}`, bytes, region }))];
}

/**
 * The pictures of a folder, at most 36, spread over it in the order of their names; every third one is for the
 * comparison.
 * @throws ModelError when there are fewer than three
 */
export async function operatorPictures(folder: string): Promise<PictureSets> {
  const readable: PictureView[] = [];
  for (const name of spread(namesIn(folder), MAX_CALIBRATION + MAX_CHECK)) {
    const bytes = readPicture(join(folder, name));
    const isPicture = await sharp(bytes)
      .metadata()
      .then(
        () => true,
        () => false,
      );
    if (isPicture) readable.push({ name, bytes });
  }
  if (readable.length < MIN_PICTURES) {
    throw new ModelError(
      `${folder} has ${readable.length} readable pictures; at least ${MIN_PICTURES} are needed`,
    );
  }
  const isCheck = (_: PictureView, i: number): boolean => i % CHECK_EVERY === CHECK_EVERY - 1;
  const calibration = readable.filter((view, i) => !isCheck(view, i));
  const facts = calibration.map(({ name, bytes }) => ({
    name,
    sha256: sha256Of(bytes),
    origin: 'named by the operator',
    licence: 'not known',
  }));
  return { calibration, check: readable.filter(isCheck), facts };
}

/** Pixels of a view in the size of a model's square input. */
export async function pixelsOf({ bytes, region }: PictureView, side: number): Promise<Uint8Array> {
  return (await decodeForModel(bytes, squareFrame(side), MAX_PIXELS, region)).data;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => EXTENSIONS.test(name))
      .sort();
  } catch {
    throw new ModelError(`${folder} is not a readable folder`);
  }
}

function readPicture(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new ModelError(`${path} cannot be read`);
  }
}

/** At most `count` items at equal distances. */
const spread = (names: readonly string[], count: number): string[] =>
  names.filter(
    (_, i) => Math.floor((i * count) / names.length) !== Math.floor(((i - 1) * count) / names.length),
  );
