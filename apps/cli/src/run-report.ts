import { RemoveBgError } from '#sdk/removebg-error.js';
import type { CutoutFacts } from '#sdk/result-facts.js';
import { EXIT } from './exit-codes.js';
import type { Existing } from './cutout-places.js';
import type { Photo } from './photo-search.js';
import { durationText, type ProgressDisplay, type Tally } from './progress-display.js';

/** A result that has been written. */
export interface Written {
  /** Path of the result; `-` is the standard output. */
  file: string;
  facts: CutoutFacts;
  /** Public name of the job. */
  job: string | undefined;
}

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};

/** What went wrong, in a sentence; the code of a problem is in brackets, for searching. */
export function reasonOf(error: unknown): string {
  if (error instanceof RemoveBgError) {
    if (error.code === 'image-unreadable') return reasonOf(error.cause);
    const { title, detail, parameter } = error;
    const about = parameter === undefined ? '' : `: ${parameter}`;
    return title === undefined
      ? error.code
      : `${title}${about}${detail === undefined ? '' : ` ${detail}`} (${error.code})`;
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return CODES[code ?? ''] ?? (error instanceof Error ? error.message : 'it failed');
}

/** Tells people and scripts what becomes of each photo, and keeps count. */
export class RunReport {
  readonly tally: Tally;
  /** Results that were left as they are, because it is not known how they were made. */
  private unknown = 0;
  private readonly began = performance.now();

  /** @param json writes a line to the standard output, when that is asked for */
  constructor(
    total: number,
    private readonly display: ProgressDisplay,
    private readonly json: ((line: string) => void) | undefined,
  ) {
    this.tally = { total, done: 0, skipped: 0, failed: 0 };
  }

  /** There is a result already. One that may be somebody's work is named. */
  skipped({ path }: Photo, { file, made }: Existing): void {
    this.tally.skipped += 1;
    this.tell({ photo: path, status: 'skipped', file, reason: made === 'alike' ? 'done' : 'exists' });
    if (made === 'alike') return;
    this.unknown += 1;
    this.display.line(`skipped ${path}: ${file} exists, and it is not known with which options it was made`);
  }

  /** The result has been written. */
  done({ path }: Photo, { file, facts, job }: Written): void {
    this.tally.done += 1;
    const { width, height, bytes, format } = facts;
    this.tell({ photo: path, status: 'done', file, width, height, bytes, format, job });
    const text = file === '-' ? `done    ${path}` : `done    ${path} -> ${file}`;
    if (this.tally.total === 1) this.display.line(text);
    else this.display.advance(this.tally, text);
  }

  /** There is no result. */
  failed({ path }: Photo, error: unknown): void {
    this.tally.failed += 1;
    const message = reasonOf(error);
    const isOurs = error instanceof RemoveBgError && error.code !== 'image-unreadable';
    const code = isOurs ? error.code : 'local';
    this.tell({ photo: path, status: 'failed', code, message });
    this.display.fault(`failed  ${path}: ${message}`);
  }

  /** The sum; returns the exit code. */
  end(): number {
    const { total, done, skipped, failed } = this.tally;
    const ms = Math.round(performance.now() - this.began);
    this.display.stop();
    this.tell({ status: 'summary', total, done, skipped, failed, ms });
    const parts = [
      `${done} done`,
      ...(skipped > this.unknown ? [`${skipped - this.unknown} skipped (already done)`] : []),
      ...(this.unknown > 0 ? [`${this.unknown} skipped (file exists: --overwrite replaces it)`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ];
    const left = total - done - skipped - failed;
    if (left > 0) parts.push(`${left} left`);
    if (total > 1 || skipped > 0) this.display.line(`${parts.join(', ')} in ${durationText(ms)}`);
    return failed > 0 ? EXIT.failed : EXIT.done;
  }

  private tell(fact: Record<string, unknown>): void {
    this.json?.(`${JSON.stringify(fact)}\n`);
  }
}
