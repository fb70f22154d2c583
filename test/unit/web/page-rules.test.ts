import { refusalOfFile, refusalOfSize } from '../../../apps/web/src/photo/photo-check.js';
import type { PhotoState } from '../../../apps/web/src/photo/photo-state.js';
import { remainingMs, RemainingTime } from '../../../apps/web/src/photo/remaining-time.js';
import { roundedMs } from '../../../apps/web/src/photo/rounded-time.js';
import { WorkSlots } from '../../../apps/web/src/photo/work-slots.js';

const never = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('given two slots', () => {
  it('when more photos arrive, then they get slots in order of arrival', async () => {
    const slots = new WorkSlots(2);
    const started: number[] = [];
    const releases: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      void slots.acquire(never).then((release) => {
        started.push(i);
        releases.push(release);
      });
    }
    await settle();
    expect(started).toEqual([0, 1]);
    releases[0]?.();
    releases[0]?.();
    await settle();
    expect(started).toEqual([0, 1, 2]);
    releases[1]?.();
    releases[2]?.();
    await settle();
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('when a waiting photo is cancelled, then the next one is not delayed', async () => {
    const slots = new WorkSlots(1);
    const release = await slots.acquire(never);
    const abort = new AbortController();
    const cancelled = slots.acquire(abort.signal);
    const next = slots.acquire(never);
    abort.abort(new Error('aborted'));
    await expect(cancelled).rejects.toThrow('aborted');
    release();
    (await next)();
    (await slots.acquire(never))();
  });
});

describe('given a file', () => {
  const jpeg = [0xff, 0xd8, 0xff, 0xe0];

  it.each([
    ['a JPEG', new Blob([new Uint8Array(jpeg)]), undefined],
    ['a WebP', new Blob(['RIFF0000WEBPVP8 ']), undefined],
    ['a wave file', new Blob(['RIFF0000WAVEfmt ']), 'file.unknown'],
    ['a HEIC photo', new Blob(['\0\0\0\x18ftypheic\0\0\0\0']), undefined],
    ['an AVIF image', new Blob(['\0\0\0\x18ftypavif\0\0\0\0']), undefined],
    ['an AVIF by its second brand', new Blob(['\0\0\0\x18ftypmif1\0\0\0\0avif']), undefined],
    ['a GIF', new Blob(['GIF89a']), undefined],
    ['a BMP', new Blob(['BM\x36\x10\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0']), undefined],
    ['a TIFF', new Blob(['II*\0\x08\0\0\0']), 'file.tiff'],
    ['a video', new Blob(['\0\0\0\x18ftypisom\0\0\0\0']), 'file.video'],
    ['an empty file', new Blob([]), 'file.empty'],
    [
      'a file over the limit',
      new Blob([new Uint8Array(jpeg), new Uint8Array(22 * 1024 * 1024)]),
      'file.too-large',
    ],
  ])('when it is %s, then it is accepted, or rejected with the right text', async (_, file, title) => {
    expect((await refusalOfFile(file))?.title[0]).toBe(title);
  });

  it('when it has more than 50 megapixels, then it is rejected before it is sent', () => {
    expect(refusalOfSize(10_000, 5_000)).toBeUndefined();
    expect(refusalOfSize(10_000, 5_001)?.title).toEqual(['file.pixels', { megapixels: 51, limit: 50 }]);
  });
});

describe('given photos in progress', () => {
  const none = { nowMs: 0, finishedMs: [], estimated: 0, endMs: -Infinity };

  it('when none is done yet, then the remaining time follows the estimate of the service', () => {
    expect(remainingMs({ ...none, remaining: 4, estimated: 4, endMs: 9_000 })).toBe(9_000);
    expect(remainingMs({ ...none, remaining: 8, estimated: 4, endMs: 9_000 })).toBe(18_000);
    expect(remainingMs({ ...none, remaining: 4 })).toBeUndefined();
    expect(remainingMs({ ...none, remaining: 0 })).toBeUndefined();
  });

  it('when some are done, then the remaining time follows their rate', () => {
    const finishedMs = [1_000, 3_000, 5_000];
    const at = (nowMs: number): number | undefined =>
      remainingMs({ nowMs, finishedMs, remaining: 10, estimated: 1, endMs: 99 });
    expect([at(5_000), at(6_000), at(60_000)]).toEqual([20_000, 19_000, 18_000]);
  });

  it('when the rate changes, then the last eight photos count', () => {
    const slow = Array.from({ length: 50 }, (_, at) => at * 10_000);
    const fast = Array.from({ length: 8 }, (_, at) => 500_000 + at * 1_000);
    const input = { ...none, nowMs: 507_000, finishedMs: [...slow, ...fast], remaining: 5 };
    expect(remainingMs(input)).toBe(5_000);
  });
});

describe('given the remaining time on the page', () => {
  const queued = (etaMs: number): PhotoState => ({ phase: 'queued', position: 1, etaMs });

  it('when the estimate varies, then it falls with the clock; when it was clearly wrong, then it rises', () => {
    const photo = { state: queued(10_000) };
    const time = new RemainingTime();
    const shown = [time.next([photo], 0), time.next([photo], 1_000)];
    photo.state = queued(11_000);
    shown.push(time.next([photo], 2_000));
    photo.state = queued(4_000);
    shown.push(time.next([photo], 3_000));
    photo.state = queued(30_000);
    shown.push(time.next([photo], 4_000));
    expect(shown).toEqual([10_000, 9_000, 8_000, 4_000, 30_000]);
  });

  it('when the photos are done, then there is none, and the next photos get a new estimate', () => {
    const photo = { state: queued(2_000) };
    const time = new RemainingTime();
    expect(time.next([photo], 0)).toBe(2_000);
    photo.state = { phase: 'cancelled' };
    expect(time.next([photo], 1_000)).toBeUndefined();
    expect(time.next([{ state: queued(5_000) }], 2_000)).toBe(5_000);
  });

  it('when it is shown, then it is rounded up', () => {
    const shown = [0, 1_200, 9_500, 12_000, 41_000, 61_000, 500_000].map(roundedMs);
    expect(shown).toEqual([1_000, 2_000, 10_000, 15_000, 45_000, 120_000, 540_000]);
  });
});
