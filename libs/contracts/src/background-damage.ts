import { Problem, type ProblemCode } from './problem-catalog.js';

/** What says that a file is damaged, rather than too large or of another type. */
const DAMAGES: ReadonlySet<ProblemCode> = new Set(['image-truncated', 'image-corrupt']);

/** The error of a background image: damage to it has a code of its own, everything else is as with any image. */
export const backgroundError = (error: unknown): unknown =>
  error instanceof Problem && DAMAGES.has(error.code) ? new Problem('background-corrupt') : error;
