import type { ProgressDisplay } from './progress-display.js';

/** A result, and what the service says about it. */
export interface Judged {
  file: string;
  confidence: number | undefined;
  hints: readonly string[];
}

/** Results whose confidence is below a minimum, to be listed at the end of a run. */
export class DoubtfulResults {
  private readonly found: (Judged & { confidence: number })[] = [];

  constructor(private readonly minConfidence: number) {}

  /** Number of results below the minimum. */
  get count(): number {
    return this.found.length;
  }

  /** Adds a result if its confidence is below the minimum, and says whether it is. */
  add({ file, confidence, hints }: Judged): boolean {
    if (confidence === undefined || confidence >= this.minConfidence) return false;
    this.found.push({ file, confidence, hints });
    return true;
  }

  /** Lists the results, the least certain first. */
  list(display: ProgressDisplay): void {
    if (this.found.length === 0) return;
    display.line(`Check ${this.found.length === 1 ? 'this result' : 'these results'}:`);
    for (const { file, confidence, hints } of this.found.sort((a, b) => a.confidence - b.confidence)) {
      const reasons = hints.filter((hint) => hint !== 'low-confidence');
      display.line(`  ${file} (${[confidence.toFixed(2), ...reasons].join(', ')})`);
    }
  }
}
