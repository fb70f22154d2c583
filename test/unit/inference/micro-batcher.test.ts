import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { MicroBatcher } from '#inference/micro-batcher.js';

const FIXED_MS = 12;
const EACH_MS = 3;

/** A device with a clock of its own: a run of n takes 12 + 3·n of its milliseconds. Negative inputs break a run. */
class Device {
  nowMs = 0;
  readonly runs: number[][] = [];
  private busy = false;

  readonly run = async (inputs: readonly number[]): Promise<number[]> => {
    expect(this.busy).toBe(false);
    this.busy = true;
    this.runs.push([...inputs]);
    await setImmediate();
    this.nowMs += FIXED_MS + EACH_MS * inputs.length;
    this.busy = false;
    if (inputs.some((input) => input < 0)) throw new Error('this run failed');
    return inputs.map((input) => input + 1);
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('micro-batcher', () => {
  test('given one input, when the device is idle, then it runs alone and at once', async () => {
    const device = new Device();
    const batcher = new MicroBatcher(device.run, 8);
    for (const input of upTo(3)) expect(await batcher.submit(input)).toBe(input + 1);
    expect(device.runs).toEqual([[0], [1], [2]]);
    expect(device.nowMs).toBe(3 * (FIXED_MS + EACH_MS));
  });

  test('given many inputs, when the device is never idle, then the time per input approaches that without the fixed cost', async () => {
    const count = 640;
    const timesMs = await Promise.all(
      [1, 8, 64].map(async (size) => {
        const device = new Device();
        const batcher = new MicroBatcher(device.run, size);
        await Promise.all(upTo(count).map(batcher.submit));
        return device.nowMs / count;
      }),
    );
    expect(timesMs).toEqual([EACH_MS + FIXED_MS, EACH_MS + FIXED_MS / 8, EACH_MS + FIXED_MS / 64]);
  });

  test('given inputs that arrive during a run, when it ends, then they form the next run', async () => {
    const device = new Device();
    const batcher = new MicroBatcher(device.run, 8);
    const first = batcher.submit(0);
    await setImmediate();
    const others = [1, 2, 3].map(batcher.submit);
    expect(await Promise.all([first, ...others])).toEqual([1, 2, 3, 4]);
    expect(device.runs).toEqual([[0], [1, 2, 3]]);
  });

  test('given any inputs of which some fail, when batched, then each gets its own output, and only those fail', async () => {
    const inputs = fc.array(fc.integer({ min: -3, max: 100 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(inputs, fc.integer({ min: 1, max: 9 }), async (values, size) => {
        const batcher = new MicroBatcher(new Device().run, size);
        const outcomes = await Promise.allSettled(values.map(batcher.submit));
        expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : 'failed'))).toEqual(
          values.map((value) => (value < 0 ? 'failed' : value + 1)),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('given a run that loses an output, when batched, then no input gets the output of another', async () => {
    const short = async (inputs: readonly number[]): Promise<number[]> =>
      inputs.length > 1 ? inputs.slice(1) : [...inputs];
    const batcher = new MicroBatcher(short, 4);
    expect(await Promise.all([5, 6, 7].map(batcher.submit))).toEqual([5, 6, 7]);
  });
});
