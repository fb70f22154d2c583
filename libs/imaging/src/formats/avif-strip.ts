import { wipe } from '#crypto/wipe.js';
import { readAvif, type AvifBoxes, type Extent } from './avif-boxes.js';
import { BESIDE_IMAGES, propertiesOf, sizeOf } from './avif-walk.js';
import { checkSequenceHeaders } from './av1-sequence.js';
import { corrupt, parseComplete } from './byte-cursor.js';
import { MAX_PROFILE_BYTES } from './image-facts.js';
import type { Piece } from './file-piece.js';

/** Size and type of the first box. */
const MAGIC_BYTES = 8;

/** Properties that affect pixels. */
const KEPT_PROPERTIES = new Set([
  'ispe',
  'pixi',
  'av1C',
  'colr',
  'auxC',
  'irot',
  'imir',
  'clap',
  'pasp',
  'a1op',
  'a1lx',
  'lsel',
  'clli',
  'mdcv',
]);

/**
 * Removes from an AVIF, in place and without moving a byte, everything that does not affect its pixels. Metadata
 * items become zeros of a type that readers skip; the same applies to item names, properties that do not affect
 * pixels, tracks of a sequence, and unrelated boxes. Offsets in the file are absolute, so nothing may move.
 * @throws Problem `image-corrupt` when a coded image is larger than its item says
 */
export function* avifPieces(file: Buffer): Generator<Piece, void> {
  const boxes = parseComplete(file, function* (cursor) {
    yield* cursor.skip(MAGIC_BYTES);
    return yield* readAvif(cursor, file.readUInt32BE(0), () => undefined);
  });
  for (const at of boxes.sequenceBrandsAt) file.write('avif', at, 'latin1');
  stripItems(file, boxes);
  stripProperties(file, boxes);
  stripBoxes(file, boxes);
  checkImages(file, boxes);
  yield { from: 0, to: file.length };
}

function stripItems(file: Buffer, { items, extents }: AvifBoxes): void {
  for (const [id, { type, typeAt, entryTo }] of items) {
    // The item's name and, for other item types, their content.
    file.fill(0, typeAt + 4, entryTo);
    if (!BESIDE_IMAGES.has(type)) continue;
    for (const { from, to } of extents.get(id) ?? []) file.fill(0, from, to);
    file.write('skip', typeAt, 'latin1');
  }
}

function stripProperties(file: Buffer, { properties }: AvifBoxes): void {
  for (const { type, at, from, to, head } of properties) {
    const isProfile = type === 'colr' && head.toString('latin1', 0, 4) !== 'nclx';
    if (KEPT_PROPERTIES.has(type) && !(isProfile && to - from > MAX_PROFILE_BYTES)) continue;
    file.fill(0, from, to);
    file.write('skip', at + 4, 'latin1');
  }
}

/** Boxes of `meta` that a decoder needs. */
const KEPT_BOXES = new Set(['hdlr', 'pitm', 'iloc', 'iinf', 'iprp', 'iref', 'grpl', 'dinf']);
/** Offset of the handler's name in its box. */
const HANDLER_BYTES = 24;

/** In data boxes, all bytes outside of images become zeros; other unneeded boxes become empty. */
function stripBoxes(file: Buffer, { others, metaBoxes, items, extents }: AvifBoxes): void {
  const images = [...items]
    .filter(([, { type }]) => !BESIDE_IMAGES.has(type))
    .flatMap(([id]) => extents.get(id) ?? [])
    .sort((one, other) => one.from - other.from);
  for (const { type, from, to } of metaBoxes) {
    if (type === 'hdlr') file.fill(0, Math.min(from + HANDLER_BYTES, to), to);
  }
  for (const { type, at, from, to } of [...others, ...metaBoxes.filter((box) => !KEPT_BOXES.has(box.type))]) {
    if (type !== 'mdat' && type !== 'idat') file.write('free', at + 4, 'latin1');
    let clean = from;
    for (const image of images) {
      if (image.to <= from || image.from >= to) continue;
      if (image.from > clean) file.fill(0, clean, image.from);
      clean = Math.max(clean, image.to);
    }
    const end = Math.min(to, file.length);
    if (clean < end) file.fill(0, clean, end);
  }
}

/** Checks that no coded image is larger than its item, to which the limits were applied. */
function checkImages(file: Buffer, boxes: AvifBoxes): void {
  for (const [id, { type }] of boxes.items) {
    if (type !== 'av01') continue;
    const size = sizeOf(boxes, id);
    const parts = boxes.extents.get(id);
    if (size === undefined || parts === undefined) throw corrupt();
    const data = dataOf(file, parts);
    try {
      checkSequenceHeaders(data, size);
    } finally {
      if (parts.length > 1) wipe(data);
    }
    const configuration = propertiesOf(boxes, id).find((property) => property.type === 'av1C');
    if (configuration !== undefined) {
      checkSequenceHeaders(file.subarray(configuration.from + 4, configuration.to), size);
    }
  }
}

/** The bytes of an item: a part of the file, or a copy when there are several extents. */
function dataOf(file: Buffer, parts: readonly Extent[]): Buffer {
  const pieces = parts.map(({ from, to }) => file.subarray(from, to));
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
