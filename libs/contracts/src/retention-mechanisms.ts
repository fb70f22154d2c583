/** Mechanisms that enforce the retention promise, in the order in which an image meets them. */
export const MECHANISMS = [
  'no-files',
  'encryption',
  'volatile-redis',
  'deletion',
  'closed-memory',
  'logs',
  'receipts',
] as const;

/** Name of a mechanism. */
export type Mechanism = (typeof MECHANISMS)[number];
