import { z } from 'zod';
import { LICENSE_CLASSES } from '#contracts/model-license.js';
import { modelNameSchema } from '#inference/model-manifest.js';
import { OUTPUT_KINDS } from '#inference/model-signature.js';

const fact = z.string().min(1);
const flag = z.boolean().default(false);
const side = z.int().min(16).max(4096);
const pixels = z.coerce.number().pipe(side);

/** Three numbers, separated by commas. */
const triple = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .pipe(z.tuple([z.number(), z.number(), z.number()]));

const SIZE = /^(\d{2,4})(?:x(\d{2,4}))?$/;

/** `1024`, or `1440x2560` for width and height. */
const size = z
  .string()
  .regex(SIZE, 'must be PIXELS, or WIDTHxHEIGHT')
  .transform((text) => {
    const [, width = '', height = width] = SIZE.exec(text) ?? [];
    return { width: Number(width), height: Number(height) };
  })
  .pipe(z.strictObject({ width: side, height: side }));

/** Normalizations by name, as mean and deviation in units of 0 to 1. */
export const NORMALIZATIONS = {
  unit: { mean: [0, 0, 0], std: [1, 1, 1] },
  half: { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] },
  signed: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  bytes: { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
} as const satisfies Record<string, { mean: readonly number[]; std: readonly number[] }>;

const name = z.string().superRefine((text, context) => {
  if (modelNameSchema.safeParse(text).success) return;
  const proposed = nameFrom(text);
  const advice = proposed === undefined ? '' : `: try ${proposed}`;
  context.addIssue(`must have lower-case letters, digits, dots and hyphens only${advice}`);
});

/** A valid name that is close to a text; undefined when nothing is left of it. */
export function nameFrom(text: string): string | undefined {
  const slug = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 64);
  return modelNameSchema.safeParse(slug).data;
}

/** Options of `models add`: facts about a model that its file does not contain. */
export const additionSchema = z.strictObject({
  like: fact.optional().describe('Preset: what a public model of this name expects'),
  name: name.optional(),
  title: fact.optional(),
  license: fact.optional().describe('SPDX identifier or name of the license'),
  'license-class': z.enum(LICENSE_CLASSES).exclude(['undeclared']).optional(),
  'license-doubt': fact.optional().describe('What is uncertain about the license, in one sentence'),
  provenance: fact.optional(),
  layout: z.enum(['nchw', 'nhwc']).optional(),
  channels: z.enum(['rgb', 'bgr']).optional(),
  size: size.optional().describe('Size of the input, if the file does not fix it'),
  fit: z.enum(['squash', 'letterbox', 'keep']).optional(),
  place: z.enum(['top-left', 'center']).optional(),
  fill: triple.optional().describe('R, G, B of the letterbox, 0 to 255'),
  side: z.enum(['longer', 'shorter']).optional(),
  multiple: z.coerce.number().int().min(1).max(256).optional(),
  round: z.enum(['down', 'nearest', 'up']).optional(),
  min: pixels.optional(),
  max: pixels.optional(),
  filter: z.enum(['lanczos', 'bilinear']).optional(),
  normalize: z.enum(Object.keys(NORMALIZATIONS) as (keyof typeof NORMALIZATIONS)[]).optional(),
  mean: triple.optional().describe('Per channel, in units of 0 to 1'),
  std: triple.optional().describe('Per channel, in units of 0 to 1'),
  'by-maximum': flag,
  'output-name': fact.optional(),
  output: z
    .enum([...OUTPUT_KINDS, 'sigmoid'])
    .transform((kind) => (kind === 'sigmoid' ? 'probability' : kind))
    .optional(),
  class: z.coerce.number().int().min(0).max(1023).optional(),
  inverted: flag,
  stretch: flag,
  photo: fact.optional().describe('Photograph to try the model on'),
  preview: fact.optional().describe('PNG to write: the photograph and its matte'),
  'dry-run': flag,
});

/** @see additionSchema */
export type Addition = z.output<typeof additionSchema>;

/** Names of the options without a value. */
export const FLAGS: readonly string[] = ['by-maximum', 'inverted', 'stretch', 'dry-run'];
