import fc from 'fast-check';
import { ListenerMap } from '#broker/redis/listener-map.js';

type Listener = () => string;

const LISTENERS: readonly Listener[] = [(): string => 'a', (): string => 'b', (): string => 'c'];
const KEYS = ['x', 'y'];

const step = fc.record({
  adds: fc.boolean(),
  key: fc.constantFrom(...KEYS),
  listener: fc.constantFrom(...LISTENERS),
});

test('the map returns the same listeners as a map of sets', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const map = new ListenerMap<Listener>();
      const model = new Map(KEYS.map((key) => [key, new Set<Listener>()]));
      for (const { adds, key, listener } of steps) {
        const set = model.get(key) ?? new Set<Listener>();
        const sizeBefore = set.size;
        if (adds) set.add(listener);
        else set.delete(listener);
        if (adds) expect(map.add(key, listener)).toBe(sizeBefore === 0);
        else expect(map.remove(key, listener)).toBe(sizeBefore === 1 && set.size === 0);
        expect([...map.of(key)].map((each) => each())).toEqual([...set].map((each) => each()));
      }
      const received = KEYS.filter((key) => (model.get(key)?.size ?? 0) > 0);
      expect(map.keys().sort()).toEqual(received);
      expect(map.size).toBe(received.length);
    }),
  );
});

test('removing a listener during a notification does not affect the others', () => {
  const map = new ListenerMap<() => void>();
  const notified: string[] = [];
  const leaving = (): void => {
    notified.push('leaving');
    map.remove('x', leaving);
  };
  map.add('x', leaving);
  map.add('x', () => void notified.push('staying'));
  for (const listener of map.of('x')) listener();
  for (const listener of map.of('x')) listener();
  expect(notified).toEqual(['leaving', 'staying', 'staying']);
});
