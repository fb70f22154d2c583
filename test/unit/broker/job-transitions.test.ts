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
  it('no event leaves a terminal state', () => {
    fc.assert(
      fc.property(events, (list) => {
        const passed = play(list);
        const end = passed.findIndex(isTerminal);
        expect(end === -1 || end === passed.length - 1).toBe(true);
      }),
    );
  });

  it('a delivered job was queued, running, ready and delivering before', () => {
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

  it('cancellation and expiry end a job in any living state', () => {
    for (const state of LIVING_STATES) {
      expect(nextState(state, 'cancel')).toBe('cancelled');
      expect(nextState(state, 'expire')).toBe('expired');
    }
  });

  it('every state can be reached, and every living state can be left', () => {
    for (const state of JOB_STATES) {
      expect(JOB_EVENTS.some((event) => targetOf(event) === state)).toBe(true);
      expect(JOB_EVENTS.some((event) => sourcesOf(event).includes(state))).toBe(!isTerminal(state));
    }
  });

  it('without a record only accept is allowed', () => {
    for (const event of JOB_EVENTS) {
      expect(nextState(undefined, event)).toBe(event === 'accept' ? 'accepted' : undefined);
    }
  });
});
