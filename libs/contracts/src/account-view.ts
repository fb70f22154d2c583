import { z } from 'zod';

const limit = (text: string): z.ZodNullable<z.ZodInt> =>
  z.int().nullable().describe(`${text}; null: no limit`);

/** `GET /v1/account`: what the caller may use, and what is left of it. Times are RFC 3339. */
export const accountSchema = z.object({
  tier: z.string().describe('`anonymous` without a key'),
  key: z
    .object({ id: z.string().describe('Public name of the key'), expires_at: z.iso.datetime().optional() })
    .optional()
    .describe('The API key shown'),
  limits: z.object({
    weight: z.int().describe('Share of the workers when others wait too'),
    requests_per_minute: limit('Submitted images'),
    megapixels_per_minute: limit('Pixels of submitted images, in millions'),
    images_in_flight: limit('Jobs that are not at their end'),
    bytes_in_flight: limit('Memory that these may reserve'),
  }),
  left: z.object({
    requests: limit('Until `requests_reset_s` have passed'),
    requests_reset_s: z.int(),
    megapixels: limit('Refills steadily'),
    megapixels_reset_s: z.int().describe('Until all of it is there again'),
  }),
  in_flight: z.object({
    images: z.int().describe('Jobs that are not at their end'),
    bytes: z.int().describe('Memory that these have reserved'),
  }),
});

/** What the caller may use, and what is left of it. */
export type AccountView = z.output<typeof accountSchema>;
