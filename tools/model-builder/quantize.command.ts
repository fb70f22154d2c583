import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { LOCAL_MANIFEST, readCatalog } from '#inference/model-catalog.js';
import { ModelError, sha256Of, writeAtomically, writeJson, writeText } from '#inference/model-files.js';
import {
  localManifestSchema,
  MANIFEST_VERSION,
  modelNameSchema,
  modelSchema,
  type ModelEntry,
} from '#inference/model-manifest.js';
import type { ModelRegistry } from '#inference/model-registry.js';
import { measureMemory } from './addition/memory-use.js';
import { calibrationText } from './calibration/observation.js';
import { operatorPictures, shippedPictures } from './calibration/pictures.js';
import { floatFacts } from './float-facts.js';
import { prepareModel } from './model-preparation.js';
import { quantize, type Quantization, type VariantReport, type WeightMax } from './quantization.js';
import { applyRecipe } from './recipe/recipes.js';
import { MASK, PIXELS } from './recipe/mask-ends.js';

export const QUANTIZE_HELP = `  quantize NAME [--pictures FOLDER] [--name NAME-int8] [--vnni] [--force]
                             makes an int8 model of a float model of ISNet's shape, calibrated on pictures (default:
                             those in models/pictures), compares the two on other pictures, and registers it in
                             models/local.json unless they differ too much. --vnni adds NAME-int8-vnni with 8-bit
                             weights, for CPUs with VNNI or ARM dot products. --force registers it in any case`;

/** Median soft intersection over union below which a model is not registered. */
const MIN_MEDIAN = 0.99;
const THREADS = Math.min(8, availableParallelism());
const DIGITS = 3;

/** Arguments of the command. */
export const quantizeSchema = z.strictObject({
  from: modelNameSchema,
  pictures: z.string().min(1).optional(),
  name: modelNameSchema.optional(),
  vnni: z.boolean().default(false),
  force: z.boolean().default(false),
});

/** @see quantizeSchema */
export type QuantizeArguments = z.output<typeof quantizeSchema>;

/** @throws TypeError when an option is unknown; ZodError when a value is invalid */
export function parseQuantize(args: string[]): QuantizeArguments {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { pictures: text, name: text, vnni: flag, force: flag };
  const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
  const [from, ...more] = positionals;
  if (from === undefined) throw new TypeError('quantize needs the name of a model.');
  if (more.length > 0) throw new TypeError(`Unexpected argument ${more.join(' ')}`);
  return quantizeSchema.parse({ from, ...values });
}

/**
 * Quantizes a model and registers the result; `models prepare` makes it again from the float model.
 * @returns the registered models
 * @throws ModelError when the name is in `models/manifest.json`, or the result differs too much from the float model
 */
export async function quantizeModel(
  registry: ModelRegistry,
  request: QuantizeArguments,
  say: (line: string) => void,
): Promise<ModelEntry[]> {
  const entry = registry.find(request.from);
  const name = request.name ?? `${entry.name}-int8`;
  const names = new Map<WeightMax, string>([[63, name]]);
  if (request.vnni) names.set(127, `${name}-vnni`);
  requireFree(registry, [...names.values()], entry);
  floatFacts(entry);
  await prepareModel(registry, entry);
  const pictures =
    request.pictures === undefined
      ? await shippedPictures(registry.root)
      : await operatorPictures(request.pictures);
  const weights = [...names.keys()];
  const result = await quantize({ registry, entry, pictures, weights, threads: THREADS, say });
  for (const variant of result.variants) say(reportLine(names.get(variant.weightMax) ?? name, variant));
  const isClose = result.variants.every(({ agreement }) => agreement.median >= MIN_MEDIAN);
  if (!isClose && !request.force) {
    throw new ModelError(
      `Not registered: the median is below ${MIN_MEDIAN}. Pictures of the kind that the model is for may help (--pictures FOLDER); --force registers it nonetheless.`,
    );
  }
  return register(registry, { entry, names, result });
}

function reportLine(name: string, { agreement, timeShare }: VariantReport): string {
  const { median, worst, pictures, empty } = agreement;
  const left = empty === 0 ? '' : `, ${empty} without a subject left out`;
  return (
    `${name}: soft intersection over union with the float model: median ${median.toFixed(DIGITS)}, worst ` +
    `${worst.toFixed(DIGITS)} (${pictures} pictures${left}); time ${timeShare.toFixed(2)} of the float model's`
  );
}

function requireFree({ root, models }: ModelRegistry, names: readonly string[], from: ModelEntry): void {
  const { shipped } = readCatalog(root);
  const taken = names.find((name) => shipped.some((model) => model.name === name) || name === from.name);
  if (taken !== undefined) throw new ModelError(`${taken} is taken: choose another name with --name`);
  const dependent = models.find(({ source }) => source.kind === 'recipe' && names.includes(source.from));
  if (dependent !== undefined) throw new ModelError(`${dependent.name} is made of a model of that name`);
}

interface Registration {
  entry: ModelEntry;
  names: ReadonlyMap<WeightMax, string>;
  result: Quantization;
}

async function register(
  registry: ModelRegistry,
  { entry, names, result }: Registration,
): Promise<ModelEntry[]> {
  const file = `${entry.name}.calibration.json`;
  await writeText(join(registry.root, 'models', file), calibrationText(result.calibration));
  const made: ModelEntry[] = [];
  for (const [weightMax, name] of names) {
    const recipe = { kind: 'int8', calibration: file, weightMax } as const;
    const { source, calibration } = result;
    const pieces = applyRecipe(recipe, { source, facts: floatFacts(entry), calibration });
    const derived = modelSchema.parse({
      ...describe(entry, result.gridSidePixels),
      name,
      title: `${entry.title}, int8 with ${weightMax === 63 ? 7 : 8}-bit weights`,
      file: `${name}.onnx`,
      bytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
      sha256: sha256Of(...pieces),
      source: { kind: 'recipe', from: entry.name, recipe },
    });
    const path = registry.pathOf(derived);
    await writeAtomically(path, pieces, derived, () => undefined);
    const memoryBytes = await measureMemory({ path, input: derived.input, outputName: MASK });
    made.push({ ...derived, ...(memoryBytes !== undefined && { memoryBytes }) });
  }
  const { local } = readCatalog(registry.root);
  const others = local.filter((model) => !made.some((derived) => derived.name === model.name));
  const manifest = localManifestSchema.parse({ version: MANIFEST_VERSION, models: [...others, ...made] });
  await writeJson(join(registry.root, LOCAL_MANIFEST), manifest);
  return made;
}

/** What an int8 model has in common with its float model, and its own input and output. */
function describe(entry: ModelEntry, gridSidePixels: number): object {
  const { filter, size, channels } = entry.input;
  return {
    license: entry.license,
    provenance: `${entry.provenance}; quantized on this installation`,
    input: { name: PIXELS, type: 'uint8', layout: 'nhwc', size, channels, filter },
    output: {
      name: MASK,
      type: 'uint8',
      kind: 'bytes',
      stretch: entry.output.stretch,
      size: { width: gridSidePixels, height: gridSidePixels },
    },
  };
}
