import { surfaceOf, surfaceWith } from './canvas-surface.js';
import { compose, drawIn, placed, placeOf, type Placement } from './compose.js';
import type { Edit, SavedFormat } from './edit.js';
import { fitted, type Size } from './frame-geometry.js';
import { LayeredPicture, SMALL_SIDE } from './layered-picture.js';
import { LookLayers } from './look-layers.js';
import type { Pair, PixelWork } from './pixel-messages.js';

/** Longer side of the small copies that cards show. */
const CARD_SIDE = 1024;
const SMALL: ImageEncodeOptions = { type: 'image/webp', quality: 0.85 };

const TYPES: Readonly<Record<SavedFormat, string>> = {
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
};

/** Size and small copy of a photo. */
export async function measure(photo: Blob): Promise<PixelWork['measure']['back']> {
  const bitmap = await createImageBitmap(photo);
  const { width, height } = bitmap;
  const small = await surfaceWith(bitmap, fitted(bitmap, CARD_SIDE)).canvas.convertToBlob(SMALL);
  bitmap.close();
  return { width, height, small };
}

/** A decoded pair and the layers of its look. */
interface OpenPair {
  picture: LayeredPicture;
  photo: CanvasImageSource;
  layers: LookLayers;
}

async function openPair({ photo, cutout }: Pair): Promise<OpenPair> {
  const picture = await LayeredPicture.open(photo, cutout);
  return { picture, photo: picture.photo, layers: new LookLayers(picture) };
}

/** A pair at the size of previews. A large photo is replaced by its small copy. */
async function openSmallPair({ photo, cutout }: Pair): Promise<OpenPair> {
  const picture = await LayeredPicture.open(photo, cutout, SMALL_SIDE);
  const { photo: whole, smallPhoto: small } = picture;
  if (small !== whole) whole.close();
  return { picture, photo: small, layers: new LookLayers(picture, small) };
}

interface Composed {
  canvas: OffscreenCanvas;
  place: Placement;
  size: Size;
  /** Size of the result when its longer side is not limited. */
  saved: Size;
}

/** Composes an edited cutout whose longer side is at most `side` pixels. */
async function composed(
  { picture, layers }: OpenPair,
  { strokes, look }: Edit,
  side: number,
): Promise<Composed> {
  await picture.apply(strokes);
  const scene = await layers.prepare(
    look,
    strokes.map(({ id }) => id),
  );
  const { scale, ...size } = fitted(scene.kept, side);
  const onto = surfaceOf(size);
  const place = placeOf(scene.kept, scale);
  compose(onto, { cutout: picture.at(scale).canvas, size: picture.size, scene, place });
  return { canvas: onto.canvas, place, size, saved: fitted(scene.kept, Infinity) };
}

/** How long a decoded pair is kept for the next change of its look, milliseconds. */
const KEEP_MS = 20_000;
let kept: { key: string | undefined; pair: Promise<OpenPair> } | undefined;
let forget: ReturnType<typeof setTimeout> | undefined;
const release = (): unknown => (kept = undefined);

/** The pair of this key, decoded at the size of previews. */
function keptPair(pair: Pair, key: string | undefined): Promise<OpenPair> {
  if (kept === undefined || key === undefined || kept.key !== key) {
    kept = { key, pair: openSmallPair(pair) };
    kept.pair.catch(release);
  }
  clearTimeout(forget);
  forget = setTimeout(release, KEEP_MS);
  return kept.pair;
}

/** Small copies of a photo and its edited cutout. */
export async function renderPreview(
  request: PixelWork['renderPreview']['send'],
): Promise<PixelWork['renderPreview']['back']> {
  const pair = await keptPair(request, request.key);
  const { canvas, place, size, saved } = await composed(pair, request.edit, CARD_SIDE);
  const before = surfaceOf(size);
  drawIn(before, pair.photo, placed({ left: 0, top: 0, ...pair.picture.size }, place));
  const blobs = [before.canvas, canvas].map((one) => one.convertToBlob(SMALL));
  const [first, after] = await Promise.all(blobs);
  if (first === undefined || after === undefined) throw new TypeError('no copies');
  return { before: first, after, width: saved.width, height: saved.height };
}

const formatOf = (blob: Blob): SavedFormat =>
  (Object.keys(TYPES) as SavedFormat[]).find((format) => TYPES[format] === blob.type) ?? 'png';

/** The edited cutout at full size. A browser that cannot encode the format encodes PNG. */
export async function render(pair: Pair, edit: Edit): Promise<PixelWork['render']['back']> {
  const open = await openPair(pair);
  const { canvas, size } = await composed(open, edit, Infinity);
  open.picture.photo.close();
  const { format, quality } = edit.look;
  const image = await canvas.convertToBlob({ type: TYPES[format], quality: quality / 100 });
  return { image, format: formatOf(image), ...size };
}
