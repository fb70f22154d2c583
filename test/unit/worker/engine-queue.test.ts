import fc from 'fast-check';
import { EngineQueue, type QueuedTask } from '../../../apps/worker/src/engine/engine-queue.js';

type Task = { -readonly [Key in keyof QueuedTask]: QueuedTask[Key] };

const task = (id: number): Task => ({ id, hasFailed: false, isSettled: false });
const ids = (tasks: readonly Task[]): number[] => tasks.map(({ id }) => id);

/** A queue with the tasks 1 to `count`, of which as many as fit are in flight. */
function filled(count: number, capacity: number): { queue: EngineQueue<Task>; tasks: Task[] } {
  const queue = new EngineQueue<Task>();
  const tasks = Array.from({ length: count }, (_, i) => task(i + 1));
  for (const each of tasks) queue.add(each);
  startAll(queue, capacity);
  return { queue, tasks };
}

function startAll(queue: EngineQueue<Task>, capacity: number): number[] {
  const started: Task[] = [];
  for (let next = queue.next(capacity); next !== undefined; next = queue.next(capacity)) started.push(next);
  return ids(started);
}

describe('EngineQueue', () => {
  test('given a capacity of three, when five tasks are added, then three are in flight and each one finished makes room for one', () => {
    const { queue, tasks } = filled(5, 3);
    expect(tasks.map(({ id }) => queue.inFlight(id) !== undefined)).toEqual([true, true, true, false, false]);
    queue.finish(tasks[1]!);
    expect(startAll(queue, 3)).toEqual([4]);
    expect(queue.isEmpty).toBe(false);
  });

  test('given one task in flight, when the engine crashes, then that task fails', () => {
    const { queue } = filled(2, 1);
    expect(ids(queue.onCrash(false).toFail)).toEqual([1]);
    expect(startAll(queue, 4)).toEqual([2]);
  });

  test('given several tasks in flight, when the engine crashes, then each is retried alone before all others', () => {
    const { queue, tasks } = filled(5, 3);
    expect(ids(queue.onCrash(false).toFail)).toEqual([]);
    expect(startAll(queue, 3)).toEqual([1]);
    queue.finish(tasks[0]!);
    expect(startAll(queue, 3)).toEqual([2]);
    expect(ids(queue.onCrash(false).toFail)).toEqual([2]);
    expect(startAll(queue, 3)).toEqual([3]);
    queue.finish(tasks[2]!);
    expect(startAll(queue, 3)).toEqual([4, 5]);
  });

  test('given a task that exceeded its limit, when the engine was killed for it, then the others return to the front and run together', () => {
    const { queue, tasks } = filled(5, 3);
    tasks[1]!.hasFailed = true;
    const { inFlight, toFail } = queue.onCrash(true);
    expect([ids(inFlight), ids(toFail)]).toEqual([[1, 2, 3], [2]]);
    expect(startAll(queue, 3)).toEqual([1, 3, 4]);
  });

  test('given an engine killed for a task that finished at the last moment, when it ends, then no task fails', () => {
    const { queue, tasks } = filled(3, 3);
    queue.finish(tasks[0]!);
    expect(queue.onCrash(true).toFail).toEqual([]);
    expect(startAll(queue, 3)).toEqual([2, 3]);
  });

  test('given pending tasks, when one is removed or all are drained, then they are gone; tasks in flight are not pending', () => {
    const { queue, tasks } = filled(4, 2);
    expect([queue.remove(tasks[2]!), queue.remove(tasks[0]!)]).toEqual([true, false]);
    expect(ids(queue.drainPending())).toEqual([4]);
    expect(ids(queue.drainInFlight())).toEqual([1, 2]);
    expect(queue.isEmpty).toBe(true);
  });

  test('given any set of tasks that crash the engine, when all tasks are done, then exactly those have failed', () => {
    const jobs = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 8 }), (crashes, capacity) => {
        const { queue, tasks } = filled(crashes.length, capacity);
        const failed: Task[] = [];
        const finished: Task[] = [];
        for (let round = 0; round < 1000 && failed.length + finished.length < crashes.length; round += 1) {
          queue.next(capacity);
          const inFlight = tasks.filter(({ id }) => queue.inFlight(id) !== undefined);
          if (inFlight.some(({ id }) => crashes[id - 1])) failed.push(...queue.onCrash(false).toFail);
          else {
            finished.push(inFlight[0]!);
            queue.finish(inFlight[0]!);
          }
        }
        expect(ids(failed).sort()).toEqual(ids(tasks.filter((_, i) => crashes[i])).sort());
      }),
    );
  });
});
