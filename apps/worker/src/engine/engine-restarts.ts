import type { LabelValue } from '#telemetry/metric-labels.js';

/** Why an engine was replaced. */
export type RestartCause = LabelValue<'restart'>;

/** Counts the engines that were replaced, by cause, and reports each once. */
export class EngineRestarts {
  /** Receives each replacement. */
  onRestart: ((cause: RestartCause) => void) | undefined;
  readonly #counts = new Map<RestartCause, number>();
  #cause: RestartCause | undefined;

  /** The engine is about to be ended for this; the first cause stands. */
  because(cause: RestartCause): void {
    this.#cause ??= cause;
  }

  /** The engine is gone and is replaced. `fallback` is the cause when no other was given. */
  note(fallback: RestartCause): void {
    const cause = this.#cause ?? fallback;
    this.#cause = undefined;
    this.#counts.set(cause, this.countOf(cause) + 1);
    this.onRestart?.(cause);
  }

  /** Engines replaced for this cause so far. */
  countOf(cause: RestartCause): number {
    return this.#counts.get(cause) ?? 0;
  }
}
