import { FinalAnswerPace, finalTag } from '../../../apps/api/src/http/final-answers.js';

test('given a client that asks on and on about what has ended, when it has had three answers, then each is held', () => {
  const pace = new FinalAnswerPace();
  const holds = (name: string, now: number): number => pace.holdMs(name, now);
  expect([1, 2, 3, 4, 5].map((at) => holds('a', at))).toEqual([0, 0, 0, 1000, 1000]);
  expect(holds('b', 6)).toBe(0);
  expect(holds('a', 9_000)).toBe(1000);
  expect(holds('a', 20_000)).toBe(0);
});

test('given more things than are remembered, when they are asked for, then the one asked for longest ago is forgotten', () => {
  const pace = new FinalAnswerPace();
  for (let i = 0; i < 3; i++) for (const name of ['old', 'new']) pace.holdMs(name, 0);
  for (let i = 0; i < 9_999; i++) pace.holdMs(`other ${i}`, 1);
  expect(pace.holdMs('new', 2)).toBe(1000);
  expect(pace.holdMs('old', 2)).toBe(0);
});

test('given what has ended, when its status is sent twice, then the ETags differ and none is a plain version', () => {
  expect(finalTag(7)).toMatch(/^"7-[0-9a-f]{12}"$/);
  expect(finalTag(7)).not.toBe(finalTag(7));
});
