import { halfValues } from '#inference/half-floats.js';
import { DataType, type OnnxTensor } from './onnx-types.js';
import { WireError, WireReader } from './protobuf.js';

/**
 * Values of a float or float16 tensor. Float16 is widened exactly; float is a view if its bytes are aligned, so the
 * result must not be modified.
 * @throws WireError for any other type, or when the length does not match the shape
 */
export function floatsOf(tensor: OnnxTensor): Float32Array {
  const bytes = tensor.rawData ?? tensor.floatData ?? halvesOf(tensor);
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

/** Bytes of a float16 tensor whose bits are stored as varints. */
function halvesOf({ dataType, int32Data }: OnnxTensor): Uint8Array {
  if (dataType !== DataType.float16 || int32Data === undefined) return new Uint8Array();
  return new Uint8Array(Uint16Array.from(varintsOf(int32Data)).buffer);
}

const INTEGER_BYTES = new Map<number | undefined, number>([
  [DataType.int64, 8],
  [DataType.int32, 4],
  [DataType.bool, 1],
]);

/** Values of an int64, int32 or bool tensor. @throws WireError for any other type */
export function integersOf(tensor: OnnxTensor): number[] {
  const packed = tensor.dataType === DataType.int64 ? tensor.int64Data : tensor.int32Data;
  const bytes = tensor.rawData;
  const width = INTEGER_BYTES.get(tensor.dataType);
  if (width === undefined || (bytes?.length ?? 0) % width !== 0) {
    throw new WireError(`tensor ${tensor.name ?? ''} holds no integers`);
  }
  if (bytes === undefined) return varintsOf(packed ?? new Uint8Array());
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number): number => {
    if (width === 1) return view.getInt8(offset);
    return width === 4 ? view.getInt32(offset, true) : Number(view.getBigInt64(offset, true));
  };
  return Array.from({ length: bytes.length / width }, (_, i) => at(width * i));
}

function varintsOf(packed: Uint8Array): number[] {
  const reader = new WireReader(packed);
  const values: number[] = [];
  while (!reader.done) values.push(Number(reader.varint()));
  return values;
}

/** Half precision (IEEE 754 binary16) to single. */
function widen(source: Uint16Array): Float32Array {
  const table = halfValues();
  const out = new Float32Array(source.length);
  for (let i = 0; i < out.length; i += 1) out[i] = table[source[i] as number] as number;
  return out;
}
