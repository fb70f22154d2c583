import { refusalOfFile, refusalOfSize } from '../../apps/web/src/photo.check.js';
import { bytesText, durationText, placeText } from '../../apps/web/src/quantity.text.js';
import { WorkSlots } from '../../apps/web/src/work.slots.js';

const never = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('given two slots', () => {
  it('when more photos come, then they get theirs in the order they came', async () => {
    const slots = new WorkSlots(2);
    const begun: number[] = [];
    const releases: (() => void)[] = [];
    for (let i = 0; i < 5; i++) {
      void slots.take(never).then((release) => {
        begun.push(i);
        releases.push(release);
      });
    }
    await settle();
    expect(begun).toEqual([0, 1]);
    releases[0]?.();
    releases[0]?.();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    releases[1]?.();
    releases[2]?.();
    await settle();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('when one leaves while it waits, then the next in line is not held up', async () => {
    const slots = new WorkSlots(1);
    const release = await slots.take(never);
    const leave = new AbortController();
    const left = slots.take(leave.signal);
    const next = slots.take(never);
    leave.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    release();
    (await next)();
    (await slots.take(never))();
  });
});

describe('given a file', () => {
  const jpeg = [0xff, 0xd8, 0xff, 0xe0];

  it.each([
    ['a JPEG', new Blob([new Uint8Array(jpeg)]), undefined],
    ['a WebP', new Blob(['RIFF0000WEBPVP8 ']), undefined],
    ['a wave file', new Blob(['RIFF0000WAVEfmt ']), 'This is not a photo we can read.'],
    ['a HEIC photo', new Blob(['\0\0\0\x18ftypheic\0\0\0\0']), 'This is a HEIC photo.'],
    ['an AVIF image', new Blob(['\0\0\0\x18ftypavif\0\0\0\0']), 'This is an AVIF image.'],
    ['a video', new Blob(['\0\0\0\x18ftypisom\0\0\0\0']), 'This is a video.'],
    ['an empty file', new Blob([]), 'This file is empty.'],
    [
      'a file over the limit',
      new Blob([new Uint8Array(jpeg), new Uint8Array(22 * 1024 * 1024)]),
      'This file is over the limit of 22 MB.',
    ],
  ])('when it is %s, then it is taken, or refused by that name', async (_, file, title) => {
    expect((await refusalOfFile(file))?.title).toBe(title);
  });

  it('when it has more than 50 megapixels, then it is refused before it is sent', () => {
    expect(refusalOfSize(10_000, 5_000)).toBeUndefined();
    expect(refusalOfSize(10_000, 5_001)?.title).toMatch('51 megapixels');
  });
});

describe('given a quantity', () => {
  it('when it is shown, then it reads as people say it', () => {
    expect([900, 70_000, 3_500_000, 22 * 1024 * 1024].map(bytesText)).toEqual([
      '900 bytes',
      '68 KB',
      '3.3 MB',
      '22 MB',
    ]);
    expect([0, 7_200, 240_000].map(durationText)).toEqual(['about 1 s', 'about 8 s', 'about 4 min']);
    expect([1, 2, 3, 4, 11, 12, 21, 111].map(placeText)).toEqual([
      'Next in line',
      ...['2nd', '3rd', '4th', '11th', '12th', '21st', '111th'].map((place) => `${place} in line`),
    ]);
  });
});
