import { z } from 'zod';
import { PROBLEMS, type ProblemBody, type ProblemCode } from './problem-catalog.js';

/** Wire schema of a problem (RFC 9457), whatever its code. */
export const problemSchema: z.ZodType<ProblemBody, ProblemBody> = z.object({
  type: z.string().describe('URL of the page that explains the problem, relative to the service'),
  title: z.string().describe('The same for every problem of this code'),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]).describe('Stable name of the problem'),
  detail: z.exactOptional(z.string()),
  parameter: z.exactOptional(z.string()).describe('Name of the invalid parameter; never its value'),
  accepted: z
    .exactOptional(z.array(z.string()))
    .describe('Accepted values of the parameter: all of them, or one readable range or pattern'),
  limit: z.exactOptional(z.number()).describe('The limit that was exceeded, in `unit`'),
  unit: z.exactOptional(z.string()).describe('Unit of `limit`, such as "bytes" or "pixels"'),
  expected: z
    .exactOptional(z.array(z.string()))
    .describe('Names of the form fields that may contain an image'),
  found: z
    .exactOptional(z.array(z.string()))
    .describe('Names of the fields that were sent instead; never their contents'),
  region: z.exactOptional(z.string()).describe('Region of the job or batch'),
  address: z.exactOptional(z.string()).describe('Public URL of that region'),
  retry_after: z.exactOptional(z.int()).describe('Seconds after which a retry makes sense'),
});
