import { BoundedChannel } from '#sdk/bounded-channel.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { InFlightWindow, type PendingImage } from '#sdk/in-flight-window.js';
import { retry, withTimeout, type RetryPolicy } from '#sdk/retry-policy.js';

const never = new AbortController().signal;
const policy = (change: Partial<RetryPolicy> = {}): RetryPolicy => ({
  ...{ signal: never, maxRetryMs: 1000, retryMs: 5 },
  ...change,
});
const busy = (retryAfterMs?: number): RemoveBgError =>
  new RemoveBgError('rate-limited', { status: 429, retryAfterMs });

/** Fails with each problem in turn, then succeeds. Records the times of the attempts. */
function flaky(problems: Error[]): { attempt: () => Promise<string>; at: number[] } {
  const at: number[] = [];
  const attempt = async (): Promise<string> => {
    at.push(performance.now());
    const problem = problems.shift();
    if (problem !== undefined) throw problem;
    return 'done';
  };
  return { attempt, at };
}

describe('given a request with retries', () => {
  it('when the answer has Retry-After, then the retry is not sooner, and onWait is called', async () => {
    const { attempt, at } = flaky([busy(60), busy(80)]);
    const waits: number[] = [];
    expect(await retry(attempt, policy({ onWait: ({ ms }) => waits.push(ms) }))).toBe('done');
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(59);
    expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(79);
    expect(waits[0]).toBeGreaterThanOrEqual(60);
    expect(waits[0]).toBeLessThanOrEqual(66);
  });

  it('when maxRetryMs has passed, then the last error is thrown; unlimited errors do not count', async () => {
    const lost = new RemoveBgError('connection-lost');
    const { attempt, at } = flaky(Array.from({ length: 50 }, () => lost));
    await expect(retry(attempt, policy({ maxRetryMs: 60 }))).rejects.toBe(lost);
    expect(at.length).toBeLessThan(6);
    const free = flaky([busy(30), busy(30), busy(30)]);
    expect(await retry(free.attempt, policy({ maxRetryMs: 10, isUnlimited: () => true }))).toBe('done');
  });

  it.each(['image-corrupt', 'key-invalid', 'result-delivered'] as const)(
    'when it fails with %s, then it is not retried',
    async (code) => {
      const { attempt, at } = flaky([new RemoveBgError(code, { status: 422 })]);
      await expect(retry(attempt, policy())).rejects.toMatchObject({ code });
      expect(at).toHaveLength(1);
    },
  );

  it.each(['retry-too-soon', 'result-busy', 'upload-interrupted', 'connection-lost'] as const)(
    'when it fails with %s, then it is retried',
    async (code) => {
      expect(await retry(flaky([new RemoveBgError(code)]).attempt, policy())).toBe('done');
    },
  );

  it('when it is aborted during a delay, then the reason is thrown at once', async () => {
    const abort = new AbortController();
    const waiting = retry(flaky([busy(60_000)]).attempt, policy({ signal: abort.signal, maxRetryMs: 1e6 }));
    setTimeout(() => abort.abort(new Error('stopped')), 10);
    await expect(waiting).rejects.toThrow('stopped');
  });

  it('when it exceeds its time limit, then it is aborted and counts as a lost connection', async () => {
    let given: AbortSignal | undefined;
    const stuck = withTimeout(20, never, (signal) => {
      given = signal;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));
    });
    await expect(stuck).rejects.toMatchObject({ code: 'connection-lost' });
    expect(given?.aborted).toBe(true);
  });
});

describe('given a channel with a capacity of one', () => {
  it('when the consumer is slow, then producers wait, and every value arrives once and in order', async () => {
    const channel = new BoundedChannel<number>(1);
    let put = 0;
    const producing = (async () => {
      for (let i = 0; i < 5; i += 1) {
        await channel.put(i);
        put += 1;
      }
      channel.close();
    })();
    const seen: number[] = [];
    for await (const value of channel) {
      seen.push(value);
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(put - seen.length).toBeLessThanOrEqual(1);
    }
    await producing;
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('when it closes with an error, then the buffered values come first', async () => {
    const channel = new BoundedChannel<string>(2);
    await channel.put('held');
    channel.close(new Error('over'));
    await channel.put('too late');
    const reader = channel[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: 'held' });
    await expect(reader.next()).rejects.toThrow('over');
  });
});

describe('given images in flight', () => {
  const pending = (id: string): PendingImage => ({
    ...{ id, name: id, source: { image: new Blob([]) }, attempts: 0, order: 0, repeats: 0, job: undefined },
  });

  it('when the window is full, then there is room after one image returns', async () => {
    const window = new InFlightWindow(2);
    for (const id of ['a', 'b']) window.add(pending(id));
    let hasRoom = false;
    const room = window.waitForRoom(never).then(() => (hasRoom = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hasRoom).toBe(false);
    expect(window.take('a')?.id).toBe('a');
    await room;
    expect(window.take('a')).toBeUndefined();
  });

  it('when later images have returned, then the oldest is overdue; a lost image is resubmitted once', () => {
    const window = new InFlightWindow(10);
    for (const id of ['a', 'b', 'c', 'd']) window.add(pending(id));
    expect(window.overdue(60_000, 3)).toEqual([]);
    window.take('d');
    const [oldest] = window.overdue(60_000, 3);
    expect(oldest).toMatchObject({ id: 'a', attempts: 1 });
    window.resubmit(oldest!);
    window.resubmit(oldest!);
    expect(window.lost.map(({ id }) => id)).toEqual(['a']);
    expect(window.size).toBe(2);
  });
});
