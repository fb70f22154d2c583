import fc from 'fast-check';
import { shardOrder } from '#broker/records/shard-incarnation.js';
import { incarnationOf, shardOf } from '#broker/records/shard-incarnation.js';
import type { JobId } from '#contracts/job-id.js';
import { jobIdOf } from '#crypto/job-token.js';

const shards = (count: number): { name: string }[] =>
  Array.from({ length: count }, (_, i) => ({ name: `shard-${i}` }));
const name = fc.stringMatching(/^[a-z0-9-]{1,16}$/);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 12 });
const token = fc.uint8Array({ minLength: 32, maxLength: 32 });
const idOf = (bytes: Uint8Array): JobId => jobIdOf(Buffer.from(bytes));
const someId = (i: number): JobId => jobIdOf(Buffer.alloc(32, `token ${i}`));
const orderOf = (list: readonly string[], id: JobId): string[] =>
  shardOrder(
    list.map((each) => ({ name: each })),
    id,
  ).map((each) => each.name);

describe('rendezvous hashing', () => {
  it('orders all shards for a job independently of the order in which they are given', () => {
    fc.assert(
      fc.property(names, token, (list, bytes) => {
        const order = orderOf(list, idOf(bytes));
        expect([...order].sort()).toEqual([...list].sort());
        expect(orderOf([...list].reverse(), idOf(bytes))).toEqual(order);
      }),
    );
  });

  it('moves only the jobs of a removed shard, each to its next preference', () => {
    fc.assert(
      fc.property(names, token, fc.nat(), (list, bytes, which) => {
        const gone = list[which % list.length];
        const before = orderOf(list, idOf(bytes));
        const after = orderOf(
          list.filter((each) => each !== gone),
          idOf(bytes),
        );
        expect(after).toEqual(before.filter((each) => each !== gone));
      }),
    );
  });

  it('keeps each job on its shard, or moves it to an added one', () => {
    fc.assert(
      fc.property(names, name, token, (list, added, bytes) => {
        fc.pre(!list.includes(added));
        const [before] = orderOf(list, idOf(bytes));
        const [after] = orderOf([...list, added], idOf(bytes));
        expect([before, added]).toContain(after);
      }),
    );
  });

  it('spreads jobs evenly over five shards, and the jobs of a removed shard over the other four', () => {
    const jobs = Array.from({ length: 10_000 }, (_, i) => shardOrder(shards(5), someId(i)));
    const count = (list: { name: string }[][], place: number): Record<string, number> =>
      list.reduce<Record<string, number>>((sums, order) => {
        const key = order[place]?.name ?? '';
        return { ...sums, [key]: (sums[key] ?? 0) + 1 };
      }, {});
    // Five standard deviations of a binomial: sqrt(10,000 × 0.2 × 0.8) = 40.
    for (const sum of Object.values(count(jobs, 0))) expect(Math.abs(sum - 2000)).toBeLessThan(200);
    const orphans = jobs.filter(([first]) => first?.name === 'shard-3');
    for (const sum of Object.values(count(orphans, 1))) {
      expect(Math.abs(sum - orphans.length / 4)).toBeLessThan(100);
    }
  });
});

describe('a shard incarnation', () => {
  it('two incarnations of one server differ and have the same shard', () => {
    fc.assert(
      fc.property(name, (shard) => {
        const [one, other] = [incarnationOf(shard, 'a'.repeat(40)), incarnationOf(shard, 'b'.repeat(40))];
        expect(one).not.toBe(other);
        expect([shardOf(one), shardOf(other)]).toEqual([shard, shard]);
      }),
    );
  });
});
