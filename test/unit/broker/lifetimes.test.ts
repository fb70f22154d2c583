import { lifetimeAfter, lifetimesOf, promisedSeconds, promisesOf } from '#broker/records/lifetimes.js';
import { JOB_EVENTS } from '#broker/records/job-transitions.js';
import { loadSettings } from '#config/settings.js';

const of = lifetimesOf(loadSettings({ QUEUE_TTL_S: '100', RESULT_TTL_S: '50' }));

describe('given promises of a job', () => {
  it('when they are shorter than the settings, then they count in the queue and for the result', () => {
    const promises = promisesOf({ start_within: 5, keep_at_most: 7 });
    expect(promises).toEqual({ startMs: 5000, keepMs: 7000 });
    expect(promisedSeconds(promises)).toEqual({ start_within: 5, keep_at_most: 7 });
    const times = (['enqueue', 'commit', 'release'] as const).map((event) =>
      lifetimeAfter(event, of, promises),
    );
    expect(times).toEqual([5000, 7000, 7000]);
  });

  it('when they are longer, then nothing gets longer', () => {
    const promises = promisesOf({ start_within: 3600, keep_at_most: 3600 });
    for (const event of JOB_EVENTS) {
      expect([event, lifetimeAfter(event, of, promises)]).toEqual([event, lifetimeAfter(event, of)]);
    }
  });

  it('when there are none, then nothing is promised', () => {
    expect(promisesOf({ start_within: undefined, keep_at_most: undefined })).toEqual({});
    expect(promisedSeconds({})).toEqual({});
  });
});
