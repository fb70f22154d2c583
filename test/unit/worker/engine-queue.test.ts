import fc from 'fast-check';
import { EngineQueue, type LineMember } from '../../../apps/worker/src/engine/engine-queue.js';

interface Member extends LineMember {
  overdue: boolean;
  settled: boolean;
}

const member = (id: number): Member => ({ id, overdue: false, settled: false });
const ids = (members: readonly Member[]): number[] => members.map(({ id }) => id);

/** A line with members 1 to `count`, of whom as many as fit are inside. */
function filled(count: number, capacity: number): { line: EngineQueue<Member>; members: Member[] } {
  const line = new EngineQueue<Member>();
  const members = Array.from({ length: count }, (_, i) => member(i + 1));
  for (const each of members) line.join(each);
  admitAll(line, capacity);
  return { line, members };
}

function admitAll(line: EngineQueue<Member>, capacity: number): number[] {
  const admitted: Member[] = [];
  for (let next = line.admit(capacity); next !== undefined; next = line.admit(capacity)) admitted.push(next);
  return ids(admitted);
}

describe('engine.line', () => {
  test('given room for three, when five have joined, then the first three are inside and one more after each that is done', () => {
    const { line, members } = filled(5, 3);
    expect(members.map(({ id }) => line.inside(id) !== undefined)).toEqual([true, true, true, false, false]);
    line.finish(members[1]!);
    expect(admitAll(line, 3)).toEqual([4]);
    expect(line.isEmpty).toBe(false);
  });

  test('given one alone inside, when the engine dies by itself, then that one is the culprit', () => {
    const { line } = filled(2, 1);
    expect(ids(line.collapse(false).culprits)).toEqual([1]);
    expect(admitAll(line, 4)).toEqual([2]);
  });

  test('given several inside, when the engine dies by itself, then each goes in alone before everybody else', () => {
    const { line, members } = filled(5, 3);
    expect(ids(line.collapse(false).culprits)).toEqual([]);
    expect(admitAll(line, 3)).toEqual([1]);
    line.finish(members[0]!);
    expect(admitAll(line, 3)).toEqual([2]);
    expect(ids(line.collapse(false).culprits)).toEqual([2]);
    expect(admitAll(line, 3)).toEqual([3]);
    line.finish(members[2]!);
    expect(admitAll(line, 3)).toEqual([4, 5]);
  });

  test('given one overdue among several, when the engine was put down, then the others go back to the front, unsuspected', () => {
    const { line, members } = filled(5, 3);
    members[1]!.overdue = true;
    const { inside, culprits } = line.collapse(true);
    expect([ids(inside), ids(culprits)]).toEqual([[1, 2, 3], [2]]);
    expect(admitAll(line, 3)).toEqual([1, 3, 4]);
  });

  test('given an engine put down for one that came through at the last moment, when it ends, then nobody is suspected', () => {
    const { line, members } = filled(3, 3);
    line.finish(members[0]!);
    expect(line.collapse(true).culprits).toEqual([]);
    expect(admitAll(line, 3)).toEqual([2, 3]);
  });

  test('given one that waits, when it withdraws or the line disperses, then it is gone; those inside do not wait', () => {
    const { line, members } = filled(4, 2);
    expect([line.withdraw(members[2]!), line.withdraw(members[0]!)]).toEqual([true, false]);
    expect(ids(line.disperse())).toEqual([4]);
    expect(ids(line.evacuate())).toEqual([1, 2]);
    expect(line.isEmpty).toBe(true);
  });

  test('given any killers among any images, when engines die of them until all is done, then exactly they are convicted', () => {
    const jobs = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 8 }), (kills, capacity) => {
        const { line, members } = filled(kills.length, capacity);
        const convicted: Member[] = [];
        const finished: Member[] = [];
        for (let turn = 0; turn < 1000 && convicted.length + finished.length < kills.length; turn += 1) {
          line.admit(capacity);
          const inside = members.filter(({ id }) => line.inside(id) !== undefined);
          if (inside.some(({ id }) => kills[id - 1])) convicted.push(...line.collapse(false).culprits);
          else {
            finished.push(inside[0]!);
            line.finish(inside[0]!);
          }
        }
        expect(ids(convicted).sort()).toEqual(ids(members.filter((_, i) => kills[i])).sort());
      }),
    );
  });
});
