import { readFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { OnnxModel, OnnxTensor } from './onnx-types.js';
import { WireError } from './protobuf.js';

/** TensorProto.DataLocation.EXTERNAL */
const EXTERNAL = 1;

/**
 * A model whose weights are all in memory: those in other files are read from the folder of `path`, as
 * https://github.com/onnx/onnx/blob/main/docs/ExternalData.md describes.
 * @param path of the ONNX file
 * @throws WireError when a file is missing, too short, or outside of the folder
 */
export async function withWeightsInMemory(model: OnnxModel, path: string): Promise<OnnxModel> {
  const { graph } = model;
  if (graph === undefined || !graph.initializers.some(isExternal)) return model;
  const files = new Map<string, Promise<Buffer>>();
  const initializers = await Promise.all(
    graph.initializers.map(async (tensor) => {
      if (!isExternal(tensor)) return tensor;
      const { location, offset, length } = placeOf(tensor);
      const file = files.get(location) ?? readBeside(path, location);
      files.set(location, file);
      const bytes = await file;
      const end = length === undefined ? bytes.length : offset + length;
      if (end > bytes.length) throw new WireError(`${location} is too short for tensor ${tensor.name ?? ''}`);
      return { ...tensor, rawData: bytes.subarray(offset, end), externalData: [], dataLocation: 0 };
    }),
  );
  return { ...model, graph: { ...graph, initializers } };
}

const isExternal = ({ dataLocation }: OnnxTensor): boolean => dataLocation === EXTERNAL;

function placeOf(tensor: OnnxTensor): { location: string; offset: number; length?: number } {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const [offset, length] = [Number(entries.get('offset') ?? 0), entries.get('length')];
  const location = normalize(entries.get('location') ?? '');
  const isOutside = location.startsWith('..') || location.startsWith(sep) || location === '.';
  if (isOutside || !Number.isSafeInteger(offset) || offset < 0) {
    throw new WireError(`tensor ${tensor.name ?? ''} names no file beside the model`);
  }
  return { location, offset, ...(length === undefined ? {} : { length: Number(length) }) };
}

async function readBeside(path: string, location: string): Promise<Buffer> {
  try {
    return await readFile(join(dirname(path), location));
  } catch {
    throw new WireError(`${location}, which holds weights of the model, cannot be read`);
  }
}
