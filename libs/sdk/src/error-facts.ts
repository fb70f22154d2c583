import type { ProblemCode } from '#contracts/problem-catalog.js';

/** What can fail without the service having said so: no answer came, or one that is none of its own. */
export type ConnectionCode = 'connection-lost' | 'unexpected-answer';

/**
 * What can fail before anything is sent: a setting, option or image that cannot be used as it was given
 * (`invalid-argument`), or an image of a batch that could not be read (`image-unreadable`, with the reason as `cause`).
 */
export type ArgumentCode = 'invalid-argument' | 'image-unreadable';

/** Every code that an error of this client can have. */
export type RemoveBgErrorCode = ProblemCode | ConnectionCode | ArgumentCode;

/** Facts of a failure, as far as they are known. */
export interface RemoveBgErrorFacts {
  /** HTTP status; absent when no answer came. */
  status?: number | undefined;
  /** One sentence on what happened: the service's own, where it answered. */
  title?: string | undefined;
  /** What is particular to this case. */
  detail?: string | undefined;
  /** Name of the parameter, option or setting that was refused. */
  parameter?: string | undefined;
  /** What it accepts: its values, or one readable range or pattern. */
  accepted?: readonly string[] | undefined;
  /** The limit that was exceeded, in `unit`. */
  limit?: number | undefined;
  /** Unit of `limit`, such as "bytes" or "pixels". */
  unit?: string | undefined;
  /** Names of the form fields that the image could have come in. */
  expected?: readonly string[] | undefined;
  /** Names of the fields that came instead. */
  found?: readonly string[] | undefined;
  /** Milliseconds to wait before a retry makes sense. */
  retryAfterMs?: number | undefined;
}
