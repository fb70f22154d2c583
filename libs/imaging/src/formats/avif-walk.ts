import { Problem } from '#contracts/problem-catalog.js';
import { readAvif, type AvifBoxes, type Property } from './avif-boxes.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';
import { MAX_AVIF_PIXELS, sized, type OnImageFacts } from './image-facts.js';

/** Item types that are images, and types of metadata items that are removed. Derived items are not supported. */
const IMAGES = new Set(['av01', 'grid']);
export const BESIDE_IMAGES = new Set(['Exif', 'mime', 'uri ', 'tmap']);

/** Limit on the pixels of all coded images together: color, alpha, gain map and thumbnails. */
const MAX_CODED_PIXELS = 4 * MAX_AVIF_PIXELS;

/**
 * Walks an AVIF from after the type of its first box; `onFacts` is called with the size of its primary item, before
 * rotation and mirroring. Items may be coded images, a grid of them, and metadata, but not derived images.
 * @param magic size and type of the first box
 * @throws Problem `image-corrupt` | `image-too-complex` | `image-type-unsupported`
 */
export function* walkAvif(cursor: ByteCursor, onFacts: OnImageFacts, magic: Buffer): Reading<void> {
  yield* readAvif(cursor, magic.readUInt32BE(0), (boxes) => check(boxes, onFacts));
}

function check(boxes: AvifBoxes, onFacts: OnImageFacts): void {
  const { items, primary } = boxes;
  let codedPixels = 0;
  for (const [id, { type }] of items) {
    if (!IMAGES.has(type) && !BESIDE_IMAGES.has(type)) {
      throw new Problem('image-type-unsupported', {
        detail: 'This AVIF is made of parts that are not AV1 images. Export it as JPEG or PNG.',
      });
    }
    const size = IMAGES.has(type) ? sizeOf(boxes, id) : undefined;
    if (size === undefined) continue;
    // Each of them may be decoded: it must be within the limits by itself.
    onFacts(sized('avif', size.width, size.height, true));
    if (type === 'av01') codedPixels += size.width * size.height;
  }
  if (codedPixels > MAX_CODED_PIXELS) throw new Problem('image-too-complex');
  const size = sizeOf(boxes, primary);
  if (!IMAGES.has(items.get(primary)?.type ?? '') || size === undefined) throw corrupt();
  onFacts(sized('avif', size.width, size.height, true));
}

/** Properties of an item. */
export const propertiesOf = ({ propertiesOf: all, properties }: AvifBoxes, id: number): Property[] =>
  (all.get(id) ?? []).flatMap((number) => properties[number - 1] ?? []);

/** `ispe`: the size of an image item, in pixels. @throws Problem `image-corrupt` when an item has two */
export function sizeOf(boxes: AvifBoxes, id: number): { width: number; height: number } | undefined {
  const [size, second] = propertiesOf(boxes, id).filter(({ type }) => type === 'ispe');
  if (size === undefined) return undefined;
  if (second !== undefined || size.head.length < 12) throw corrupt();
  return { width: size.head.readUInt32BE(4), height: size.head.readUInt32BE(8) };
}
