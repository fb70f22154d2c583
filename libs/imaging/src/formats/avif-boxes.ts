import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';

/** A box of an ISO file (ISO/IEC 14496-12): its body goes from `from` to `to`. */
export interface Box {
  type: string;
  /** Where its header begins. */
  at: number;
  from: number;
  to: number;
}

/** A property of items, with its first bytes. */
export interface Property extends Box {
  head: Buffer;
}

/** Where a part of an item lies in the file. */
export interface Extent {
  from: number;
  to: number;
}

/** An item of the file: an image, or something that belongs to one. */
export interface Item {
  type: string;
  /** Where the four bytes of its type stand, and where its entry ends. */
  typeAt: number;
  entryTo: number;
}

/** Contents of the boxes of an AVIF. */
export interface AvifBoxes {
  /** Places of the brands of sequences in the first box. */
  sequenceBrandsAt: number[];
  /** Boxes of the file beside the first one and `meta`. */
  others: Box[];
  /** Boxes of `meta`. */
  metaBoxes: readonly Box[];
  primary: number;
  items: ReadonlyMap<number, Item>;
  extents: ReadonlyMap<number, readonly Extent[]>;
  properties: readonly Property[];
  /** Numbers of each item's properties, from 1. */
  propertiesOf: ReadonlyMap<number, readonly number[]>;
}

/** Boxes of one image. */
export const MAX_BOXES = 2000;
/** Items of one image. */
export const MAX_ITEMS = 64;
/** Extents of one item. */
export const MAX_EXTENTS = 64;
/** Properties of one image. */
export const MAX_PROPERTIES = 256;
/** Bytes of a box that is held, and of a property or an entry of which the beginning is. */
const MAX_HELD_BYTES = 131_072;
const MAX_HEAD_BYTES = 64;

/** Boxes of `meta` of which there is one. */
const SINGLE = new Set(['pitm', 'iinf', 'iloc', 'iprp', 'iref', 'idat']);

/** What has been read of `meta`; offsets of extents are completed once the place of `idat` is known. */
interface Read {
  boxes: number;
  seen: Set<string>;
  metaBoxes: Box[];
  primary: number | undefined;
  items: Map<number, Item>;
  locations: Location[];
  idat: Box | undefined;
  properties: Property[];
  propertiesOf: Map<number, number[]>;
}

interface Location {
  item: number;
  /** The offsets count from the beginning of `idat`. */
  isInMeta: boolean;
  parts: { offset: number; length: number }[];
}

/**
 * Reads the boxes of an AVIF (AV1 Image File Format 1.1; HEIF, ISO/IEC 23008-12) from after the type of its first box
 * to the end of the last one that its items lie in. `meta` may come before or after them.
 * @param size the size of the first box
 * @param onMeta called once `meta` has been read
 * @throws Problem `image-corrupt` | `image-too-complex` | `image-type-unsupported` when it is no AVIF
 */
export function* readAvif(
  cursor: ByteCursor,
  size: number,
  onMeta: (boxes: AvifBoxes) => void,
): Reading<AvifBoxes> {
  const sequenceBrandsAt = yield* readBrands(cursor, size);
  const read: Read = {
    ...{ boxes: 0, seen: new Set<string>(), metaBoxes: [], primary: undefined, idat: undefined },
    ...{ items: new Map<number, Item>(), locations: [], properties: [], propertiesOf: new Map() },
  };
  const others: Box[] = [];
  let boxes: AvifBoxes | undefined;
  for (let end = Infinity; cursor.position < end;) {
    const box = yield* boxHead(cursor, read, Infinity);
    if (box.type === 'meta') {
      if (boxes !== undefined) throw corrupt();
      yield* readMeta(cursor, box, read);
      boxes = { sequenceBrandsAt, others, ...complete(read) };
      onMeta(boxes);
      end = endOf(boxes);
      continue;
    }
    others.push(box);
    // A box without a size goes on to the end of the file, and is the last one.
    if (box.to === Infinity) {
      if (boxes !== undefined) return yield* untilEnd(cursor, end, boxes);
      yield* cursor.skipRest();
      throw corrupt();
    }
    yield* cursor.skip(box.to - cursor.position);
  }
  if (boxes === undefined) throw corrupt();
  return boxes;
}

function* untilEnd(cursor: ByteCursor, end: number, boxes: AvifBoxes): Reading<AvifBoxes> {
  yield* cursor.skip(Math.max(0, end - cursor.position));
  return boxes;
}

/** Where the last part of an item ends. */
function endOf({ extents }: AvifBoxes): number {
  return Math.max(0, ...[...extents.values()].flat().map(({ to }) => to));
}

/** The first box: it says that the file is an AVIF, alone or among other things. Returns where it says sequence. */
function* readBrands(cursor: ByteCursor, size: number): Reading<number[]> {
  if (size < 16 || size > 1024 || size % 4 !== 0) throw new Problem('image-type-unsupported');
  const from = cursor.position;
  const body = yield* cursor.take(size - 8);
  const places = Array.from({ length: body.length / 4 }, (_, i) => 4 * i).filter((at) => at !== 4);
  const isBrand = (brand: string) => (at: number) => body.toString('latin1', at, at + 4) === brand;
  const isAvif = places.some((at) => isBrand('avif')(at) || isBrand('avis')(at));
  if (!isAvif) throw new Problem('image-type-unsupported');
  return places.filter((at) => isBrand('avis')(at) || isBrand('msf1')(at)).map((at) => from + at);
}

/** Size and type; a size of 0 reaches to the end of what it is in. */
function* boxHead(cursor: ByteCursor, read: Read, end: number): Reading<Box> {
  read.boxes += 1;
  if (read.boxes > MAX_BOXES) throw new Problem('image-too-complex');
  const at = cursor.position;
  const head = yield* cursor.take(8);
  const type = head.toString('latin1', 4, 8);
  let size = head.readUInt32BE(0);
  if (size === 1) size = Number((yield* cursor.take(8)).readBigUInt64BE(0));
  else if (size === 0) size = end - at;
  const box = { type, at, from: cursor.position, to: at + size };
  if (box.to < box.from || box.to > end || (box.to > Number.MAX_SAFE_INTEGER && box.to !== Infinity))
    throw corrupt();
  return box;
}

/** Goes through the boxes within one, and passes over what `each` leaves of them. */
function* within(
  cursor: ByteCursor,
  { to }: Box,
  { read, each }: { read: Read; each: (box: Box) => Reading<void> },
): Reading<void> {
  while (cursor.position + 8 <= to) {
    const box = yield* boxHead(cursor, read, to);
    yield* each(box);
    if (cursor.position > box.to) throw corrupt();
    yield* cursor.skip(box.to - cursor.position);
  }
  if (cursor.position > to) throw corrupt();
  yield* cursor.skip(to - cursor.position);
}

/** The whole body of a box that is small. */
function* held(cursor: ByteCursor, { from, to }: Box): Reading<BoxBody> {
  if (to - from > MAX_HELD_BYTES) throw new Problem('image-too-complex');
  return new BoxBody(yield* cursor.take(to - from));
}

function* readMeta(cursor: ByteCursor, meta: Box, read: Read): Reading<void> {
  if (meta.to === Infinity) throw corrupt();
  yield* cursor.take(4);
  const each = function* (box: Box): Reading<void> {
    read.metaBoxes.push(box);
    if (SINGLE.has(box.type)) {
      if (read.seen.has(box.type)) throw corrupt();
      read.seen.add(box.type);
    }
    if (box.type === 'pitm') read.primary = (yield* held(cursor, box)).primary();
    else if (box.type === 'iinf') yield* readItems(cursor, box, read);
    else if (box.type === 'iloc') read.locations = (yield* held(cursor, box)).locations();
    else if (box.type === 'idat') read.idat = box;
    else if (box.type === 'iprp') yield* readProperties(cursor, box, read);
    // References between items are the decoder's to follow: there are few.
    else if (box.type === 'iref' && box.to - box.from > MAX_HELD_BYTES)
      throw new Problem('image-too-complex');
  };
  yield* within(cursor, meta, { read, each });
}

/** `iinf`: an entry for each item. */
function* readItems(cursor: ByteCursor, box: Box, read: Read): Reading<void> {
  const isWide = (yield* cursor.take(4)).readUInt8(0) !== 0;
  const count = (yield* cursor.take(isWide ? 4 : 2)).readUIntBE(0, isWide ? 4 : 2);
  if (count > MAX_ITEMS) throw new Problem('image-too-complex');
  const each = function* (entry: Box): Reading<void> {
    if (entry.type !== 'infe') return;
    const from = cursor.position;
    const body = new BoxBody(yield* cursor.take(Math.min(entry.to - entry.from, MAX_HEAD_BYTES)));
    const { id, type, typeAt } = body.entry();
    if (read.items.has(id) || read.items.size >= MAX_ITEMS) throw new Problem('image-too-complex');
    read.items.set(id, { type, typeAt: from + typeAt, entryTo: entry.to });
  };
  yield* within(cursor, box, { read, each });
}

/** `iprp`: properties, and which item has which of them. */
function* readProperties(cursor: ByteCursor, box: Box, read: Read): Reading<void> {
  const property = function* (found: Box): Reading<void> {
    if (read.properties.length >= MAX_PROPERTIES) throw new Problem('image-too-complex');
    const head = yield* cursor.take(Math.min(found.to - found.from, MAX_HEAD_BYTES));
    read.properties.push({ ...found, head });
  };
  const each = function* (found: Box): Reading<void> {
    if (found.type === 'ipco') {
      if (read.seen.has('ipco')) throw corrupt();
      read.seen.add('ipco');
      yield* within(cursor, found, { read, each: property });
    } else if (found.type === 'ipma') {
      (yield* held(cursor, found)).associations(read.propertiesOf);
    }
  };
  yield* within(cursor, box, { read, each });
}

type Complete = Omit<AvifBoxes, 'sequenceBrandsAt' | 'others'>;

/** What `meta` says together. @throws Problem `image-corrupt` when a part is missing */
function complete({ primary, items, locations, idat, ...read }: Read): Complete {
  const { metaBoxes, properties, propertiesOf } = read;
  if (primary === undefined || items.size === 0) throw corrupt();
  const extents = new Map<number, Extent[]>();
  for (const { item, isInMeta, parts } of locations) {
    if (extents.has(item) || (isInMeta && idat === undefined)) throw corrupt();
    const base = isInMeta ? (idat as Box).from : 0;
    const limit = isInMeta ? (idat as Box).to : Number.MAX_SAFE_INTEGER;
    const placed = parts.map(({ offset, length }) => ({ from: base + offset, to: base + offset + length }));
    if (placed.some(({ to }) => to > limit)) throw corrupt();
    extents.set(item, placed);
  }
  return { primary, items, extents, metaBoxes, properties, propertiesOf };
}

/** Reads numbers of a box's body one after the other. @throws Problem `image-corrupt` behind its end */
class BoxBody {
  #at = 4;

  constructor(private readonly bytes: Buffer) {
    if (bytes.length < 4) throw corrupt();
  }

  get #version(): number {
    return this.bytes.readUInt8(0);
  }

  get #flags(): number {
    return this.bytes.readUIntBE(1, 3);
  }

  /** The next number of 0, 1, 2, 4 or 8 bytes. */
  #number(bytes: number): number {
    if (this.#at + bytes > this.bytes.length) throw corrupt();
    const at = this.#at;
    this.#at += bytes;
    if (bytes === 0) return 0;
    return bytes === 8 ? Number(this.bytes.readBigUInt64BE(at)) : this.bytes.readUIntBE(at, bytes);
  }

  /** `pitm`: the primary item. */
  primary(): number {
    return this.#number(this.#version === 0 ? 2 : 4);
  }

  /** `infe`: an item and its type, which versions 2 and 3 tell. */
  entry(): { id: number; type: string; typeAt: number } {
    if (this.#version !== 2 && this.#version !== 3) throw corrupt();
    const id = this.#number(this.#version === 2 ? 2 : 4);
    this.#number(2);
    const typeAt = this.#at;
    this.#number(4);
    return { id, type: this.bytes.toString('latin1', typeAt, typeAt + 4), typeAt };
  }

  /** `iloc`: where each item lies. */
  locations(): Location[] {
    const version = this.#version;
    if (version > 2) throw corrupt();
    const sizes = this.#number(2);
    const [offsetBytes, lengthBytes, baseBytes] = [12, 8, 4].map((shift) => (sizes >> shift) & 15);
    const indexBytes = version === 0 ? 0 : sizes & 15;
    if (
      ![offsetBytes, lengthBytes, baseBytes, indexBytes].every((size) => [0, 4, 8].includes(size as number))
    )
      throw corrupt();
    const count = this.#number(version === 2 ? 4 : 2);
    if (count > MAX_ITEMS) throw new Problem('image-too-complex');
    return Array.from({ length: count }, () => {
      const item = this.#number(version === 2 ? 4 : 2);
      const method = version === 0 ? 0 : this.#number(2) & 15;
      // Data in another file is not there; items made of other items are not taken.
      if (method > 1 || this.#number(2) !== 0) throw corrupt();
      const base = this.#number(baseBytes as number);
      const parts = this.#number(2);
      if (parts > MAX_EXTENTS) throw new Problem('image-too-complex');
      return {
        item,
        isInMeta: method === 1,
        parts: Array.from({ length: parts }, () => {
          this.#number(indexBytes);
          const offset = base + this.#number(offsetBytes as number);
          return { offset, length: this.#number(lengthBytes as number) };
        }),
      };
    });
  }

  /** `ipma`: numbers of the properties that items have; there may be several such boxes. */
  associations(propertiesOf: Map<number, number[]>): void {
    const isWide = (this.#flags & 1) === 1;
    const count = this.#number(4);
    if (count > MAX_ITEMS) throw new Problem('image-too-complex');
    for (let i = 0; i < count; i += 1) {
      const item = this.#number(this.#version === 0 ? 2 : 4);
      const numbers = propertiesOf.get(item) ?? [];
      const own = this.#number(1);
      for (let k = 0; k < own; k += 1)
        numbers.push(isWide ? this.#number(2) & 0x7fff : this.#number(1) & 0x7f);
      if (numbers.length > MAX_PROPERTIES) throw new Problem('image-too-complex');
      propertiesOf.set(item, numbers);
    }
  }
}
