import fc from 'fast-check';
import { sharp } from '#imaging/raster/sharp.js';
import { guardFile } from '#imaging/guard/image-guard.js';
import { stripMetadata } from '#imaging/guard/metadata-strip.js';
import { photo } from '../../harness/photos.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };

const strip = (file: Buffer): Buffer => stripMetadata(file, guardFile(file, LIMITS));

const SECRET = 'Rua do Segredo 17, 1100-001';
const FORMATS = ['jpeg', 'png', 'webp'] as const;

/** A small photograph with camera data, a comment and XMP, stored in the given orientation. */
async function laden(format: (typeof FORMATS)[number], orientation: number): Promise<Buffer> {
  return sharp(photo('astronaut'))
    .resize(61, 47, { fit: 'fill' })
    .keepIccProfile()
    .withMetadata({ orientation, exif: { IFD0: { ImageDescription: SECRET, Artist: SECRET } } })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><d>${SECRET}</d></x:xmpmeta>`)
    .toFormat(format, { quality: 90 })
    .toBuffer();
}

const pixels = (file: Buffer): Promise<Buffer> =>
  sharp(file).autoOrient().toColourspace('srgb').ensureAlpha().raw().toBuffer();

describe.each(FORMATS)('removing metadata from a %s', (format) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'given orientation %i, when it is stripped, then the same pixels are upright',
    async (orientation) => {
      const file = await laden(format, orientation);
      expect(file.includes(SECRET)).toBe(true);
      const expected = await pixels(file);
      const stripped = strip(Buffer.from(file));
      expect(stripped.length).toBeLessThan(file.length);
      expect(stripped.includes(SECRET)).toBe(false);
      expect((await pixels(stripped)).equals(expected)).toBe(true);
      const { width, height } = await sharp(await sharp(stripped).autoOrient().png().toBuffer()).metadata();
      expect([width, height]).toEqual(orientation < 5 ? [61, 47] : [47, 61]);
    },
  );

  it('given metadata, when it is stripped, then the profile is kept and the removed bytes are wiped', async () => {
    const whole = await laden(format, 6);
    const stripped = strip(whole);
    const { icc, exif, xmp } = await sharp(stripped).metadata();
    expect(icc === undefined).toBe((await sharp(await laden(format, 6)).metadata()).icc === undefined);
    expect(exif?.length ?? 0).toBeLessThan(40);
    expect(xmp).toBeUndefined();
    expect(whole.subarray(stripped.length).every((byte) => byte === 0)).toBe(true);
  });

  it('given any damage, when it is stripped, then it returns a result or a problem, within bounds', async () => {
    const file = await laden(format, 3);
    const spots = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(spots, fc.integer({ min: 30, max: file.length }), (damage, length) => {
        const broken = Buffer.from(file.subarray(0, length));
        for (const [at, value] of damage) if (at < length) broken[at] = value;
        try {
          expect(strip(broken).length).toBeLessThanOrEqual(length);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^image-/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
