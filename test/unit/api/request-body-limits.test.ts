import { BodyRate } from '../../../apps/api/src/http/request-body-limits.js';

const WINDOWS = 60;
const TIMEOUT_MS = WINDOWS * 5000;

/** Windows until a body is rejected; undefined when it is complete before. */
function windowsUntilRejected(totalBytes: number, bytesOf: (window: number) => number): number | undefined {
  const rate = new BodyRate(totalBytes, TIMEOUT_MS);
  let left = Number.isNaN(totalBytes) ? 10_000_000 : totalBytes;
  for (let window = 1; left > 0 && window <= WINDOWS; window += 1) {
    left -= bytesOf(window);
    if (rate.isTooSlow(bytesOf(window), false)) return window;
  }
  return undefined;
}

describe('request-body-limits', () => {
  it('given 4 MB at 30 kB/s, when it goes on for 133 s, then it is accepted', () => {
    expect(windowsUntilRejected(4_000_000, () => 150_000)).toBeUndefined();
  });

  it('given an announced body that is too slow to be complete in time, then it is rejected after 15 s', () => {
    expect(windowsUntilRejected(22_000_000, () => 12_000)).toBe(3);
  });

  it('given a rate that falls too low for the rest to arrive in time, then it is rejected soon after', () => {
    const rejectedAt = windowsUntilRejected(20_000_000, (window) => (window <= 10 ? 400_000 : 11_000));
    expect(rejectedAt).toBeGreaterThan(10);
    expect(rejectedAt).toBeLessThan(WINDOWS / 2);
  });

  it('given some slow windows among fast ones, then it is accepted', () => {
    expect(
      windowsUntilRejected(4_000_000, (window) => (window % 3 === 0 ? 12_000 : 200_000)),
    ).toBeUndefined();
  });

  it('given a body of unknown length, then it is rejected only below the minimum rate, after 10 s', () => {
    expect(windowsUntilRejected(Number.NaN, () => 11_000)).toBeUndefined();
    expect(windowsUntilRejected(Number.NaN, () => 9000)).toBe(2);
  });

  it('given bytes that this process does not read, then no client is rejected', () => {
    const rate = new BodyRate(22_000_000, TIMEOUT_MS);
    for (let i = 0; i < WINDOWS; i += 1) expect(rate.isTooSlow(0, true)).toBe(false);
  });
});
