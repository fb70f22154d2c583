import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const reaches = z.array(z.number().nonnegative()).min(1);

/**
 * Activation statistics on photographs, per tensor and channel: the largest magnitude (`max`), the 99.9th percentile
 * of magnitudes (`p999`), the mean, and the correlation of horizontally neighboring values (`likeness`, 0 when
 * negative). Three significant digits.
 */
export const calibrationSchema = z.strictObject({
  model: z.string().min(1).describe('Name of the model that was observed'),
  sha256: sha256.describe('Of that model'),
  method: z.string().min(1),
  photos: z
    .array(z.strictObject({ name: z.string(), sha256, origin: z.string(), licence: z.string() }))
    .min(1),
  logits: z
    .strictObject({ gain: z.number().positive(), offset: z.number() })
    .optional()
    .describe('Maps the logits of the int8 model to those of the float model; default: those of ISNet'),
  tensors: z.record(
    z.string(),
    z.strictObject({
      max: reaches,
      p999: reaches,
      mean: z.array(z.number()).min(1),
      likeness: z.array(z.number().min(0).max(1)).min(1),
    }),
  ),
});

/** Recorded activation statistics: `models/*.calibration.json`, written by `bench/pipeline/calibrate.bench.ts`. */
export type Calibration = z.output<typeof calibrationSchema>;
