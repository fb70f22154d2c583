import fc from 'fast-check';
import { Countdown } from '../../../apps/web/src/countdown.js';
import { listProgress, tabTitle } from '../../../apps/web/src/photo/list-progress.js';
import { matches } from '../../../apps/web/src/photo/photo-filter.js';
import type { PhotoState } from '../../../apps/web/src/photo/photo-state.js';
import { RemovalHistory } from '../../../apps/web/src/photo/removal-history.js';

const cutout = (hints: ('low-confidence' | 'graphics')[]): PhotoState => ({
  phase: 'done',
  cutout: { image: new Blob([]), width: 1, height: 1, hints },
  purge: { known: false, checking: false },
});
const DONE = cutout([]);
const DOUBTFUL = cutout(['low-confidence']);
const FAILED: PhotoState = {
  phase: 'failed',
  advice: { title: ['file.empty'], next: 'retry' },
  mayRetry: false,
};
const WORKING: PhotoState = { phase: 'working', stage: 'infer', percent: 40, attempt: 1 };
const photo = (state: PhotoState, isSample = false) => ({ state, isSample });

describe('given photos that were removed', () => {
  it('when a removal is reversed, then they are where they were, also after others were added', () => {
    const list = ['a', 'b', 'c', 'd', 'e'];
    const history = new RemovalHistory(list);
    history.remove(['b']);
    history.remove(['a', 'c', 'd', 'e']);
    list.unshift('new');
    expect([list, history.items, history.latest]).toEqual([
      ['new'],
      ['b', 'a', 'c', 'd', 'e'],
      ['a', 'c', 'd', 'e'],
    ]);
    const placed: unknown[] = [];
    history.restore((item, next) => placed.push([item, next]));
    expect(list).toEqual(['new', 'a', 'c', 'd', 'e']);
    expect(placed).toEqual([
      ['e', undefined],
      ['d', 'e'],
      ['c', 'd'],
      ['a', 'c'],
    ]);
    history.restore(() => undefined);
    expect(list).toEqual(['new', 'a', 'b', 'c', 'd', 'e']);
    expect(history.clear()).toEqual([]);
  });

  it('when any removals and additions are reversed, then the list is as if nothing had been removed', () => {
    const step = fc.oneof(fc.constant('add'), fc.array(fc.nat(20), { maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const list = [1, 2, 3, 4, 5];
        const all = [...list];
        const history = new RemovalHistory(list);
        for (const [at, one] of steps.entries()) {
          if (Array.isArray(one)) history.remove(list.filter((_, index) => one.includes(index)));
          else {
            list.unshift(100 + at);
            all.unshift(100 + at);
          }
        }
        while (history.length > 0) history.restore(() => undefined);
        expect(list).toEqual(all);
      }),
    );
  });

  it('when the time to undo is over, then all of them are forgotten', () => {
    const history = new RemovalHistory(['a', 'b']);
    history.remove(['b']);
    expect(history.clear()).toEqual(['b']);
    expect(history.length).toBe(0);
  });
});

describe('given a countdown of eight seconds', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('when it is paused, then the pause does not count', () => {
    const onEnd = jest.fn();
    const countdown = new Countdown(8_000, onEnd);
    jest.advanceTimersByTime(5_000);
    countdown.pause();
    countdown.pause();
    jest.advanceTimersByTime(60_000);
    countdown.resume();
    countdown.resume();
    jest.advanceTimersByTime(2_900);
    expect(onEnd).not.toHaveBeenCalled();
    jest.advanceTimersByTime(200);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('when it is cancelled, then it does not end', () => {
    const onEnd = jest.fn();
    new Countdown(8_000, onEnd).cancel();
    jest.advanceTimersByTime(20_000);
    expect(onEnd).not.toHaveBeenCalled();
  });
});

describe('given photos in several states', () => {
  const photos = [DONE, DOUBTFUL, FAILED, WORKING].map((state) => photo(state));

  it('when they are filtered, then each filter includes its photos', () => {
    const shown = (filter: 'all' | 'check' | 'failed') => photos.filter((one) => matches(filter, one)).length;
    expect([shown('all'), shown('check'), shown('failed')]).toEqual([4, 1, 1]);
  });

  it('when they are counted, then samples do not count', () => {
    const counted = listProgress([...photos, photo(DONE, true), photo(WORKING, true)]);
    expect(counted).toMatchObject({ count: 4, done: 2, failed: 1, check: 1, inProgress: 1 });
    expect(counted.share).toBeCloseTo(0.875);
    expect(listProgress([photo(DONE, true)])).toMatchObject({ count: 0, share: 0 });
  });
});

describe('given the title of the tab', () => {
  it.each([
    [{ count: 8, inProgress: 5 }, 'title', false, 'tab.progress'],
    [{ count: 8, inProgress: 0 }, 'tab.progress', false, 'title'],
    [{ count: 8, inProgress: 0 }, 'tab.progress', true, 'tab.done'],
    [{ count: 8, inProgress: 0 }, 'tab.done', true, 'tab.done'],
    [{ count: 8, inProgress: 0 }, 'tab.done', false, 'title'],
    [{ count: 8, inProgress: 0 }, 'title', true, 'title'],
    [{ count: 0, inProgress: 0 }, 'tab.progress', true, 'title'],
  ] as const)(
    'when the photos are %o, it was %s, and hidden is %s, then it is %s',
    (counts, before, isHidden, key) => {
      expect(tabTitle(counts, before, isHidden)[0]).toBe(key);
    },
  );

  it('when photos are in progress, then it shows how many are finished', () => {
    expect(tabTitle({ count: 8, inProgress: 5 }, 'title', false)[1]).toEqual({ done: 3, count: 8 });
  });
});
