import { z } from 'zod';
import { PROBLEMS, type ProblemBody, type ProblemCode } from './problem-catalog.js';

/** Wire schema of a problem (RFC 9457), whatever its code. */
export const problemSchema: z.ZodType<ProblemBody, ProblemBody> = z.object({
  type: z.string().describe('Address of the kind of problem, relative to the service'),
  title: z.string().describe('The same for every problem of this code'),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]).describe('Stable name of the problem'),
  detail: z.exactOptional(z.string()),
  parameter: z.exactOptional(z.string()).describe('Name of the offending parameter; never its value'),
  accepted: z
    .exactOptional(z.array(z.string()))
    .describe('What the parameter takes: its values, or one readable range or pattern'),
  limit: z.exactOptional(z.number()).describe('The limit that was exceeded, in `unit`'),
  unit: z.exactOptional(z.string()).describe('Unit of `limit`, such as "bytes" or "pixels"'),
  expected: z
    .exactOptional(z.array(z.string()))
    .describe('Names of the form fields that an image could have come in'),
  found: z
    .exactOptional(z.array(z.string()))
    .describe('Names of the fields that came instead; never their contents'),
  region: z.exactOptional(z.string()).describe('Region to ask'),
  address: z.exactOptional(z.string()).describe('Public address of that region'),
  retry_after: z.exactOptional(z.int()).describe('Seconds after which a retry makes sense'),
});
