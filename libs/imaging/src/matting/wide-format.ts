import { wipe } from '#crypto/wipe.js';
import { enclosingRect, maskParts } from './mask-parts.js';
import { cropAround, MARGIN } from './second-look.js';
import { clamp, rectOf, type Rect, type Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/**
 * Rules for wide and tall pictures. Squashed to the model's square, a subject is many times narrower than the model
 * knows it. So the first look only finds the parts, and each part is looked at again in a crop of its own.
 */

/** Ratio of the sides beyond which a picture counts as wide or tall. */
export const WIDE_FROM = 2.5;
/** Opacity from which a cell belongs to a part. */
const PART_FROM = 100;
/** Mass of a part, as a share of the largest one's, below which it is a scrap. */
const MIN_MASS = 0.05;
/** Places of one picture at most. */
const MAX_PLACES = 4;
/** Crops that overlap are joined up to this ratio of their sides. */
const JOINED_TO = 3;
/** Ratio of the sides of a tile, and the part of it that the next tile covers again. */
const TILE_RATIO = 2;
const TILE_OVERLAP = 0.25;
/** Tiles of one picture at most. */
const MAX_TILES = 8;

/** True when a picture is wide or tall. */
export const isWide = ({ width, height }: Size): boolean =>
  Math.max(width, height) > WIDE_FROM * Math.min(width, height);

/** A part of a picture that is looked at again. */
export interface Place {
  /** In cells of the first look; undefined for a tile. */
  box: Rect | undefined;
  /** Crop around it with the usual margin, in pixels of the image. */
  crop: Rect;
}

/**
 * Places to look at again: the parts of the first look, or tiles of a wide picture when it found nothing.
 * @param region part of the image that the mask covers, in pixels
 */
export function partsOf(mask: Mask, region: Rect): Place[] {
  const { parts, labels } = maskParts(mask, PART_FROM);
  wipe(labels);
  const largest = parts.reduce((mass, part) => Math.max(mass, part.mass), 0);
  const places = parts
    .filter(({ mass }) => mass >= MIN_MASS * largest)
    .sort((one, other) => other.mass - one.mass)
    .map(({ box }) => ({ box, crop: cropAround(box, mask, region, MARGIN) }));
  if (places.length > 0) return joined(places).slice(0, MAX_PLACES);
  return isWide(region) ? tilesOf(region).map((crop) => ({ box: undefined, crop })) : [];
}

/** Joins places whose crops overlap while the joint crop does not become too long. */
function joined(places: readonly { box: Rect; crop: Rect }[]): Place[] {
  const out = [...places];
  for (let i = 0; i < out.length; i += 1) {
    for (let j = out.length - 1; j > i; j -= 1) {
      const [one, other] = [out[i] as { box: Rect; crop: Rect }, out[j] as { box: Rect; crop: Rect }];
      const crop = enclosingRect(one.crop, other.crop);
      if (!overlaps(one.crop, other.crop) || Math.max(crop.width, crop.height) > longestOf(crop)) continue;
      out[i] = { box: enclosingRect(one.box, other.box), crop };
      out.splice(j, 1);
      j = out.length;
    }
  }
  return out;
}

const longestOf = ({ width, height }: Size): number => JOINED_TO * Math.min(width, height);

const overlaps = (one: Rect, other: Rect): boolean =>
  one.left < other.left + other.width &&
  other.left < one.left + one.width &&
  one.top < other.top + other.height &&
  other.top < one.top + one.height;

/** Tiles along the longer side, of the full shorter side. */
function tilesOf({ left, top, width, height }: Rect): Rect[] {
  const isAcross = width >= height;
  const [long, short] = isAcross ? [width, height] : [height, width];
  const side = Math.min(long, TILE_RATIO * short);
  const step = side * (1 - TILE_OVERLAP);
  const count = clamp(Math.ceil((long - side) / step) + 1, 1, MAX_TILES);
  return Array.from({ length: count }, (_, i) => {
    const from = count === 1 ? 0 : Math.round(((long - side) * i) / (count - 1));
    return isAcross
      ? rectOf(left + from, top, left + from + side, top + height)
      : rectOf(left, top + from, left + width, top + from + side);
  });
}
