import { Problem } from '#contracts/problem-catalog.js';
import { corrupt, type ByteCursor, type Reading } from './byte-cursor.js';

/** A box of an ISO file (ISO/IEC 14496-12): its body is `from` to `to`. */
export interface Box {
  type: string;
  /** Offset of its header. */
  at: number;
  from: number;
  to: number;
}

/** A property of items, with its first bytes. */
export interface Property extends Box {
  head: Buffer;
}

/** Range of a part of an item in the file. */
export interface Extent {
  from: number;
  to: number;
}

/** An item of the file: an image, or metadata of one. */
export interface Item {
  type: string;
  /** Offsets of the four bytes of its type, and of the end of its entry. */
  typeAt: number;
  entryTo: number;
}

/** Contents of the boxes of an AVIF. */
export interface AvifBoxes {
  /** Offsets of the brands of image sequences in the first box. */
  sequenceBrandsAt: number[];
  /** Top-level boxes other than the first one and `meta`. */
  others: Box[];
  /** Boxes of `meta`. */
  metaBoxes: readonly Box[];
  primary: number;
  items: ReadonlyMap<number, Item>;
  extents: ReadonlyMap<number, readonly Extent[]>;
  properties: readonly Property[];
  /** Property numbers of each item, from 1. */
  propertiesOf: ReadonlyMap<number, readonly number[]>;
}

/** Limits on the parts of one image. */
export const MAX_BOXES = 2000;
export const MAX_ITEMS = 64;
export const MAX_EXTENTS = 64;
export const MAX_PROPERTIES = 256;
/** Limits on the bytes of a box that is read entirely, and on those read of a property or an entry. */
const MAX_BODY_BYTES = 131_072;
const MAX_HEAD_BYTES = 64;

/** Boxes of `meta` that may occur once. */
const SINGLE = new Set(['pitm', 'iinf', 'iloc', 'iprp', 'iref', 'idat']);

/** State of reading `meta`; offsets of extents are completed once the position of `idat` is known. */
interface MetaState {
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
  /** Offsets are relative to `idat`. */
  isInMeta: boolean;
  parts: { offset: number; length: number }[];
}

/**
 * Reads the boxes of an AVIF (AV1 Image File Format 1.1; HEIF, ISO/IEC 23008-12) from after the type of its first box
 * to the end of the last item. `meta` may come before or after the data of its items.
 * @param size the size of the first box
 * @param onMeta called once `meta` has been read
 * @throws Problem `image-corrupt` | `image-too-complex` | `image-type-unsupported` when it is not an AVIF
 */
export function* readAvif(
  cursor: ByteCursor,
  size: number,
  onMeta: (boxes: AvifBoxes) => void,
): Reading<AvifBoxes> {
  const sequenceBrandsAt = yield* readBrands(cursor, size);
  const state: MetaState = {
    ...{ boxes: 0, seen: new Set<string>(), metaBoxes: [], primary: undefined, idat: undefined },
    ...{ items: new Map<number, Item>(), locations: [], properties: [], propertiesOf: new Map() },
  };
  const others: Box[] = [];
  let boxes: AvifBoxes | undefined;
  for (let end = Infinity; cursor.position < end;) {
    const box = yield* boxHead(cursor, state, Infinity);
    if (box.type === 'meta') {
      if (boxes !== undefined) throw corrupt();
      yield* readMeta(cursor, box, state);
      boxes = { sequenceBrandsAt, others, ...assemble(state) };
      onMeta(boxes);
      end = endOf(boxes);
      continue;
    }
    others.push(box);
    // A box without a size extends to the end of the file and is the last one.
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

/** End of the last item. */
function endOf({ extents }: AvifBoxes): number {
  return Math.max(0, ...[...extents.values()].flat().map(({ to }) => to));
}

/** Reads the first box, whose brands identify an AVIF. Returns the offsets of sequence brands. */
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

/** Reads size and type of a box; a size of 0 extends to the end of its parent. */
function* boxHead(cursor: ByteCursor, state: MetaState, end: number): Reading<Box> {
  state.boxes += 1;
  if (state.boxes > MAX_BOXES) throw new Problem('image-too-complex');
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

/** Reads the boxes inside of one, and skips what `each` leaves unread. */
function* eachBox(
  cursor: ByteCursor,
  { to }: Box,
  { state, each }: { state: MetaState; each: (box: Box) => Reading<void> },
): Reading<void> {
  while (cursor.position + 8 <= to) {
    const box = yield* boxHead(cursor, state, to);
    yield* each(box);
    if (cursor.position > box.to) throw corrupt();
    yield* cursor.skip(box.to - cursor.position);
  }
  if (cursor.position > to) throw corrupt();
  yield* cursor.skip(to - cursor.position);
}

/** The entire body of a small box. */
function* readBody(cursor: ByteCursor, { from, to }: Box): Reading<BoxBody> {
  if (to - from > MAX_BODY_BYTES) throw new Problem('image-too-complex');
  return new BoxBody(yield* cursor.take(to - from));
}

function* readMeta(cursor: ByteCursor, meta: Box, state: MetaState): Reading<void> {
  if (meta.to === Infinity) throw corrupt();
  yield* cursor.take(4);
  const each = function* (box: Box): Reading<void> {
    state.metaBoxes.push(box);
    if (SINGLE.has(box.type)) {
      if (state.seen.has(box.type)) throw corrupt();
      state.seen.add(box.type);
    }
    if (box.type === 'pitm') state.primary = (yield* readBody(cursor, box)).primary();
    else if (box.type === 'iinf') yield* readItems(cursor, box, state);
    else if (box.type === 'iloc') state.locations = (yield* readBody(cursor, box)).locations();
    else if (box.type === 'idat') state.idat = box;
    else if (box.type === 'iprp') yield* readProperties(cursor, box, state);
    // The decoder follows references between items: there are few.
    else if (box.type === 'iref' && box.to - box.from > MAX_BODY_BYTES)
      throw new Problem('image-too-complex');
  };
  yield* eachBox(cursor, meta, { state, each });
}

/** `iinf`: an entry for each item. */
function* readItems(cursor: ByteCursor, box: Box, state: MetaState): Reading<void> {
  const isWide = (yield* cursor.take(4)).readUInt8(0) !== 0;
  const count = (yield* cursor.take(isWide ? 4 : 2)).readUIntBE(0, isWide ? 4 : 2);
  if (count > MAX_ITEMS) throw new Problem('image-too-complex');
  const each = function* (entry: Box): Reading<void> {
    if (entry.type !== 'infe') return;
    const from = cursor.position;
    const body = new BoxBody(yield* cursor.take(Math.min(entry.to - entry.from, MAX_HEAD_BYTES)));
    const { id, type, typeAt } = body.entry();
    if (state.items.has(id) || state.items.size >= MAX_ITEMS) throw new Problem('image-too-complex');
    state.items.set(id, { type, typeAt: from + typeAt, entryTo: entry.to });
  };
  yield* eachBox(cursor, box, { state, each });
}

/** `iprp`: properties, and their association with items. */
function* readProperties(cursor: ByteCursor, box: Box, state: MetaState): Reading<void> {
  const property = function* (box: Box): Reading<void> {
    if (state.properties.length >= MAX_PROPERTIES) throw new Problem('image-too-complex');
    const head = yield* cursor.take(Math.min(box.to - box.from, MAX_HEAD_BYTES));
    state.properties.push({ ...box, head });
  };
  const each = function* (box: Box): Reading<void> {
    if (box.type === 'ipco') {
      if (state.seen.has('ipco')) throw corrupt();
      state.seen.add('ipco');
      yield* eachBox(cursor, box, { state, each: property });
    } else if (box.type === 'ipma') {
      (yield* readBody(cursor, box)).associations(state.propertiesOf);
    }
  };
  yield* eachBox(cursor, box, { state, each });
}

type Complete = Omit<AvifBoxes, 'sequenceBrandsAt' | 'others'>;

/** Combines the contents of `meta`. @throws Problem `image-corrupt` when a part is missing */
function assemble({ primary, items, locations, idat, ...state }: MetaState): Complete {
  const { metaBoxes, properties, propertiesOf } = state;
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

/** Reads numbers of a box's body in order. @throws Problem `image-corrupt` after its end */
class BoxBody {
  private at = 4;

  constructor(private readonly bytes: Buffer) {
    if (bytes.length < 4) throw corrupt();
  }

  private get version(): number {
    return this.bytes.readUInt8(0);
  }

  private get flags(): number {
    return this.bytes.readUIntBE(1, 3);
  }

  /** The next number of 0, 1, 2, 4 or 8 bytes. */
  private number(bytes: number): number {
    if (this.at + bytes > this.bytes.length) throw corrupt();
    const at = this.at;
    this.at += bytes;
    if (bytes === 0) return 0;
    return bytes === 8 ? Number(this.bytes.readBigUInt64BE(at)) : this.bytes.readUIntBE(at, bytes);
  }

  /** `pitm`: the primary item. */
  primary(): number {
    return this.number(this.version === 0 ? 2 : 4);
  }

  /** `infe`: an item and its type; versions 2 and 3 contain the type. */
  entry(): { id: number; type: string; typeAt: number } {
    if (this.version !== 2 && this.version !== 3) throw corrupt();
    const id = this.number(this.version === 2 ? 2 : 4);
    this.number(2);
    const typeAt = this.at;
    this.number(4);
    return { id, type: this.bytes.toString('latin1', typeAt, typeAt + 4), typeAt };
  }

  /** `iloc`: extents of each item. */
  locations(): Location[] {
    const version = this.version;
    if (version > 2) throw corrupt();
    const sizes = this.number(2);
    const [offsetBytes, lengthBytes, baseBytes] = [12, 8, 4].map((shift) => (sizes >> shift) & 15);
    const indexBytes = version === 0 ? 0 : sizes & 15;
    if (
      ![offsetBytes, lengthBytes, baseBytes, indexBytes].every((size) => [0, 4, 8].includes(size as number))
    )
      throw corrupt();
    const count = this.number(version === 2 ? 4 : 2);
    if (count > MAX_ITEMS) throw new Problem('image-too-complex');
    return Array.from({ length: count }, () => {
      const item = this.number(version === 2 ? 4 : 2);
      const method = version === 0 ? 0 : this.number(2) & 15;
      // External data and items constructed from other items are not supported.
      if (method > 1 || this.number(2) !== 0) throw corrupt();
      const base = this.number(baseBytes as number);
      const parts = this.number(2);
      if (parts > MAX_EXTENTS) throw new Problem('image-too-complex');
      return {
        item,
        isInMeta: method === 1,
        parts: Array.from({ length: parts }, () => {
          this.number(indexBytes);
          const offset = base + this.number(offsetBytes as number);
          return { offset, length: this.number(lengthBytes as number) };
        }),
      };
    });
  }

  /** `ipma`: property numbers of items; there may be several such boxes. */
  associations(propertiesOf: Map<number, number[]>): void {
    const isWide = (this.flags & 1) === 1;
    const count = this.number(4);
    if (count > MAX_ITEMS) throw new Problem('image-too-complex');
    for (let i = 0; i < count; i += 1) {
      const item = this.number(this.version === 0 ? 2 : 4);
      const numbers = propertiesOf.get(item) ?? [];
      const own = this.number(1);
      for (let k = 0; k < own; k += 1) numbers.push(isWide ? this.number(2) & 0x7fff : this.number(1) & 0x7f);
      if (numbers.length > MAX_PROPERTIES) throw new Problem('image-too-complex');
      propertiesOf.set(item, numbers);
    }
  }
}
