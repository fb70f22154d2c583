import fc from 'fast-check';
import { isTerminal, JOB_STATES, type JobState } from '#contracts/job-states.js';
import {
  JOB_EVENTS,
  LIVING_STATES,
  nextState,
  sourcesOf,
  targetOf,
} from '#broker/records/job-transitions.js';

const events = fc.array(fc.constantFrom(...JOB_EVENTS), { maxLength: 40 });

/** Plays events from nothing; forbidden ones change nothing. Returns every state passed through. */
function play(list: (typeof JOB_EVENTS)[number][]): JobState[] {
  const passed: JobState[] = [];
  for (const event of list) {
    const next = nextState(passed.at(-1), event);
    if (next !== undefined) passed.push(next);
  }
  return passed;
}

describe('the transition table', () => {
  it('given any events in any order, when they are played, then a terminal state is never left', () => {
    fc.assert(
      fc.property(events, (list) => {
        const passed = play(list);
        const end = passed.findIndex(isTerminal);
        expect(end === -1 || end === passed.length - 1).toBe(true);
      }),
    );
  });

  it('given any events, when a job is delivered, then it was queued, running, ready and delivering before', () => {
    fc.assert(
      fc.property(events, (list) => {
        const passed = play(['accept', ...list]);
        if (passed.at(-1) !== 'delivered') return;
        for (const state of ['accepted', 'queued', 'running', 'ready', 'delivering'] as const) {
          expect(passed).toContain(state);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('given any living state, when the job is cancelled or expires, then it ends', () => {
    for (const state of LIVING_STATES) {
      expect(nextState(state, 'cancel')).toBe('cancelled');
      expect(nextState(state, 'expire')).toBe('expired');
    }
  });

  it('given every state, when it is looked for, then some event leads to it and a living one can be left', () => {
    for (const state of JOB_STATES) {
      expect(JOB_EVENTS.some((event) => targetOf(event) === state)).toBe(true);
      expect(JOB_EVENTS.some((event) => sourcesOf(event).includes(state))).toBe(!isTerminal(state));
    }
  });

  it('given no record, when anything but accept happens, then it is refused', () => {
    for (const event of JOB_EVENTS) {
      expect(nextState(undefined, event)).toBe(event === 'accept' ? 'accepted' : undefined);
    }
  });
});
