import {
  workerActions,
  type WorkerAction,
  type WorkerSlot,
  type WorkerState,
} from '../../../tools/src/worker-scaling.js';
import { reportedJobs } from '../../../tools/src/worker-pool.js';

const NOW = 1_000_000;
const IDLE_MS = 60_000;

/** A worker that was last needed so many seconds ago. */
const slot = (state: WorkerState, neededAgoS = 0): WorkerSlot => ({
  state,
  neededAtMs: NOW - 1000 * neededAgoS,
});
const actions = (slots: WorkerSlot[], jobs: number, min = 0): WorkerAction[] =>
  workerActions(slots, { jobs, nowMs: NOW }, { min, idleMs: IDLE_MS });

test('given no worker and no job, when it is decided, then no worker starts', () => {
  expect(actions([slot('off'), slot('off')], 0)).toEqual([undefined, undefined]);
});

test.each([
  [1, ['start', undefined, undefined]],
  [2, ['start', 'start', undefined]],
  [9, ['start', 'start', 'start']],
])('given no worker, when %d jobs wait, then a worker starts for each, up to the limit', (jobs, wanted) => {
  expect(actions([slot('off'), slot('off'), slot('off')], jobs)).toEqual(wanted);
});

test('given a worker that runs, when a job waits, then it is not started a second time', () => {
  expect(actions([slot('on'), slot('off')], 1)).toEqual([undefined, undefined]);
});

test('given a worker without work, when its idle time is over, then it stops, and not before', () => {
  expect(actions([slot('on', 59)], 0)).toEqual([undefined]);
  expect(actions([slot('on', 60)], 0)).toEqual(['stop']);
});

test('given two workers that one job was enough for, when the last job is done, then only the second stops', () => {
  const slots = [slot('on'), slot('on', 61)];
  // The second may be the one with the job.
  expect(actions(slots, 1)).toEqual([undefined, undefined]);
  expect(actions(slots, 0)).toEqual([undefined, 'stop']);
});

test('given workers that always run, when there is no job for long, then they stay', () => {
  expect(actions([slot('on', 9999), slot('off'), slot('on', 9999)], 0, 2)).toEqual([
    undefined,
    'start',
    'stop',
  ]);
});

test('given a worker that is stopping, when a job arrives, then it starts again only when it has exited', () => {
  expect(actions([slot('stopping', 99)], 1)).toEqual([undefined]);
  expect(actions([slot('off', 99)], 1)).toEqual(['start']);
});

test('given a worker that cannot start, when decisions are repeated, then each leaves its restarts alone', () => {
  // It stays `on`: SupervisedProcess restarts it with a growing delay, until it is not needed any more.
  for (const jobs of [1, 2, 3]) expect(actions([slot('on')], jobs)).toEqual([undefined]);
  expect(actions([slot('on', 61)], 0)).toEqual(['stop']);
});

test('given messages of an API, when they are read, then only reports of the queue count', () => {
  expect(reportedJobs({ type: 'queue', waiting: 3, active: 2 })).toBe(5);
  for (const other of [undefined, null, 'queue', {}, { type: 'listening', port: 1 }, { type: 'queue' }])
    expect(reportedJobs(other)).toBeUndefined();
});
