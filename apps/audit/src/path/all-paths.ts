import type { AuditPath } from './audit-path.js';
import { BATCH_PATHS } from './batch-paths.js';
import { DELIVERED_PATHS } from './delivered-paths.js';
import { KILLED_PATHS } from './killed-paths.js';
import { LATE_PATHS } from './late-paths.js';
import { LEFT_PATHS } from './left-paths.js';
import { NAMED_PATHS } from './named-paths.js';
import { REFUSED_IMAGES_PATHS } from './refused-images-paths.js';
import { REFUSED_PATHS, UNUSUAL_PATHS } from './refused-paths.js';
import { REFUSED_VALUES_PATHS } from './refused-values-paths.js';
import { ROUTE_PATHS } from './route-paths.js';
import { UNDELIVERED_PATHS } from './undelivered-paths.js';

/** All paths, in the order of the walk. */
export const ALL_PATHS: readonly AuditPath[] = [
  ...DELIVERED_PATHS,
  ...BATCH_PATHS,
  ...ROUTE_PATHS,
  ...NAMED_PATHS,
  ...UNUSUAL_PATHS,
  ...REFUSED_PATHS,
  ...REFUSED_VALUES_PATHS,
  ...REFUSED_IMAGES_PATHS,
  ...UNDELIVERED_PATHS,
  ...LEFT_PATHS,
  ...KILLED_PATHS,
  ...LATE_PATHS,
];
