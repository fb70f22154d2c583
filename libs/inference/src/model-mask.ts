import { wipe } from '#crypto/wipe.js';
import { halfValues } from './half-floats.js';
import type { FrameSize, Placement } from './model-frame.js';
import type { ModelOutput } from './model-signature.js';

/** Opacity of each pixel, one byte, rows from the top: 0 background, 255 subject. The caller wipes `data`. */
export interface OpacityMask {
  data: Uint8Array;
  width: number;
  height: number;
}

/** An output that cannot be a mask of the picture. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Main output of a run for several images, as ONNX Runtime gives it. */
export interface RawOutput {
  type: string;
  data: ArrayLike<number>;
  dims: readonly number[];
}

/** Values of one channel of one image, and their grid. */
export interface Plane extends FrameSize {
  values: Float32Array;
}

/** Channels, grid and distances in memory of an output. */
interface Grid extends FrameSize {
  channels: number;
  /** From a channel to the next, and from a pixel to the next. */
  strides: { channel: number; pixel: number };
}

/**
 * Grid of an output of `count` images for an input of this size. It may be coarser or finer than the input, by the
 * same factor in both directions.
 * @throws OutputError for another rank, number of channels or images, or other proportions
 */
export function gridOf(dims: readonly number[], count: number, channels: number, input: FrameSize): Grid {
  const text = `[${dims.join(', ')}]`;
  if (dims.length !== 4 && dims.length !== 3) {
    throw new OutputError(`has ${dims.length} dimensions, ${text}, and a mask has three or four`);
  }
  if (dims[0] !== count) throw new OutputError(`has the shape ${text} for ${count} images`);
  const grid = arranged(dims, channels);
  if (grid === undefined) {
    const expected = channels === 1 ? 'one channel' : `${channels} channels`;
    throw new OutputError(`has the shape ${text}, and ${expected} were expected`);
  }
  // Strided layers round sides up: one cell of difference is allowed.
  const [across, down] = [grid.width / input.width, grid.height / input.height];
  const difference = Math.abs(grid.width - input.width * down);
  if (difference > 1 && Math.abs(grid.height - input.height * across) > 1) {
    throw new OutputError(
      `has the shape ${text}: its proportions are not those of the input, ${input.width} x ${input.height}`,
    );
  }
  return grid;
}

function arranged(dims: readonly number[], channels: number): Grid | undefined {
  const [, second = 0, third = 0, fourth = 0] = dims;
  if (dims.length === 3) {
    const size = { width: third, height: second };
    return channels === 1 ? { ...size, channels, strides: { channel: 0, pixel: 1 } } : undefined;
  }
  if (second === channels) {
    const size = { width: fourth, height: third };
    return { ...size, channels, strides: { channel: third * fourth, pixel: 1 } };
  }
  if (fourth !== channels) return undefined;
  return { width: third, height: second, channels, strides: { channel: 1, pixel: channels } };
}

/**
 * Opacity of the image `index` of an output, before stretching: 0 to 1. The caller wipes `values`.
 * @throws OutputError when a value is not finite
 */
export function opacityOf(raw: RawOutput, index: number, grid: Grid, output: ModelOutput): Plane {
  const { width, height, channels } = grid;
  const pixels = width * height;
  const at = index * channels * pixels;
  const read = reader(raw);
  const values = new Float32Array(pixels);
  const value = output.class === undefined ? single(output, read, at) : ofClass({ output, read, at, grid });
  let isFinite = true;
  for (let i = 0; i < pixels; i += 1) {
    const found = value(i);
    isFinite &&= found - found === 0;
    values[i] = output.inverted ? 1 - found : found;
  }
  if (!isFinite) {
    wipe(values);
    throw new OutputError('has values that are not finite numbers');
  }
  return { values, width, height };
}

type Read = (at: number) => number;

/** Numbers of an output in their order. */
export function numbersOf(raw: RawOutput): Float32Array {
  const read = reader(raw);
  return Float32Array.from({ length: raw.data.length }, (_, at) => read(at));
}

/** Float16 is a bit pattern where the platform has no array of that type. */
function reader({ type, data }: RawOutput): Read {
  if (type !== 'float16' || !(data instanceof Uint16Array)) return (at) => data[at] as number;
  const table = halfValues();
  return (at) => table[data[at] as number] as number;
}

const unit: Record<ModelOutput['kind'], (value: number) => number> = {
  probability: (value) => value,
  logits: (value) => 1 / (1 + Math.exp(-value)),
  signed: (value) => (value + 1) / 2,
  bytes: (value) => value / 255,
};

function single({ kind }: ModelOutput, read: Read, from: number): (i: number) => number {
  const convert = unit[kind];
  return (i) => convert(read(from + i));
}

interface Classes {
  output: ModelOutput;
  read: Read;
  at: number;
  grid: Grid;
}

/** The channel of the subject; logits become probabilities by a softmax over all channels. */
function ofClass({ output, read, at: from, grid }: Classes): (i: number) => number {
  const { channel, pixel } = grid.strides;
  const chosen = output.class?.index ?? 0;
  const convert = unit[output.kind];
  if (output.kind !== 'logits') return (i) => convert(read(from + chosen * channel + i * pixel));
  return (i) => {
    const start = from + i * pixel;
    const own = read(start + chosen * channel);
    let sum = 0;
    for (let k = 0; k < grid.channels; k += 1) sum += Math.exp(read(start + k * channel) - own);
    return 1 / sum;
  };
}

/** The part of a plane that shows the picture. A plane without padding is returned as it is. */
export function pictureOf(plane: Plane, picture: FrameSize, { input, left, top }: Placement): Plane {
  if (picture.width === input.width && picture.height === input.height) return plane;
  const across = span(left, picture.width, plane.width / input.width);
  const down = span(top, picture.height, plane.height / input.height);
  const values = new Float32Array(across.cells.length * down.cells.length);
  let to = 0;
  for (const y of down.cells)
    for (const x of across.cells) values[to++] = sample(plane, x, y, { across, down });
  wipe(plane.values);
  return { values, width: across.cells.length, height: down.cells.length };
}

/** Positions of the picture's cells on the plane's grid, and the first and last cell that shows no padding. */
interface Span {
  cells: number[];
  first: number;
  last: number;
}

function span(offset: number, length: number, scale: number): Span {
  const [from, size] = [offset * scale, length * scale];
  const count = Math.max(1, Math.round(size));
  const first = Math.ceil(from - 1e-6);
  const last = Math.max(first, Math.floor(from + size + 1e-6) - 1);
  const cells = Array.from({ length: count }, (_, i) => {
    const center = from + ((i + 0.5) * size) / count - 0.5;
    // Positions on cells are read without interpolation.
    const nearest = Math.round(center);
    const exact = Math.abs(center - nearest) < 1e-6 ? nearest : center;
    return Math.max(first, Math.min(last, exact));
  });
  return { cells, first, last };
}

function sample(
  { values, width }: Plane,
  x: number,
  y: number,
  { across, down }: { across: Span; down: Span },
): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [x1, y1] = [Math.min(x0 + 1, across.last), Math.min(y0 + 1, down.last)];
  const [fx, fy] = [x - x0, y - y0];
  const row = (line: number): number =>
    (1 - fx) * (values[line * width + x0] as number) + fx * (values[line * width + x1] as number);
  return (1 - fy) * row(y0) + fy * row(y1);
}

/**
 * Values that span less than this are not stretched: a picture without a subject stays empty, and one that is all
 * subject stays full.
 */
export const MIN_STRETCHED_SPAN = 0.5;

/** Opacity as bytes, rounded and limited; stretched to the full range if the model asks for it. */
export function toMask({ values, width, height }: Plane, stretch: boolean): OpacityMask {
  const [low, high] = stretch ? rangeOf(values) : [0, 1];
  const isStretched = high - low >= MIN_STRETCHED_SPAN;
  const [base, scale] = isStretched ? [low, 1 / (high - low)] : [0, 1];
  const data = new Uint8Array(values.length);
  for (let i = 0; i < data.length; i += 1) {
    const value = ((values[i] as number) - base) * scale;
    data[i] = value <= 0 ? 0 : value >= 1 ? 255 : value * 255 + 0.5;
  }
  return { data, width, height };
}

function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [1, 0];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [Math.max(low, 0), Math.min(high, 1)];
}
