import { z } from 'zod';

/** `POST /v1.0/removebg` of remove.bg with `Accept: application/json`. */
export const removebgAnswerSchema = z.object({
  data: z.object({
    result_b64: z.string().describe('The result, base64'),
    foreground_top: z.int(),
    foreground_left: z.int(),
    foreground_width: z.int(),
    foreground_height: z.int(),
  }),
});

/** Errors in the format of remove.bg. */
export const removebgErrorsSchema = z.object({
  errors: z.array(z.object({ title: z.string(), code: z.string(), detail: z.string().optional() })),
});

/** `GET /v1.0/account` of remove.bg. */
export const removebgAccountSchema = z.object({
  data: z.object({
    attributes: z.object({
      credits: z.object({
        total: z.number(),
        subscription: z.number(),
        payg: z.number(),
        enterprise: z.number(),
      }),
      api: z.object({ free_calls: z.int(), sizes: z.literal('all') }),
    }),
  }),
});

/** The response of `GET /v1.0/account`. */
export type RemovebgAccount = z.output<typeof removebgAccountSchema>;
