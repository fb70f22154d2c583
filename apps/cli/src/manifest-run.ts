import type { RemoveBg } from '#sdk/removebg-client.js';
import { isTodo, todoOf, type PlanRules } from './manifest-plan.js';
import { ManifestDelivery, type Arrived } from './manifest-delivery.js';
import { readInputs, type Underway } from './manifest-inputs.js';
import { jobOfLine, type ManifestJob } from './manifest-line.js';
import { failedLine, type ManifestReport } from './manifest-report.js';
import type { ResultsWriter } from './manifest-results.js';
import type { ManifestSource } from './manifest-source.js';
import type { ManifestState } from './manifest-state.js';
import { CommandError } from './exit-codes.js';
import { durationText, type ProgressDisplay } from './progress-display.js';
import { isFatal, isFull } from './service-session.js';

/** Results that are written at the same time. */
const DELIVERIES = 8;
/** How long an interrupted run waits for the results that are being written. */
const GRACE_MS = 5_000;

/** Errors of the file system that every further result would meet. */
const DISK_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);

/** What a run needs. */
export interface ManifestRunParts {
  source: ManifestSource;
  rules: PlanRules;
  state: ManifestState;
  results: ResultsWriter;
  report: ManifestReport;
  display: ProgressDisplay;
  /** Maximum number of images at the service. */
  window: number;
  receipts: string | undefined;
  signal: AbortSignal;
}

/** Runs a manifest: reads inputs, has them cut out, and writes results, all at the same time. */
export class ManifestRun {
  private readonly underway = new Map<string, Underway>();
  private readonly deliveries = new Set<Promise<void>>();
  private readonly cut = new AbortController();
  private fatal: { error: unknown } | undefined;

  constructor(
    private readonly parts: ManifestRunParts,
    private readonly client: RemoveBg,
  ) {}

  /** @throws an error that every image would meet | the signal's reason */
  async run(): Promise<void> {
    const { signal, display, report } = this.parts;
    const onAbort = (): void => void setTimeout(() => this.cut.abort(signal.reason), GRACE_MS).unref();
    signal.addEventListener('abort', onAbort, { once: true });
    display.start(report.tally);
    try {
      await this.processAll();
    } finally {
      await Promise.all(this.deliveries);
      signal.removeEventListener('abort', onAbort);
    }
    this.throwIfFatal();
  }

  private async processAll(): Promise<void> {
    const { state, signal, window, display, results, receipts } = this.parts;
    const delivery = new ManifestDelivery({
      ...{ client: this.client, state, results, receipts },
      ...{ signal: this.cut.signal, retrySignal: signal },
    });
    const images = readInputs(this.jobs(delivery), {
      signal,
      customIdOf: (fingerprint) => state.customIdOf(fingerprint),
      onReady: (underway) => void this.underway.set(underway.job.customId, underway),
      onFailed: (job, error) => this.fail({ job, inputAttempts: undefined }, error, 0),
    });
    const outcomes = this.client.batch(images, {
      ...{ signal, window, resume: state.batch },
      onBatch: (batch) => state.addBatch(batch),
      onWait: ({ code, ms }) => {
        if (!isFull(code)) display.state(`retrying in ${durationText(ms)} (${code})`);
      },
    });
    for await (const outcome of outcomes) {
      this.throwIfFatal();
      const underway = this.underway.get(outcome.name);
      if (underway === undefined) continue;
      this.underway.delete(outcome.name);
      if (!outcome.ok) await this.fail(underway, outcome.error, outcome.attempts);
      else {
        while (this.deliveries.size >= DELIVERIES) await Promise.race(this.deliveries);
        this.start(underway, outcome, delivery);
      }
    }
  }

  /** The lines to be done. Those that an interrupted run had all but written are completed here. */
  private async *jobs(delivery: ManifestDelivery): AsyncGenerator<ManifestJob, void, undefined> {
    const { source, rules, report } = this.parts;
    for await (const { number, text } of source.lines()) {
      const job = jobOfLine(text, number, rules.lines);
      if (Array.isArray(job)) throw new CommandError(`${source.name} was changed while it was read.`);
      if (!isTodo(todoOf(job, rules.earlier, rules.repetition))) continue;
      const completed = rules.repetition.overwrite ? undefined : await delivery.complete(job);
      if (completed === undefined) yield job;
      else report.done(completed);
    }
  }

  private start(underway: Underway, arrived: Arrived, delivery: ManifestDelivery): void {
    const task = this.deliver(underway, arrived, delivery)
      .catch((error: unknown) => void (this.fatal ??= { error }))
      .finally(() => this.deliveries.delete(task));
    this.deliveries.add(task);
  }

  private async deliver(underway: Underway, arrived: Arrived, delivery: ManifestDelivery): Promise<void> {
    const { job, inputAttempts } = underway;
    try {
      this.parts.report.done(await delivery.deliver(job, arrived, inputAttempts));
    } catch (error) {
      if (this.parts.signal.aborted) return;
      if (isFatal(error) || DISK_CODES.has((error as NodeJS.ErrnoException).code)) throw error;
      await this.fail(underway, error, arrived.attempts);
    }
  }

  private async fail({ job, inputAttempts }: Underway, error: unknown, attempts: number): Promise<void> {
    const line = failedLine(job, error, { service: attempts, input: inputAttempts });
    await this.parts.results.add(line);
    this.parts.report.failed(line);
  }

  private throwIfFatal(): void {
    if (this.fatal !== undefined) throw this.fatal.error;
  }
}
