import { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';
import { lengthOf, ModelError, sha256OfFile } from '#inference/model-files.js';
import { modelNameSchema, modelSchema, type ModelEntry } from '#inference/model-manifest.js';
import type { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { registerModel, type NewModel } from './model-preparation.js';

/** Byte values per unit of the mean and deviation that rembg and torchvision use. */
const BYTE_MAX = 255;
const THREADS = 2;

const triple = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .pipe(z.tuple([z.number(), z.number(), z.number()]));
const fact = z.string().min(1);

/** Facts about a model that its file does not contain. */
export const additionSchema = z.strictObject({
  name: modelNameSchema,
  title: fact.optional(),
  size: z.coerce.number().int().min(64).max(4096).describe('Side of the square input, in pixels'),
  mean: triple.describe('Per channel, in units of 0 to 1'),
  std: triple.describe('Per channel, in units of 0 to 1'),
  output: z
    .enum(['sigmoid', 'logits'])
    .describe('What the main output is: opacity 0 to 1, or before the sigmoid'),
  licence: fact,
  provenance: fact,
});

/** @see additionSchema */
export type Addition = z.output<typeof additionSchema>;

/**
 * Registers an ONNX file of the kind that rembg uses: one float32 input `[n, 3, size, size]`, opacity as the first
 * output. It is loaded and run once before it is registered.
 * @throws ModelError when it is not such a file; nothing is registered then
 */
export async function addModel(
  registry: ModelRegistry,
  file: string,
  addition: Addition,
): Promise<ModelEntry> {
  const bytes = await lengthOf(file);
  if (bytes === undefined) throw new ModelError(`${file} cannot be read`);
  const described = await describe(file, addition);
  const trial = modelSchema.parse({
    ...described,
    file: 'trial.onnx',
    bytes,
    sha256: await sha256OfFile(file),
    source: { kind: 'file' },
  });
  const segmenter = await Segmenter.load(trial, file, THREADS);
  try {
    await segmenter.warmUp();
  } finally {
    await segmenter.release();
  }
  return registerModel(registry, file, described);
}

/** Reads names and sizes from the model. */
async function describe(file: string, addition: Addition): Promise<NewModel> {
  const session = await InferenceSession.create(file, { graphOptimizationLevel: 'disabled' }).catch(() => {
    throw new ModelError(`${file} is not an ONNX model`);
  });
  const [input, output] = [session.inputNames[0] ?? '', session.outputNames[0] ?? ''];
  const side = lastDimension(session.outputMetadata[0]) ?? addition.size;
  await session.release();
  const scaled = (values: Addition['mean']): Addition['mean'] => [
    values[0] * BYTE_MAX,
    values[1] * BYTE_MAX,
    values[2] * BYTE_MAX,
  ];
  return {
    name: addition.name,
    title: addition.title ?? addition.name,
    licence: {
      package: addition.licence,
      weights: addition.licence,
      note: "Added by this installation's operator",
    },
    provenance: addition.provenance,
    input: {
      kind: 'f32-nchw',
      name: input,
      sidePixels: addition.size,
      mean: scaled(addition.mean),
      std: scaled(addition.std),
    },
    output: {
      kind: 'f32',
      name: output,
      sidePixels: side,
      activation: addition.output === 'logits' ? 'sigmoid' : 'none',
    },
  };
}

/** Columns of an output, if its shape is static. */
function lastDimension(found: InferenceSession.ValueMetadata | undefined): number | undefined {
  const last = found?.isTensor === true ? found.shape.at(-1) : undefined;
  return typeof last === 'number' && last > 0 ? last : undefined;
}
