import { z } from 'zod';
import { CONFLICTS } from './option-conflicts.js';
import { optionFields, type OptionValues } from './option-fields.js';
import { PART_OF_CHANNELS, type ResultFormat } from './option-names.js';

export * from './option-names.js';

/**
 * Writes `channels` as `only` and `add_shadow` as `shadow`, where these have their defaults. Otherwise the two contradict each
 * other, which a conflict reports.
 */
function resolveOtherNames<T extends OptionValues>(options: T): T {
  const { channels, add_shadow: hasShadow, ...others } = options;
  const part = channels && PART_OF_CHANNELS[channels];
  const isPart = part !== undefined && (options.only === 'cutout' || options.only === part);
  const isShadow = hasShadow !== undefined && options.shadow === 'none';
  return {
    ...others,
    ...(isPart ? { only: part } : channels && { channels }),
    ...(isShadow
      ? { shadow: hasShadow ? 'soft' : 'none' }
      : hasShadow !== undefined && { add_shadow: hasShadow }),
  } as T;
}

/**
 * Options of one image. All interfaces (native, compatible, SDK, page) share this schema. Unknown keys are rejected, and
 * so are options without effect in combination with the others. The output has `only` and no `channels`, `shadow` and no `add_shadow`. Parsing the output again returns the same output. Values in
 * texts are parsed in `option-values.ts`.
 */
export const jobOptionsSchema = z
  .strictObject(optionFields)
  .overwrite(resolveOtherNames)
  .superRefine((options, context) => {
    const conflict = CONFLICTS.find(({ isGiven }) => isGiven(options));
    if (conflict === undefined) return;
    const { option, sentence } = conflict;
    context.addIssue({ code: 'custom', path: [option], message: sentence, params: { isConflict: true } });
  });

/** Options of one job, complete with defaults. */
export type JobOptions = z.output<typeof jobOptionsSchema>;

/** MIME type of each result. */
export const MIME_OF_FORMAT: Record<ResultFormat, string> = {
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  avif: 'image/avif',
  zip: 'application/zip',
};
