import { corrupt } from './byte-cursor.js';
import type { HuffmanTables } from './jpeg-huffman.js';
import type { BlockCoding, ScanPlan } from './jpeg-scan.js';

const BLOCK_PIXELS = 8;
/** Limit on the blocks of an MCU of several components (T.81, B.2.3). */
const MAX_UNIT_BLOCKS = 10;

/** A component, as the frame header (SOF) describes it. */
interface Component {
  id: number;
  /** Sampling factors. */
  horizontal: number;
  vertical: number;
  /** Number of its quantization table. */
  quantizer: number;
}

/** An image, as its frame header describes it. */
export interface Frame {
  width: number;
  height: number;
  components: readonly Component[];
}

/** Coding tables at a position in a file. */
export interface CodingTables {
  huffman: HuffmanTables;
  /** The first quantizer of each quantization table. */
  quantizers: ReadonlyMap<number, number>;
  restartInterval: number;
}

/** Reads the body of an SOF segment. @throws Problem `image-corrupt` */
export function readFrame(body: Buffer): Frame {
  const count = body[5] ?? 0;
  if (count === 0 || body.length !== 6 + 3 * count || body[0] !== 8) throw corrupt();
  const components = Array.from({ length: count }, (_, i) => {
    const [id = 0, sampling = 0, quantizer = 0] = body.subarray(6 + 3 * i);
    return { id, horizontal: sampling >> 4, vertical: sampling & 15, quantizer };
  });
  const [height, width] = [body.readUInt16BE(1), body.readUInt16BE(3)];
  if (components.some(({ horizontal, vertical }) => horizontal * vertical === 0)) throw corrupt();
  return { width, height, components };
}

/** Reads the first quantizers from the body of a DQT segment: precision and number of a table, then 64 quantizers. */
export function readQuantizers(body: Buffer, into: Map<number, number>): void {
  for (let at = 0; at + 2 < body.length;) {
    const selector = body[at] ?? 0;
    const bytes = selector >> 4 === 0 ? 1 : 2;
    into.set(selector & 15, body.readUIntBE(at + 1, bytes));
    at += 1 + 64 * bytes;
  }
}

/**
 * Coding of a sequential scan, from the body of its header (SOS): count, then id and tables of each component.
 * @throws Problem `image-corrupt`
 */
export function planOfScan(
  body: Buffer,
  frame: Frame,
  tables: CodingTables,
): ScanPlan & { components: number[] } {
  const count = body[0] ?? 0;
  const chosen = Array.from({ length: count }, (_, i) => {
    const component = frame.components.find(({ id }) => id === body[1 + 2 * i]);
    if (component === undefined) throw corrupt();
    return { component, coding: codingOf(component, body[2 + 2 * i] ?? 0, tables) };
  });
  const [first] = chosen;
  if (first === undefined) throw corrupt();
  // A scan of a single component has no padding to whole MCUs: it contains visible blocks only.
  const blocks =
    count === 1
      ? [first.coding]
      : chosen.flatMap(({ component: { horizontal, vertical }, coding }) =>
          Array.from({ length: horizontal * vertical }, () => coding),
        );
  if (blocks.length > MAX_UNIT_BLOCKS) throw corrupt();
  const units = count === 1 ? blocksOf(frame, first.component) : unitsOf(frame);
  return {
    blocks,
    units,
    restartInterval: tables.restartInterval,
    components: chosen.map(({ component }) => component.id),
  };
}

function codingOf({ quantizer }: Component, selector: number, tables: CodingTables): BlockCoding {
  const { huffman, quantizers } = tables;
  const first = quantizers.get(quantizer);
  if (first === undefined) throw corrupt();
  const [dc, ac] = [huffman.table('dc', selector >> 4), huffman.table('ac', selector & 15)];
  return { dc, ac, quantizer: first, first: 0 };
}

const greatest = (values: readonly number[]): number => Math.max(...values);

const samplingOf = ({ components }: Frame): [horizontal: number, vertical: number] => [
  greatest(components.map(({ horizontal }) => horizontal)),
  greatest(components.map(({ vertical }) => vertical)),
];

function unitsOf(frame: Frame): number {
  const [horizontal, vertical] = samplingOf(frame);
  const columns = Math.ceil(frame.width / (BLOCK_PIXELS * horizontal));
  return columns * Math.ceil(frame.height / (BLOCK_PIXELS * vertical));
}

function blocksOf(frame: Frame, component: Component): number {
  const [horizontal, vertical] = samplingOf(frame);
  const columns = Math.ceil(Math.ceil((frame.width * component.horizontal) / horizontal) / BLOCK_PIXELS);
  const rows = Math.ceil(Math.ceil((frame.height * component.vertical) / vertical) / BLOCK_PIXELS);
  return columns * rows;
}
