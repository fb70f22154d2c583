import fc from 'fast-check';
import { ADOBE_RGB, DISPLAY_P3, SRGB } from '#imaging/color/color-coding.js';
import { isSameSpace, spaceOf } from '#imaging/color/rgb-space.js';
import { iccProfile } from '#imaging/formats/icc-profile.js';
import { readRgbProfile } from '#imaging/formats/rgb-profile.js';

const P3 = iccProfile(DISPLAY_P3);
const SECRET = 'Jane Doe, 12 Main Street';

/** The profile with bytes written over it. */
function changed(at: number, bytes: string | number[], profile = P3): Buffer {
  const copy = Buffer.from(profile);
  Buffer.from(bytes as string, 'latin1').copy(copy, at);
  return copy;
}

/** Offset of a tag's entry in the table. */
const entryOf = (name: string, profile = P3): number => profile.indexOf(name, 132, 'latin1');

/** The profile with one more tag at its end. */
function withTag(name: string, content: Buffer): Buffer {
  const count = P3.readUInt32BE(128);
  const head = Buffer.from(P3.subarray(0, 132 + 12 * count));
  for (let at = 132; at < head.length; at += 12) head.writeUInt32BE(head.readUInt32BE(at + 4) + 12, at + 4);
  head.writeUInt32BE(count + 1, 128);
  const entry = Buffer.alloc(12);
  entry.write(name, 0, 'latin1');
  entry.writeUInt32BE(P3.length + 12, 4);
  entry.writeUInt32BE(content.length, 8);
  const whole = Buffer.concat([head, entry, P3.subarray(head.length), content]);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
}

describe('profiles of RGB images', () => {
  test.each([
    ['sRGB', SRGB],
    ['Display P3', DISPLAY_P3],
    ['Adobe RGB', ADOBE_RGB],
  ])(
    'given a profile of %s, when read, then its space is that one, and so is that of the new profile',
    (_, coding) => {
      const read = readRgbProfile(iccProfile(coding))!;
      expect(isSameSpace(read.space, spaceOf(coding))).toBe(true);
      expect(isSameSpace(readRgbProfile(read.profile)!.space, read.space)).toBe(true);
    },
  );

  test('given texts, dates and private tags, when read, then the new profile has none of them', () => {
    const profile = withTag('priv', Buffer.from(SECRET));
    profile.write('Jane', 80, 'latin1');
    profile.write('Jane', 4, 'latin1');
    const { profile: kept } = readRgbProfile(profile)!;
    expect(kept.includes('Jane')).toBe(false);
    expect(kept.length).toBeLessThan(600);
  });

  test('given bytes after the parameters of a curve, when read, then they are not kept', () => {
    const at = P3.readUInt32BE(entryOf('rTRC') + 4);
    const profile = Buffer.concat([P3, P3.subarray(at, at + 32), Buffer.from(SECRET)]);
    for (const name of ['rTRC', 'gTRC', 'bTRC']) {
      profile.writeUInt32BE(P3.length, entryOf(name) + 4);
      profile.writeUInt32BE(32 + SECRET.length, entryOf(name) + 8);
    }
    profile.writeUInt32BE(profile.length, 0);
    expect(readRgbProfile(profile)!.profile.includes('Jane')).toBe(false);
  });

  test.each([
    ['cut off', P3.subarray(0, 300)],
    ['only a header', P3.subarray(0, 128)],
    ['empty', Buffer.alloc(0)],
    ['of another size than it says', changed(0, [0, 0, 1, 0])],
    ['with bytes after it', Buffer.concat([P3, Buffer.from(SECRET)])],
    ['larger than 4 MiB', Buffer.concat([P3, Buffer.alloc(5 * 1_048_576)])],
    ['of a printer', changed(12, 'prtr')],
    ['that links two devices', changed(12, 'link')],
    ['of CMYK', changed(16, 'CMYK')],
    ['of gray', changed(16, 'GRAY')],
    ['with Lab as connection space', changed(20, 'Lab ')],
    ['without its signature', changed(36, 'nope')],
    ['with more tags than fit', changed(128, [0, 0, 0, 99])],
    ['with four billion tags', changed(128, [255, 255, 255, 255])],
    ['with a tag beyond its end', changed(entryOf('gXYZ') + 4, [0, 255, 0, 0])],
    ['with a tag inside of its table', changed(entryOf('gXYZ') + 4, [0, 0, 0, 128])],
    ['with a tag of four gigabytes', changed(entryOf('gXYZ') + 8, [255, 255, 255, 255])],
    ['without a colorant', changed(entryOf('gXYZ'), 'zXYZ')],
    ['without a curve', changed(entryOf('bTRC'), 'zTRC')],
    ['with tables', withTag('A2B0', Buffer.alloc(32))],
    [
      'with a colorant that is not physical',
      changed(P3.readUInt32BE(entryOf('rXYZ') + 4) + 8, [127, 0, 0, 0]),
    ],
    [
      'with two equal colorants',
      changed(entryOf('gXYZ') + 4, [...P3.subarray(entryOf('rXYZ') + 4, entryOf('rXYZ') + 8)]),
    ],
    ['with an unknown curve', changed(P3.readUInt32BE(entryOf('rTRC') + 4), 'text')],
    ['with a curve of an unknown kind', changed(P3.readUInt32BE(entryOf('rTRC') + 4) + 8, [0, 9])],
    ['with a curve that falls', changed(P3.readUInt32BE(entryOf('rTRC') + 4) + 16, [255, 255, 0, 0])],
  ])('given a profile %s, when read, then it is not used', (_, profile) => {
    expect(readRgbProfile(Buffer.from(profile))).toBeUndefined();
  });

  test('given any change of some bytes, when read, then it is refused or its space is usable', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(P3.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const profile = Buffer.from(P3);
          for (const [at, value] of changes) profile[at] = value;
          const read = readRgbProfile(profile);
          if (read === undefined) return;
          expect(read.space.matrix.flat().every(Number.isFinite)).toBe(true);
          const values = read.space.curves.flatMap((curve) => [0, 0.1, 0.5, 0.9, 1].map(curve));
          expect(values.every(Number.isFinite)).toBe(true);
          expect(readRgbProfile(read.profile)).toBeDefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});
