import { RemoveBgError } from '#sdk/removebg-error.js';
import { AddressError } from './address-error.js';
import { DoubtfulResults } from './doubtful-results.js';
import { EXIT } from './exit-codes.js';
import type { ManifestJob } from './manifest-line.js';
import type { ManifestPlan } from './manifest-plan.js';
import type { DoneLine, FailedLine, ResultLine } from './manifest-results.js';
import { bytesText, durationText, type ProgressDisplay, type Tally } from './progress-display.js';
import { reasonOf } from './run-report.js';

/** How a run is reported. */
export interface ManifestReportOptions {
  /** Writes an object as a line of JSON; undefined without `--json`. */
  json: ((value: object) => void) | undefined;
  /** Results with a lower confidence are listed at the end. */
  minConfidence: number;
}

/** Code and reason of an error, for the results. */
export function errorOf(error: unknown): FailedLine['error'] {
  const source = error instanceof RemoveBgError && error.code === 'image-unreadable' ? error.cause : error;
  const message = reasonOf(source);
  if (source instanceof AddressError) return { code: source.code, message };
  if (source instanceof RemoveBgError)
    return { code: source.code, message: message.replace(/ \([a-z-]+\)$/, '') };
  return { code: source === error ? 'output-unwritable' : 'input-unreadable', message };
}

/** True if anything had to be repeated. */
const isRetried = ({
  attempts,
  input_attempts: input = 0,
  output_attempts: output = 0,
}: ResultLine): boolean => Math.max(attempts, input, output) > 1;

/** Reports the images of a manifest, and counts them. */
export class ManifestReport {
  readonly tally: Tally;
  private retried = 0;
  private bytes = 0;
  private withoutReceipt = 0;
  private readonly doubtful: DoubtfulResults;
  private readonly startedAt = performance.now();

  constructor(
    private readonly plan: ManifestPlan,
    private readonly display: ProgressDisplay,
    private readonly options: ManifestReportOptions,
  ) {
    const { done, failed } = plan.counts;
    this.tally = { total: plan.total, done: 0, skipped: done + failed, failed: 0 };
    this.doubtful = new DoubtfulResults(options.minConfidence);
  }

  /** The result has been written. */
  done(line: DoneLine): void {
    this.tally.done += 1;
    this.bytes += line.bytes;
    if (isRetried(line)) this.retried += 1;
    if (line.receipt_error !== undefined) this.withoutReceipt += 1;
    this.doubtful.add({ file: line.output, confidence: line.confidence, hints: line.hints });
    this.options.json?.(line);
    this.display.advance(this.tally, `done    ${line.custom_id} -> ${line.output}`);
  }

  /** An image failed. */
  failed(line: FailedLine): void {
    this.tally.failed += 1;
    if (isRetried(line)) this.retried += 1;
    this.options.json?.(line);
    const { code, message } = line.error;
    this.display.error(`failed  ${line.custom_id} (line ${line.line}): ${message} (${code})`);
  }

  /** Prints the summary and returns the exit code. */
  end(): number {
    const { tally, retried, bytes, withoutReceipt, doubtful } = this;
    const { total, done, failed } = tally;
    const { done: earlier, failed: earlierFailed } = this.plan.counts;
    const ms = Math.round(performance.now() - this.startedAt);
    this.display.stop();
    this.options.json?.({
      ...{ status: 'summary', total, done, failed, skipped: earlier, skipped_failed: earlierFailed },
      ...{ retried, bytes, check: doubtful.count, ms },
    });
    const left = total - done - tally.skipped - failed;
    const parts = [
      `${done} done`,
      ...(earlier > 0 ? [`${earlier} skipped (already done)`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(earlierFailed > 0 ? [`${earlierFailed} skipped (failed before; --retry-failed)`] : []),
      ...(left > 0 ? [`${left} left`] : []),
      ...(retried > 0 ? [`${retried} retried`] : []),
    ];
    this.display.line(
      `${parts.join(', ')} in ${durationText(ms)}${bytes > 0 ? `, ${bytesText(bytes)} written` : ''}`,
    );
    if (withoutReceipt > 0) this.display.line(`${withoutReceipt} without a receipt`);
    doubtful.list(this.display);
    return failed + earlierFailed > 0 ? EXIT.failed : EXIT.done;
  }
}

/** The line of an image that failed. */
export function failedLine(
  job: ManifestJob,
  error: unknown,
  attempts: { service: number; input?: number | undefined },
): FailedLine {
  const source = error instanceof RemoveBgError ? error.cause : error;
  const requests = source instanceof AddressError ? source : undefined;
  // What is fetched fails before the image is submitted, or in the reader of the SDK.
  const isInput = attempts.service === 0 || error instanceof RemoveBgError;
  const inputAttempts = isInput ? (requests?.attempts ?? attempts.input) : attempts.input;
  return {
    ...{ custom_id: job.customId, status: 'failed', error: errorOf(error), attempts: attempts.service },
    ...(inputAttempts !== undefined && { input_attempts: inputAttempts }),
    ...(requests !== undefined && !isInput && { output_attempts: requests.attempts }),
    ...{ line: job.line, ended_at: new Date().toISOString(), fingerprint: job.fingerprint },
  };
}

/** What `--dry-run` says. */
export function planText(name: string, plan: ManifestPlan, resultsPath: string): string {
  const { total, counts, inputBytes, addresses } = plan;
  const todo = counts.new + counts.changed + counts.again;
  const of = (count: number, text: string): string[] =>
    count > 0 ? [`  ${String(count).padStart(6)} ${text}`] : [];
  return [
    `${name}: ${total === 1 ? '1 line' : `${total} lines`}, no errors`,
    `  ${String(todo).padStart(6)} to do`,
    ...of(counts.changed, 'of them changed since their results were recorded'),
    ...of(counts.again, 'of them again'),
    ...of(counts.done, 'already done'),
    ...of(counts.failed, 'failed before; --retry-failed does them again'),
    ...(todo > 0 ? [`Inputs: ${bytesText(inputBytes)} in files, ${addresses} to be fetched`] : []),
    `Results: ${resultsPath === '-' ? 'standard output' : resultsPath}`,
    'Nothing was sent.',
  ].join('\n');
}
