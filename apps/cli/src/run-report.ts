import { RemoveBgError } from '#sdk/removebg-error.js';
import type { CutoutFacts } from '#sdk/cutout-image.js';
import { DoubtfulResults } from './doubtful-results.js';
import { EXIT } from './exit-codes.js';
import type { Photo } from './photo-files.js';
import { durationText, type ProgressDisplay, type Tally } from './progress-display.js';
import type { Existing } from './result-files.js';

/** A result that has been written. */
export interface Written {
  /** Path of the result; `-` is the standard output. */
  file: string;
  facts: CutoutFacts;
  /** Job id. */
  job: string | undefined;
}

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** Describes an error in one sentence, with its code in parentheses. */
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
  return CODES[code ?? ''] ?? (error instanceof Error ? error.message : 'unknown error');
}

/** How a run is reported. */
export interface ReportOptions {
  /** Writes a line of JSON; undefined without `--json`. */
  json: ((line: string) => void) | undefined;
  /** Results with a lower confidence are listed at the end. */
  minConfidence: number;
}

/** Reports the outcome of each photo, as text and as JSON, and counts outcomes. */
export class RunReport {
  readonly tally: Tally;
  /** Existing files that were not replaced because their options are unknown. */
  private unknown = 0;
  private readonly doubtful: DoubtfulResults;
  private readonly startedAt = performance.now();

  constructor(
    total: number,
    private readonly display: ProgressDisplay,
    private readonly options: ReportOptions,
  ) {
    this.tally = { total, done: 0, skipped: 0, failed: 0 };
    this.doubtful = new DoubtfulResults(options.minConfidence);
  }

  /** A result exists. Prints its name if it may be the user's own work. */
  skipped({ path }: Photo, { file, madeWith }: Existing): void {
    this.tally.skipped += 1;
    this.writeJson({
      photo: path,
      status: 'skipped',
      file,
      reason: madeWith === 'same-options' ? 'done' : 'exists',
    });
    if (madeWith === 'same-options') return;
    this.unknown += 1;
    this.display.line(`skipped ${path}: ${file} exists and may have been made with other options`);
  }

  /** The result has been written. */
  done({ path }: Photo, { file, facts, job }: Written): void {
    this.tally.done += 1;
    const { width, height, bytes, format, confidence, hints } = facts;
    const isLow = this.doubtful.add({ file: file === '-' ? path : file, confidence, hints });
    this.writeJson({
      ...{ photo: path, status: 'done', file, width, height, bytes, format, job },
      ...{ confidence, hints, check: isLow },
    });
    const text = file === '-' ? `done    ${path}` : `done    ${path} -> ${file}`;
    if (this.tally.total === 1) this.display.line(text);
    else this.display.advance(this.tally, text);
  }

  /** A photo failed. */
  failed({ path }: Photo, error: unknown): void {
    this.tally.failed += 1;
    const message = reasonOf(error);
    const isFromService = error instanceof RemoveBgError && error.code !== 'image-unreadable';
    const code = isFromService ? error.code : 'local';
    this.writeJson({ photo: path, status: 'failed', code, message });
    this.display.error(`failed  ${path}: ${message}`);
  }

  /** Prints the summary and returns the exit code. */
  end(): number {
    const { total, done, skipped, failed } = this.tally;
    const ms = Math.round(performance.now() - this.startedAt);
    this.display.stop();
    const check = this.doubtful.count;
    this.writeJson({ status: 'summary', total, done, skipped, failed, check, ms });
    const parts = [
      `${done} done`,
      ...(skipped > this.unknown ? [`${skipped - this.unknown} skipped (already done)`] : []),
      ...(this.unknown > 0 ? [`${this.unknown} skipped (file exists; replace it with --overwrite)`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ];
    const left = total - done - skipped - failed;
    if (left > 0) parts.push(`${left} left`);
    if (total > 1 || skipped > 0) this.display.line(`${parts.join(', ')} in ${durationText(ms)}`);
    this.doubtful.list(this.display);
    return failed > 0 ? EXIT.failed : EXIT.done;
  }

  private writeJson(fact: Record<string, unknown>): void {
    this.options.json?.(`${JSON.stringify(fact)}\n`);
  }
}
