import { join, sep } from 'node:path';

/** Root of the repository: bootstrap.mjs runs every command there. With a separator at its end. */
export const ROOT = join(process.cwd(), sep);

/** Absolute path of something in the repository. */
export const inRoot = (...parts: string[]): string => join(ROOT, ...parts);

/** Absolute path of something that was built. */
export const inDist = (...parts: string[]): string => inRoot('dist', ...parts);
