import { Tensor } from 'onnxruntime-node';
import { toHalf } from './half-floats.js';
import { placementOf, type Placement } from './model-frame.js';
import type { ModelInput } from './model-signature.js';

/** Colors of an image in the size of its frame: 3 bytes a pixel in the order R, G, B; rows from the top. */
export interface Picture {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Converts pictures to the model's input tensor, in reused memory. */
export interface Feed {
  /** @param pictures of frames that give the same input size */
  fill: (pictures: readonly Picture[]) => Tensor;
  clear: () => void;
}

const CHANNELS = 3;
const BYTE_MAX = 255;

/** The feed of a model. */
export const feedOf = (input: ModelInput): Feed =>
  isBytesAsDecoded(input) ? decodedFeed(input) : tableFeed(input);

const isBytesAsDecoded = ({ type, layout, size, channels }: ModelInput): boolean =>
  type === 'uint8' && layout === 'nhwc' && channels === 'rgb' && size.fit !== 'letterbox';

/** Bytes as decoded: a single image is not copied; several are concatenated. */
function decodedFeed({ size: rule }: ModelInput): Feed {
  let joined = new Uint8Array(0);
  return {
    fill: (pictures) => {
      const { input } = placed(rule, pictures);
      const dims = [pictures.length, input.height, input.width, CHANNELS];
      const [first, ...others] = pictures;
      if (first !== undefined && others.length === 0) return new Tensor('uint8', first.data, dims);
      const size = CHANNELS * input.width * input.height;
      if (joined.length < pictures.length * size) joined = new Uint8Array(pictures.length * size);
      pictures.forEach(({ data }, i) => {
        joined.set(data, i * size);
      });
      return new Tensor('uint8', joined.subarray(0, pictures.length * size), dims);
    },
    clear: () => void joined.fill(0),
  };
}

type Values = Uint8Array | Uint16Array | Float32Array;

/** Any other input: each byte value is looked up in a table of its channel, and written where the layout has it. */
function tableFeed(model: ModelInput): Feed {
  const { type, layout, size: rule } = model;
  const steady = model.type !== 'uint8' && model.normalization.byMaximum ? undefined : tablesOf(model);
  const space = arrayOf(type, 0);
  const memory = { values: space };
  return {
    fill: (pictures) => {
      const places = placed(rule, pictures);
      const { width, height } = places.input;
      const size = CHANNELS * width * height;
      if (memory.values.length < pictures.length * size) {
        memory.values = arrayOf(type, pictures.length * size);
      }
      pictures.forEach((picture, i) => {
        const tables = steady ?? tablesOf(model, largestOf(picture.data));
        const target = memory.values.subarray(i * size, (i + 1) * size);
        write({ target, picture, place: places.places[i] as Placement, tables, model });
      });
      const dims =
        layout === 'nchw'
          ? [pictures.length, CHANNELS, height, width]
          : [pictures.length, height, width, CHANNELS];
      return tensorOf(type, memory.values.subarray(0, pictures.length * size), dims);
    },
    clear: () => void memory.values.fill(0),
  };
}

function placed(
  rule: ModelInput['size'],
  pictures: readonly Picture[],
): { input: Placement['input']; places: Placement[] } {
  const places = pictures.map((picture) => placementOf(rule, picture));
  const [first] = places;
  if (first === undefined) throw new RangeError('there is no picture');
  return { input: first.input, places };
}

function arrayOf(type: ModelInput['type'], length: number): Values {
  if (type === 'uint8') return new Uint8Array(length);
  return type === 'float16' ? new Uint16Array(length) : new Float32Array(length);
}

function tensorOf(type: ModelInput['type'], values: Values, dims: readonly number[]): Tensor {
  if (type === 'uint8') return new Tensor('uint8', values as Uint8Array, dims);
  return type === 'float16'
    ? new Tensor('float16', values as Uint16Array, dims)
    : new Tensor('float32', values as Float32Array, dims);
}

/** Tables of R, G and B, in the representation of the tensor. */
function tablesOf(model: ModelInput, largest = BYTE_MAX): readonly Values[] {
  if (model.type === 'uint8') {
    const same = Uint8Array.from({ length: BYTE_MAX + 1 }, (_, value) => value);
    return [same, same, same];
  }
  const tables = normalization(model.normalization, largest);
  if (model.type === 'float32') return tables;
  return tables.map((table) => Uint16Array.from(table, toHalf));
}

/**
 * Lookup tables of R, G and B: `(value - mean) / std` for each byte value.
 * @param largest byte value that is scaled to 255
 */
export function normalization(
  { mean, std }: { mean: readonly number[]; std: readonly number[] },
  largest = BYTE_MAX,
): Float32Array[] {
  const scale = BYTE_MAX / Math.max(largest, 1);
  return mean.map((each, channel) =>
    Float32Array.from(
      { length: BYTE_MAX + 1 },
      (_, value) => (value * scale - each) / (std[channel] as number),
    ),
  );
}

/** The largest value of a picture, over all channels. */
function largestOf(pixels: Uint8Array): number {
  let largest = 0;
  for (const value of pixels) if (value > largest) largest = value;
  return largest;
}

interface Writing {
  target: Values;
  picture: Picture;
  place: Placement;
  tables: readonly Values[];
  model: ModelInput;
}

function write({ target, picture, place, tables, model }: Writing): void {
  const { input } = place;
  const isPartial = picture.width < input.width || picture.height < input.height;
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const table = tables[channel] as Values;
    const slot = model.channels === 'bgr' ? CHANNELS - 1 - channel : channel;
    const [start, step] = model.layout === 'nchw' ? [slot * input.width * input.height, 1] : [slot, CHANNELS];
    if (isPartial) fill({ target, start, step }, table[fillOf(model, channel)] as number);
    for (let y = 0; y < picture.height; y += 1) {
      let to = start + step * ((place.top + y) * input.width + place.left);
      let at = CHANNELS * y * picture.width + channel;
      for (let x = 0; x < picture.width; x += 1, to += step, at += CHANNELS) {
        target[to] = table[picture.data[at] as number] as number;
      }
    }
  }
}

const fillOf = ({ size }: ModelInput, channel: number): number =>
  size.fit === 'letterbox' ? (size.fill[channel] as number) : 0;

function fill({ target, start, step }: { target: Values; start: number; step: number }, value: number): void {
  const end = step === 1 ? start + target.length / CHANNELS : target.length;
  for (let at = start; at < end; at += step) target[at] = value;
}
