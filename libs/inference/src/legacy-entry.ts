import { z } from 'zod';

const bytesIn = z.strictObject({ kind: z.literal('u8-nhwc'), name: z.string(), sidePixels: z.number() });
const floatsIn = z.strictObject({
  kind: z.literal('f32-nchw'),
  name: z.string(),
  sidePixels: z.number(),
  mean: z.array(z.number()),
  std: z.array(z.number()),
});
const legacyInput = z.discriminatedUnion('kind', [bytesIn, floatsIn]);

const legacyOutput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('u8'), name: z.string(), sidePixels: z.number() }),
  z.strictObject({
    kind: z.literal('f32'),
    name: z.string(),
    sidePixels: z.number(),
    activation: z.enum(['none', 'sigmoid']),
  }),
]);

const square = (sidePixels: number): object => ({ width: sidePixels, height: sidePixels });

/**
 * The input of a manifest entry in today's form. Entries before version 2 of the manifest had a square input that
 * pictures were squashed to: bytes as [n, side, side, 3], or float32 as [n, 3, side, side].
 */
export function upgradeInput(input: unknown): unknown {
  const parsed = legacyInput.safeParse(input);
  if (!parsed.success) return input;
  const { name, sidePixels, ...old } = parsed.data;
  const size = { fit: 'squash', ...square(sidePixels) };
  if (old.kind === 'u8-nhwc') return { name, type: 'uint8', layout: 'nhwc', size };
  const { mean, std } = old;
  return { name, type: 'float32', layout: 'nchw', size, normalization: { mean, std } };
}

/** The output of a manifest entry in today's form: before version 2 it was square, of bytes or float32. */
export function upgradeOutput(output: unknown): unknown {
  const parsed = legacyOutput.safeParse(output);
  if (!parsed.success) return output;
  const { name, sidePixels, ...old } = parsed.data;
  const size = square(sidePixels);
  if (old.kind === 'u8') return { name, type: 'uint8', kind: 'bytes', size };
  return { name, type: 'float32', kind: old.activation === 'sigmoid' ? 'logits' : 'probability', size };
}
