/**
 * Every key that may be in Redis when no job exists. Whatever matches none of these holds, or may hold,
 * something of a user.
 */
export const KEYS_WITHOUT_JOBS: readonly RegExp[] = [
  /^rb:(workers|pace|probe|reserved-total)$/,
  // Requests and pixels of the last minute, and submissions that may be repeated, by keyed hashes.
  /^rb:(rate|pixels|retry):[A-Za-z0-9_-]{22}$/,
  // When each payload shard answered last.
  /^rb:shards:seen$/,
  // What a worker measures: numbers only.
  /^rb:metrics:[0-9a-f]{12}$/,
  // Numbers, and keyed hashes of those who submitted last.
  /^rb:turns(:taken)?$/,
  /^rb:q:cutout:(meta|id|events|marker|pc|stalled-check)$/,
  // The tombstone of a job that ended.
  /^rb:\{[A-Za-z0-9_-]{22}\}:job$/,
  // How many images of a batch are where, and, under a key that only its owner has, what they are called.
  /^rb:\{[A-Za-z0-9_-]{22}\}:batch(:members|:changes|:lost)?$/,
];

/** Further keys while jobs are alive. */
export const KEYS_WITH_JOBS: readonly RegExp[] = [
  ...KEYS_WITHOUT_JOBS,
  /^rb:(deadlines|reserved|tenants|turns:waiting|batched|shards)$/,
  /^rb:shard:[a-z0-9-]{1,16}\.[0-9a-f]{12}$/,
  /^rb:\{[A-Za-z0-9_-]{22}\}:batch:ready$/,
  /^rb:\{[A-Za-z0-9_-]{22}\}:(in|out:\d+)$/,
  /^rb:q:cutout:(prioritized|active|stalled|[A-Za-z0-9_-]{22}(:lock)?)$/,
];

/** All that a tombstone may say. */
export const TOMBSTONE_FIELDS: readonly string[] = [
  'state',
  'version',
  'attempt',
  'deliveries',
  'deadlineAt',
  // Which shard had its bytes.
  'seat',
  // Where the job was, as its id and its receipt say.
  'region',
  'code',
  // What a deletion receipt states: sizes, times and a count.
  'inputBytes',
  'outputBytes',
  'acceptedAt',
  'endedAt',
  'purgedAt',
  'keysRemoved',
  // What the client has shortened.
  'startMs',
  'keepMs',
];

/** Keys that are on no line of `list`. */
export const foreignKeys = (keys: readonly string[], list = KEYS_WITHOUT_JOBS): string[] =>
  keys.filter((key) => !list.some((pattern) => pattern.test(key)));
