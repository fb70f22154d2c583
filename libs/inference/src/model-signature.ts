import { z } from 'zod';

/** Sides of a model's input, in pixels. */
const side = z.int().min(16).max(4096);
const valueName = z.string().min(1);
const byte = z.int().min(0).max(255);
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const deviation = z.number().positive();

const squashed = z.strictObject({
  fit: z.literal('squash').describe('The picture fills the input; its proportions are not kept'),
  width: side,
  height: side,
});

const letterboxed = z.strictObject({
  fit: z.literal('letterbox').describe('Proportions are kept; the rest of the input has one color'),
  width: side,
  height: side,
  place: z.enum(['top-left', 'center']),
  fill: z.tuple([byte, byte, byte]).describe('R, G, B of the rest, before normalization'),
});

const kept = z.strictObject({
  fit: z.literal('keep').describe('Proportions are kept, up to the rounding to `multiple`; the input varies'),
  side: z.enum(['longer', 'shorter']).describe('Which side gets the length `target`'),
  target: side,
  multiple: z.int().min(1).max(256).describe('Both sides are multiples of it'),
  round: z.enum(['down', 'nearest', 'up']),
  min: side.describe('Lower bound of both sides'),
  max: side.describe('Upper bound of both sides'),
});

/** How a picture becomes the model's input. */
export const sizeRuleSchema = z.discriminatedUnion('fit', [squashed, letterboxed, kept]);

/** @see sizeRuleSchema */
export type SizeRule = z.output<typeof sizeRuleSchema>;

const inputFields = {
  name: valueName,
  layout: z.enum(['nchw', 'nhwc']).describe('[n, 3, height, width] or [n, height, width, 3]'),
  size: sizeRuleSchema,
  channels: z.enum(['rgb', 'bgr']).default('rgb'),
  filter: z.enum(['lanczos', 'bilinear']).default('lanczos').describe('Resizes pictures to the input'),
};

const normalizationSchema = z.strictObject({
  mean: perChannel.describe('Subtracted from R, G, B, which are 0 to 255'),
  std: z.tuple([deviation, deviation, deviation]).describe('Divides the difference'),
  byMaximum: z
    .boolean()
    .default(false)
    .describe('Values are scaled first, so that the largest of the picture is 255, as rembg does'),
});

/** @see normalizationSchema */
export type Normalization = z.output<typeof normalizationSchema>;

/** Input of a model: one image. */
export const inputSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...inputFields, type: z.literal('uint8').describe('R, G, B as decoded') }),
  z.strictObject({ ...inputFields, type: z.literal('float32'), normalization: normalizationSchema }),
  z.strictObject({ ...inputFields, type: z.literal('float16'), normalization: normalizationSchema }),
]);

/** @see inputSchema */
export type ModelInput = z.output<typeof inputSchema>;

/** Largest and smallest value that a kind of output has. */
export const OUTPUT_KINDS = ['probability', 'logits', 'signed', 'bytes'] as const;

/** @see OUTPUT_KINDS */
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Main output of a model: opacity as [n, 1, h, w], [n, h, w] or [n, h, w, 1]; with `class`, that many channels. */
export const outputSchema = z.strictObject({
  name: valueName,
  type: z.enum(['float32', 'float16', 'uint8']),
  kind: z
    .enum(OUTPUT_KINDS)
    .describe('0 to 1; before the sigmoid, or with `class` before the softmax; -1 to 1; 0 to 255'),
  class: z
    .strictObject({ index: z.int().min(0).max(1023), count: z.int().min(2).max(1024) })
    .refine(({ index, count }) => index < count, 'index must be less than count')
    .optional()
    .describe('Channel that is the subject, from 0, and number of channels'),
  inverted: z.boolean().default(false).describe('1 is the background'),
  stretch: z
    .boolean()
    .default(false)
    .describe('The smallest value becomes 0 and the largest 1, if they span at least half of the range'),
  size: z
    .strictObject({ width: side, height: side })
    .optional()
    .describe('Grid of the output; it follows the input when undefined'),
});

/** @see outputSchema */
export type ModelOutput = z.output<typeof outputSchema>;

/** Width and height of a model's input for a picture of the same proportions. */
export const nominalSize = ({ size }: ModelInput): { width: number; height: number } =>
  size.fit === 'keep'
    ? { width: size.target, height: size.target }
    : { width: size.width, height: size.height };
