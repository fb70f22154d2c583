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

/** What went wrong, as remove.bg tells it. */
export const removebgErrorsSchema = z.object({
  errors: z.array(z.object({ title: z.string(), code: z.string(), detail: z.string().optional() })),
});
