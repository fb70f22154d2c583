/**
 * What a person should know before using a result, by name. `low-confidence`: the confidence is below `LOW_CONFIDENCE`.
 * `no-subject`: nothing that stands out was found. `translucent`: the subject may be glass or a veil, whose opacity the
 * model often overestimates. `graphics`: the image is a drawing, cut out by its colors. `cropped-subject`: the subject
 * continues beyond the border of the image.
 */
export const RESULT_HINTS = [
  'low-confidence',
  'no-subject',
  'translucent',
  'graphics',
  'cropped-subject',
] as const;

/** A hint of a result. */
export type ResultHint = (typeof RESULT_HINTS)[number];

/** Confidence below which a result has the hint `low-confidence`. */
export const LOW_CONFIDENCE = 0.8;

/** Maximum number of subjects that a result lists. */
export const MAX_SUBJECTS = 16;

/** True for the name of a hint. */
export const isResultHint = (name: string): name is ResultHint =>
  (RESULT_HINTS as readonly string[]).includes(name);
