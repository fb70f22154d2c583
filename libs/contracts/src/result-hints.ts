/**
 * What a person should know before using a result, by name. `low-confidence`: the confidence is below `LOW_CONFIDENCE`.
 * `no-subject`: nothing that stands out was found. `graphics`: the image is a drawing, cut out by its colors.
 */
export const RESULT_HINTS = ['low-confidence', 'no-subject', 'graphics'] as const;

/** A hint of a result. */
export type ResultHint = (typeof RESULT_HINTS)[number];

/** Confidence below which a result has the hint `low-confidence`. */
export const LOW_CONFIDENCE = 0.8;

/** Maximum number of subjects that a result lists. */
export const MAX_SUBJECTS = 16;

/** True for the name of a hint. */
export const isResultHint = (name: string): name is ResultHint =>
  (RESULT_HINTS as readonly string[]).includes(name);
