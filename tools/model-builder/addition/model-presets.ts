import { z } from 'zod';
import { modelLicenseSchema } from '#contracts/model-license.js';
import { parseJson } from '#inference/model-catalog.js';
import { readJson } from '#inference/model-files.js';
import { OUTPUT_KINDS, sizeRuleSchema } from '#inference/model-signature.js';
import { packageFile } from './package-files.js';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const normalization = z.strictObject({ mean: triple, std: triple }).describe('In units of 0 to 1');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a public model expects, and where that is stated. */
export const presetSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  input: z.strictObject({
    names: z.array(z.string()).describe('Names that exports give to the input'),
    size: sizeRuleSchema.describe('A fixed size of the file comes first'),
    normalization,
    filter: z.enum(['lanczos', 'bilinear']),
  }),
  output: z.strictObject({
    names: z.array(z.string()).describe('Names that exports give to the main output'),
    position: z.literal('first').optional().describe('Where it is among outputs of other names'),
    kind: z.enum(OUTPUT_KINDS),
    stretch: z.boolean().default(false),
  }),
  variants: z
    .array(
      z.strictObject({
        input: z.string().describe('Name of the input by which the export is known'),
        normalization,
        stretch: z.boolean(),
        note: z.string(),
      }),
    )
    .default([])
    .describe('Exports that expect something else'),
  license: modelLicenseSchema,
  signatures: z
    .array(z.strictObject({ input: z.string(), output: z.string() }))
    .describe('Names of input and output that suggest this preset'),
  files: z.array(sha256).describe('SHA-256 of published files'),
  tensors: z.array(sha256).describe('Digests of the tensors of known files, whatever their metadata'),
  source: z.string().describe('Where to get it'),
  sizeMb: z.number().positive(),
  memoryMb: z.number().positive().optional().describe('One inference on a CPU, where it is known'),
  time: z.string().describe('Expected time of one image'),
  facts: z.array(z.string()).min(1).describe('Where the facts come from'),
});

/** @see presetSchema */
export type Preset = z.output<typeof presetSchema>;

/** File of the presets, relative to the package folder. */
export const PRESETS = 'models/presets.json';

const presetsSchema = z.strictObject({ presets: z.array(presetSchema) });

/** The presets. @throws ModelError when the file is missing or invalid */
export const readPresets = (): Preset[] => parseJson(packageFile(PRESETS), presetsSchema, readJson).presets;

/** The preset of a known file, by the digest of the file or of its tensors. */
export const presetOfFile = (
  presets: readonly Preset[],
  file: { sha256: string; tensors: string },
): Preset | undefined =>
  presets.find(({ files, tensors }) => files.includes(file.sha256) || tensors.includes(file.tensors));

/** Presets that the names of an input and the outputs suggest. */
export const presetsOfNames = (
  presets: readonly Preset[],
  input: string,
  outputs: readonly string[],
): Preset[] =>
  presets.filter(({ signatures }) =>
    signatures.some((each) => each.input === input && outputs.includes(each.output)),
  );

/** A preset with what the export of this input name changes, and a note on it. */
export function variantOf(preset: Preset, input: string): { preset: Preset; note: string | undefined } {
  const variant = preset.variants.find((each) => each.input === input);
  if (variant === undefined) return { preset, note: undefined };
  const changed = {
    ...preset,
    input: { ...preset.input, normalization: variant.normalization },
    output: { ...preset.output, stretch: variant.stretch },
  };
  return { preset: changed, note: variant.note };
}
