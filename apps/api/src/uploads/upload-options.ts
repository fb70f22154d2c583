import { jobOptionsSchema, type JobOptions } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';

/** Validates image options. A field given empty counts as absent. @throws Problem `invalid-parameter` | `unknown-parameter` */
export function parseOptions(fields: Iterable<[string, unknown]>): JobOptions {
  const given = [...fields].filter(([, value]) => value !== '');
  const parsed = jobOptionsSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const parameter = parsed.error.issues[0]?.path[0];
  if (typeof parameter === 'string') throw new Problem('invalid-parameter', { parameter });
  throw unknownParameter();
}

/** A name that is not known; which one is not said. */
export const unknownParameter = (): Problem =>
  new Problem('unknown-parameter', {
    detail: `Known parameters: ${Object.keys(jobOptionsSchema.shape).join(', ')}`,
  });

/** A background image goes with color, and with no other background. @throws Problem `multiple-backgrounds` | `invalid-parameter` */
export function checkBackground({ bg_color, channels }: JobOptions): void {
  if (bg_color !== undefined) throw new Problem('multiple-backgrounds');
  if (channels === 'alpha') throw new Problem('invalid-parameter', { parameter: 'bg_image_file' });
}
