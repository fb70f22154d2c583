import { setImmediate as turn } from 'node:timers/promises';

interface Waiting<I, O> {
  input: I;
  settle: (outcome: { output: O } | { error: Error }) => void;
}

/**
 * Greedy batching for a device on which n inputs together cost less than n times one: whenever it is idle, it
 * takes what waits, up to `most`, and never waits for more. So a single input is as fast as without batching,
 * and under load, where a run of n costs a + b·n, throughput comes close to 1 / b.
 */
export class MicroBatcher<I, O> {
  readonly #run: (inputs: readonly I[]) => Promise<readonly O[]>;
  readonly #most: number;
  readonly #waiting: Waiting<I, O>[] = [];
  #busy = false;

  /**
   * @param run one run of the device: an output for each input, in their order. Never called while it runs.
   * @param most inputs of one run
   */
  constructor(run: (inputs: readonly I[]) => Promise<readonly O[]>, most: number) {
    this.#run = run;
    this.#most = most;
  }

  /** Runs one input, with others or alone. @throws whatever `run` threw for this input alone */
  readonly submit = (input: I): Promise<O> =>
    new Promise((resolve, reject) => {
      const settle: Waiting<I, O>['settle'] = (outcome) =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.output);
      this.#waiting.push({ input, settle });
      if (!this.#busy) void this.#work();
    });

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      // What became ready while the device blocked this thread is heard of first, and joins the next run.
      await turn();
      await this.#perform(this.#waiting.splice(0, this.#most));
    }
    this.#busy = false;
  }

  /** An error of several is no one's yet: each is run again alone, so that only the culprit fails. */
  async #perform(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outputs = await this.#run(batch.map(({ input }) => input));
      if (outputs.length !== batch.length)
        throw new Error('a run gave another number of outputs than inputs');
      batch.forEach(({ settle }, i) => settle({ output: outputs[i] as O }));
    } catch (error) {
      if (batch.length > 1) for (const one of batch) await this.#perform([one]);
      else batch[0]?.settle({ error: error instanceof Error ? error : new Error('a run failed') });
    }
  }
}
