import type { AuditPath } from './audit.path.js';
import { BATCH_PATHS } from './batch.paths.js';
import { DELIVERED_PATHS } from './delivered.paths.js';
import { KILLED_PATHS } from './killed.paths.js';
import { UNDELIVERED_PATHS } from './undelivered.paths.js';

/** Every way in which an image can come to its end, in the order in which they are walked. */
export const ALL_PATHS: readonly AuditPath[] = [
  ...DELIVERED_PATHS,
  ...BATCH_PATHS,
  ...UNDELIVERED_PATHS,
  ...KILLED_PATHS,
];
