import { refusalOfFile, refusalOfSize } from '../../../apps/web/src/photo/photo-check.js';
import { remainingMs } from '../../../apps/web/src/photo/remaining-time.js';
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
  it('when none is done yet, then the remaining time is the estimate of the service', () => {
    const input = { nowMs: 0, finishedMs: [], remaining: 4, etaMs: 9_000 };
    expect(remainingMs(input)).toBe(9_000);
    expect(remainingMs({ ...input, etaMs: undefined })).toBeUndefined();
    expect(remainingMs({ ...input, remaining: 0 })).toBeUndefined();
  });

  it('when some are done, then the remaining time follows their rate', () => {
    const finishedMs = [1_000, 3_000, 5_000];
    const at = (nowMs: number): number | undefined =>
      remainingMs({ nowMs, finishedMs, remaining: 10, etaMs: 99 });
    expect([at(5_000), at(6_000), at(60_000)]).toEqual([20_000, 19_000, 18_000]);
  });

  it('when the rate changes, then the last eight photos count', () => {
    const slow = Array.from({ length: 50 }, (_, at) => at * 10_000);
    const fast = Array.from({ length: 8 }, (_, at) => 500_000 + at * 1_000);
    const input = { nowMs: 507_000, finishedMs: [...slow, ...fast], remaining: 5, etaMs: undefined };
    expect(remainingMs(input)).toBe(5_000);
  });
});
