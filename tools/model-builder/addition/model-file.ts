import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lengthOf, ModelError, sha256Of, sha256OfFile } from '#inference/model-files.js';
import { weightPathSchema } from '#inference/model-manifest.js';
import { walkModel, type FoundTensor, type WalkedModel } from '../onnx/graph-walk.js';
import { WireError } from '../onnx/protobuf.js';

/** A file with weights beside a model. */
export interface WeightFile {
  /** Path relative to the folder of the model. */
  file: string;
  bytes: number;
  sha256: string;
}

/** An ONNX file, read without ONNX Runtime. */
export interface ModelFile {
  path: string;
  bytes: number;
  sha256: string;
  model: WalkedModel;
  weights: WeightFile[];
  /** Digest of its tensors alone. @see tensorDigest */
  tensors: string;
}

/** A protocol buffer message is at most this long. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Reads an ONNX file and the weights that it refers to.
 * @throws ModelError when it is missing, damaged or no ONNX model, or when weights are missing or elsewhere
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const bytes = await lengthOf(path);
  if (bytes === undefined) throw new ModelError(`${path} cannot be read: give the path of an .onnx file`);
  if (bytes > MAX_BYTES) {
    throw new ModelError(`${path} is larger than 2 GB: export it with its weights as external data`);
  }
  const content = await readFile(path);
  const model = walk(path, content);
  const weights = await weightFiles(path, model);
  return {
    path,
    bytes,
    sha256: sha256Of(content),
    model,
    weights,
    tensors: await tensorDigest(path, model),
  };
}

function walk(path: string, content: Uint8Array): WalkedModel {
  try {
    if (content.length === 0) throw new WireError('it is empty');
    return walkModel(content);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const advice = 'download or export the .onnx file again';
    throw new ModelError(
      `${basename(path)} is not an ONNX model, or is damaged (${error.message}): ${advice}`,
    );
  }
}

async function weightFiles(path: string, { tensors }: WalkedModel): Promise<WeightFile[]> {
  const locations = new Set(tensors.flatMap(({ external }) => external?.location ?? []));
  const files: WeightFile[] = [];
  for (const file of [...locations].sort()) {
    if (!weightPathSchema.safeParse(file).success) {
      throw new ModelError(
        `${basename(path)} has weights at a path outside its own folder: save it again with external data beside it`,
      );
    }
    const found = join(dirname(path), file);
    const bytes = await lengthOf(found);
    if (bytes === undefined) {
      throw new ModelError(
        `${basename(path)} has its weights in ${file}, which is missing: put that file beside the .onnx file`,
      );
    }
    for (const { external } of tensors) {
      const end = external?.location === file ? external.offset + (external.length ?? 0) : 0;
      if (!(end <= bytes)) throw new ModelError(`${file} is too short: download it again, in full`);
    }
    files.push({ file, bytes, sha256: await sha256OfFile(found) });
  }
  return files;
}

/** Constants of fewer bytes are shapes and axes, which exporters and optimizers change. */
const MIN_WEIGHT_BYTES = 256;

/**
 * Digest of the weights of a model: of shapes, types and values of all constants of at least 256 bytes, whatever their
 * names, order and place. Metadata, node names and the file they are in do not count.
 */
async function tensorDigest(path: string, { tensors }: WalkedModel): Promise<string> {
  const digests: string[] = [];
  const files = new Map<string, Promise<Buffer | undefined>>();
  for (const tensor of tensors) {
    const values = await valuesOf(path, tensor, files);
    if (values === undefined || values.length < MIN_WEIGHT_BYTES) continue;
    const head = `${tensor.type}:${tensor.dims.join('x')}:`;
    digests.push(createHash('sha256').update(head).update(values).digest('hex'));
  }
  return sha256Of(Buffer.from(digests.sort().join('\n')));
}

async function valuesOf(
  path: string,
  { bytes, external }: FoundTensor,
  files: Map<string, Promise<Buffer | undefined>>,
): Promise<Uint8Array | undefined> {
  if (external === undefined) return bytes;
  const found = join(dirname(path), external.location);
  const length = (await lengthOf(found)) ?? 0;
  if (length > MAX_BYTES) return undefined;
  let content = files.get(found);
  if (content === undefined) files.set(found, (content = readFile(found)));
  const { offset, length: count } = external;
  return (await content)?.subarray(offset, count === undefined ? undefined : offset + count);
}
