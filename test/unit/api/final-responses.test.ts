import { FinalResponseDelay, finalTag } from '../../../apps/api/src/http/final-responses.js';

test('given a client that keeps polling a resource that has ended, when it has received three responses, then each further one is delayed', () => {
  const delays = new FinalResponseDelay();
  const delayMs = (name: string, now: number): number => delays.delayMs(name, now);
  expect([1, 2, 3, 4, 5].map((at) => delayMs('a', at))).toEqual([0, 0, 0, 1000, 1000]);
  expect(delayMs('b', 6)).toBe(0);
  expect(delayMs('a', 9_000)).toBe(1000);
  expect(delayMs('a', 20_000)).toBe(0);
});

test('given more resources than are remembered, when they are requested, then the least recently requested one is forgotten', () => {
  const delays = new FinalResponseDelay();
  for (let i = 0; i < 3; i++) for (const name of ['old', 'new']) delays.delayMs(name, 0);
  for (let i = 0; i < 9_999; i++) delays.delayMs(`other ${i}`, 1);
  expect(delays.delayMs('new', 2)).toBe(1000);
  expect(delays.delayMs('old', 2)).toBe(0);
});

test('given a resource that has ended, when its status is sent twice, then the ETags differ and neither is a plain version', () => {
  expect(finalTag(7)).toMatch(/^"7-[0-9a-f]{12}"$/);
  expect(finalTag(7)).not.toBe(finalTag(7));
});
