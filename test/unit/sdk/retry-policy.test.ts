import { BoundedChannel } from '#sdk/bounded-channel.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { InFlightWindow, type PendingImage } from '#sdk/in-flight-window.js';
import { retry, withTimeout, type RetryPolicy } from '#sdk/retry-policy.js';

const never = new AbortController().signal;
const patience = (change: Partial<RetryPolicy> = {}): RetryPolicy => ({
  ...{ signal: never, patienceMs: 1000, retryMs: 5 },
  ...change,
});
const busy = (retryAfterMs?: number): RemoveBgError =>
  new RemoveBgError('rate-limited', { status: 429, retryAfterMs });

/** Fails with each problem in turn, then succeeds; notes when it was tried. */
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

describe('given a request that is repeated', () => {
  it('when Retry-After is named, then it does not come back sooner, and the wait is told', async () => {
    const { attempt, at } = flaky([busy(60), busy(80)]);
    const waits: number[] = [];
    expect(await retry(attempt, patience({ onWait: ({ ms }) => waits.push(ms) }))).toBe('done');
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(59);
    expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(79);
    expect(waits[0]).toBeGreaterThanOrEqual(60);
    expect(waits[0]).toBeLessThanOrEqual(66);
  });

  it('when the patience is used up, then the last problem is thrown; waits that are free do not count', async () => {
    const lost = new RemoveBgError('connection-lost');
    const { attempt, at } = flaky(Array.from({ length: 50 }, () => lost));
    await expect(retry(attempt, patience({ patienceMs: 60 }))).rejects.toBe(lost);
    expect(at.length).toBeLessThan(6);
    const free = flaky([busy(30), busy(30), busy(30)]);
    expect(await retry(free.attempt, patience({ patienceMs: 10, isFree: () => true }))).toBe('done');
  });

  it.each(['image-corrupt', 'key-invalid', 'result-delivered'] as const)(
    'when it is refused with %s, then it is not repeated',
    async (code) => {
      const { attempt, at } = flaky([new RemoveBgError(code, { status: 422 })]);
      await expect(retry(attempt, patience())).rejects.toMatchObject({ code });
      expect(at).toHaveLength(1);
    },
  );

  it.each(['retry-too-soon', 'result-busy', 'upload-interrupted', 'connection-lost'] as const)(
    'when it is met by %s, then it is',
    async (code) => {
      expect(await retry(flaky([new RemoveBgError(code)]).attempt, patience())).toBe('done');
    },
  );

  it('when it is aborted in a pause, then its reason is thrown at once', async () => {
    const leave = new AbortController();
    const waiting = retry(flaky([busy(60_000)]).attempt, patience({ signal: leave.signal, patienceMs: 1e6 }));
    setTimeout(() => leave.abort(new Error('enough')), 10);
    await expect(waiting).rejects.toThrow('enough');
  });

  it('when nothing moves on its connection, then that counts as lost, and the request is given up', async () => {
    let given: AbortSignal | undefined;
    const stuck = withTimeout(20, never, (signal) => {
      given = signal;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));
    });
    await expect(stuck).rejects.toMatchObject({ code: 'connection-lost' });
    expect(given?.aborted).toBe(true);
  });
});

describe('given a channel that holds one value', () => {
  it('when its reader is slow, then producers wait, and every value comes once and in order', async () => {
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

  it('when it ends with an error, then what it held comes first', async () => {
    const channel = new BoundedChannel<string>(2);
    await channel.put('held');
    channel.close(new Error('over'));
    await channel.put('too late');
    const reader = channel[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: 'held' });
    await expect(reader.next()).rejects.toThrow('over');
  });
});

describe('given images at the service', () => {
  const flight = (id: string): PendingImage => ({
    ...{ id, name: id, source: { image: new Blob([]) }, tries: 0, order: 0, job: undefined },
  });

  it('when the window is full, then there is room once one has come back', async () => {
    const flights = new InFlightWindow(2);
    for (const id of ['a', 'b']) flights.begin(flight(id));
    let hasRoom = false;
    const room = flights.room(never).then(() => (hasRoom = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hasRoom).toBe(false);
    expect(flights.take('a')?.id).toBe('a');
    await room;
    expect(flights.take('a')).toBeUndefined();
  });

  it('when younger ones have come back, then the oldest is asked for; a lost one goes again, once', () => {
    const flights = new InFlightWindow(10);
    for (const id of ['a', 'b', 'c', 'd']) flights.begin(flight(id));
    expect(flights.overdue(60_000, 3)).toEqual([]);
    flights.take('d');
    const [oldest] = flights.overdue(60_000, 3);
    expect(oldest).toMatchObject({ id: 'a', tries: 1 });
    flights.repeat(oldest!);
    flights.repeat(oldest!);
    expect(flights.again.map(({ id }) => id)).toEqual(['a']);
    expect(flights.size).toBe(2);
  });
});
