import { BodyPace } from '../../../apps/api/src/http/request-body-limits.js';

const WINDOWS = 60;
const TIMEOUT_MS = WINDOWS * 5000;

/** Windows until a body is cut; undefined when it is complete before. */
function windowsUntilCut(totalBytes: number, bytesOf: (window: number) => number): number | undefined {
  const pace = new BodyPace(totalBytes, TIMEOUT_MS);
  let left = Number.isNaN(totalBytes) ? 10_000_000 : totalBytes;
  for (let window = 1; left > 0 && window <= WINDOWS; window += 1) {
    left -= bytesOf(window);
    if (pace.isTooSlow(bytesOf(window), false)) return window;
  }
  return undefined;
}

describe('request-body-limits', () => {
  it('given 4 MB at 30 kB/s, when it goes on for 133 s, then it is not cut', () => {
    expect(windowsUntilCut(4_000_000, () => 150_000)).toBeUndefined();
  });

  it('given an announced body that cannot be complete in time at its pace, then it is cut after 15 s', () => {
    expect(windowsUntilCut(22_000_000, () => 12_000)).toBe(3);
  });

  it('given a pace that falls so far that the rest cannot come in time, then it is cut soon after that', () => {
    const cutAt = windowsUntilCut(20_000_000, (window) => (window <= 10 ? 400_000 : 11_000));
    expect(cutAt).toBeGreaterThan(10);
    expect(cutAt).toBeLessThan(WINDOWS / 2);
  });

  it('given some bad windows among good ones, then it is not cut', () => {
    expect(windowsUntilCut(4_000_000, (window) => (window % 3 === 0 ? 12_000 : 200_000))).toBeUndefined();
  });

  it('given a body of unknown length, then only a drip is cut, after 10 s', () => {
    expect(windowsUntilCut(Number.NaN, () => 11_000)).toBeUndefined();
    expect(windowsUntilCut(Number.NaN, () => 9000)).toBe(2);
  });

  it('given bytes that this process does not read, then nobody is cut', () => {
    const pace = new BodyPace(22_000_000, TIMEOUT_MS);
    for (let i = 0; i < WINDOWS; i += 1) expect(pace.isTooSlow(0, true)).toBe(false);
  });
});
