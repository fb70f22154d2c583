import { DataType, type OnnxTensor } from './onnx-types.js';
import { WireError } from './protobuf.js';

const FRACTION_BITS = 10;
const SUBNORMAL_STEP = 2 ** -24;

let halves: Float32Array | undefined;

/**
 * Values of a float or float16 tensor. Float16 is widened exactly; float is a view if its bytes are aligned, so the
 * result must not be modified.
 * @throws WireError for any other type, or when the length does not match the shape
 */
export function floatsOf(tensor: OnnxTensor): Float32Array {
  const bytes = tensor.rawData ?? tensor.floatData ?? new Uint8Array();
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  const width = tensor.dataType === DataType.float ? 4 : tensor.dataType === DataType.float16 ? 2 : 0;
  if (width === 0 || bytes.length !== count * width) {
    throw new WireError(`tensor ${tensor.name ?? ''} holds no floats, or not as many as its shape says`);
  }
  // `slice` of a Buffer would not copy.
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  if (width === 4) return new Float32Array(aligned.buffer, aligned.byteOffset, count);
  return widen(new Uint16Array(aligned.buffer, aligned.byteOffset, count));
}

/** Values of an int64 tensor. @throws WireError for any other type */
export function integersOf(tensor: OnnxTensor): number[] {
  const bytes = tensor.rawData;
  if (tensor.dataType !== DataType.int64 || bytes === undefined || bytes.length % 8 !== 0) {
    throw new WireError(`tensor ${tensor.name ?? ''} holds no integers`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

/** Half precision (IEEE 754 binary16) to single. */
function widen(source: Uint16Array): Float32Array {
  const table = (halves ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => halfValue(bits)));
  const out = new Float32Array(source.length);
  for (let i = 0; i < out.length; i += 1) out[i] = table[source[i] as number] as number;
  return out;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> FRACTION_BITS) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * SUBNORMAL_STEP;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
