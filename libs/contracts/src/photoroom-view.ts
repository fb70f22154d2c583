import { z } from 'zod';

/** `POST /v1/segment` of Photoroom with `Accept: application/json`. */
export const photoroomAnswerSchema = z.object({ result_b64: z.string().describe('The result, base64') });

/** Errors in the format of Photoroom. */
export const photoroomErrorSchema = z.object({
  detail: z.string().describe('What went wrong, and what would be right'),
  status_code: z.int().describe('The status of the response'),
  type: z.string().describe('Stable name of the error'),
  error: z
    .object({ message: z.literal('Unauthorized') })
    .optional()
    .describe('With a wrong API key'),
});

/** Body of an error of Photoroom. */
export type PhotoroomError = z.output<typeof photoroomErrorSchema>;
