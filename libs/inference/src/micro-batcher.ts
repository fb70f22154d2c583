import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

interface PendingInput<I, O> {
  input: I;
  settle: (outcome: { output: O } | { error: Error }) => void;
}

/**
 * Greedy batching for a device on which n inputs together cost less than n single ones. When the device is idle, it
 * takes the waiting inputs, up to `maxBatch`, and never waits for more. A single input is as fast as without
 * batching; under load, where a run of n costs a + b·n, throughput approaches 1 / b.
 */
export class MicroBatcher<I, O> {
  private readonly run: (inputs: readonly I[]) => Promise<readonly O[]>;
  private readonly maxBatch: number;
  private readonly waiting: PendingInput<I, O>[] = [];
  private busy = false;

  /**
   * @param run runs the device: an output for each input, in order. Never called concurrently.
   * @param maxBatch largest number of inputs of one run
   */
  constructor(run: (inputs: readonly I[]) => Promise<readonly O[]>, maxBatch: number) {
    this.run = run;
    this.maxBatch = maxBatch;
  }

  /** Runs one input, alone or in a batch. @throws the error of `run` for this input alone */
  readonly submit = (input: I): Promise<O> =>
    new Promise((resolve, reject) => {
      const settle: PendingInput<I, O>['settle'] = (outcome) =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.output);
      this.waiting.push({ input, settle });
      if (!this.busy) void this.work();
    });

  private async work(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) {
      // Inputs that arrived while the device blocked this thread are received first and join the next run.
      await yieldToEventLoop();
      await this.perform(this.waiting.splice(0, this.maxBatch));
    }
    this.busy = false;
  }

  /** After an error of a batch each input is run again alone, so that only the failing one fails. */
  private async perform(batch: readonly PendingInput<I, O>[]): Promise<void> {
    try {
      const outputs = await this.run(batch.map(({ input }) => input));
      if (outputs.length !== batch.length)
        throw new Error('the number of outputs differs from the number of inputs');
      batch.forEach(({ settle }, i) => settle({ output: outputs[i] as O }));
    } catch (error) {
      if (batch.length > 1) for (const one of batch) await this.perform([one]);
      else batch[0]?.settle({ error: error instanceof Error ? error : new Error('a run failed') });
    }
  }
}
