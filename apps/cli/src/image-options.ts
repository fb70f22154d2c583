import { jobOptionsSchema, type JobOptions, type ResultFormat } from '#contracts/job-options.js';
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
  const parsed = jobOptionsSchema.parse(withPreset(whole));
  const names = Object.keys(given).flatMap((name) => [
    name,
    ...(MEANT[name] === undefined ? [] : [MEANT[name]]),
  ]);
  return Object.fromEntries(
    Object.entries(parsed).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
