import type { Settings } from '#config/settings.schema.js';
import type { JobOptions } from '#contracts/job-options.js';
import { PROMISES } from '#contracts/option-names.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';

/** The setting that each promise shortens. */
const LIMIT_OF = { start_within: 'QUEUE_TTL_S', keep_at_most: 'RESULT_TTL_S' } as const;

/** Requires promises that shorten the times of this service. @throws Problem `invalid-parameter` with the limit in seconds */
export function requirePromises(
  promises: Pick<JobOptions, (typeof PROMISES)[number]>,
  settings: Settings,
): void {
  for (const name of PROMISES) {
    const limit = settings[LIMIT_OF[name]];
    if ((promises[name] ?? 0) <= limit) continue;
    const accepted = [`a whole number of seconds from 1 to ${limit}, the limit of this service`];
    throw new Problem('invalid-parameter', { ...mustBe(name, accepted), limit, unit: 'seconds' });
  }
}
