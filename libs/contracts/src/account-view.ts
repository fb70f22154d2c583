import { z } from 'zod';

const limit = (text: string): z.ZodNullable<z.ZodInt> =>
  z.int().nullable().describe(`${text}; null: no limit`);

/** `GET /v1/account`: limits of the caller, and what is left of them. Times are RFC 3339. */
export const accountSchema = z.object({
  tier: z.string().describe('`anonymous` without a key'),
  key: z
    .object({ id: z.string().describe('Public name of the key'), expires_at: z.iso.datetime().optional() })
    .optional()
    .describe('The API key of the request'),
  limits: z.object({
    weight: z.int().describe('Share of the workers while other clients have jobs in the queue'),
    requests_per_minute: limit('Submitted images'),
    megapixels_per_minute: limit('Pixels of submitted images, in millions'),
    images_in_flight: limit('Jobs that have not ended'),
    bytes_in_flight: limit('Memory that these jobs may reserve'),
  }),
  left: z.object({
    requests: limit('Requests left until `requests_reset_s` have passed'),
    requests_reset_s: z.int().describe('Seconds until all requests are available again'),
    megapixels: limit('Megapixels left; they refill steadily'),
    megapixels_reset_s: z.int().describe('Seconds until all of it is available again'),
  }),
  in_flight: z.object({
    images: z.int().describe('Jobs that have not ended'),
    bytes: z.int().describe('Memory that these jobs have reserved'),
  }),
});

/** Limits of the caller, and what is left of them. */
export type AccountView = z.output<typeof accountSchema>;
