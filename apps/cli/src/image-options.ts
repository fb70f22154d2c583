import { z } from 'zod';
import { jobOptionsSchema, type JobOptions, type ResultFormat } from '#contracts/job-options.js';
import { optionFields } from '#contracts/option-fields.js';
import { withPreset } from '#contracts/option-presets.js';

/** The option that another name of it stands for. */
const MEANT: Readonly<Record<string, keyof JobOptions>> = { channels: 'only', add_shadow: 'shadow' };

/**
 * Checks image options by the schema of the service. Returns only what was given: the service has the defaults.
 * @param named format that the file name of the result names; it counts where the options have none
 * @throws z.ZodError
 */
export function checkedOptions(
  given: Readonly<Record<string, unknown>>,
  named?: ResultFormat,
): Partial<JobOptions> {
  const whole = named === undefined ? given : { format: named, ...given };
  return onlyNamed(jobOptionsSchema.parse(withPreset(whole)), Object.keys(given));
}

/**
 * Checks each image option by itself, and not how they go together: options that others are added to. Returns only what was given.
 * @throws z.ZodError
 */
export const checkedSeparately = (given: Readonly<Record<string, unknown>>): Partial<JobOptions> =>
  onlyNamed(z.strictObject(optionFields).parse(given), Object.keys(given));

/** The options of these names, and those that the names stand for. */
function onlyNamed(options: JobOptions, given: readonly string[]): Partial<JobOptions> {
  const names = given.flatMap((name) => [name, ...(MEANT[name] === undefined ? [] : [MEANT[name]])]);
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
