import sharp from 'sharp';
import { decodeForModel, decodeFull, squareFrame } from '#imaging/decode/decode.js';
import { guardFile } from '#imaging/guard/image-guard.js';
import { stripMetadata } from '#imaging/guard/metadata-strip.js';

const LIMITS = { maxPixels: 1e6, maxProgressivePixels: 1e6, maxSidePixels: 10_000 };
/** A green in sRGB, and the same in Adobe RGB (1998): its published matrix, then a power of 1/2.2. */
const SRGB = [100, 200, 80];
const ADOBE = [137, 199, 90];

/** EXIF as a camera writes it: color space, and the index of DCF. */
function exif(colorSpace: number, index: string): Buffer {
  const tiff = Buffer.alloc(76);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  const entry = (at: number, [tag, type, count]: [number, number, number]): number => {
    tiff.writeUInt16BE(tag, at);
    tiff.writeUInt16BE(type, at + 2);
    tiff.writeUInt32BE(count, at + 4);
    return at + 8;
  };
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt32BE(26, entry(10, [0x8769, 4, 1]));
  tiff.writeUInt16BE(2, 26);
  tiff.writeUInt16BE(colorSpace, entry(28, [0xa001, 3, 1]));
  tiff.writeUInt32BE(56, entry(40, [0xa005, 4, 1]));
  tiff.writeUInt16BE(1, 56);
  tiff.write(index, entry(58, [1, 2, 4]), 'latin1');
  const segment = Buffer.concat([Buffer.from('\xff\xe1\0\0Exif\0\0', 'latin1'), tiff]);
  segment.writeUInt16BE(segment.length - 2, 2);
  return segment;
}

/** A JPEG of one color that says this in EXIF. */
async function jpeg(
  color: number[],
  said: Buffer,
  more: { profile?: string; space?: string } = {},
): Promise<Buffer> {
  const data = Buffer.alloc(32 * 32 * 3);
  for (let at = 0; at < data.length; at += 3) data.set(color, at);
  const picture = sharp(data, { raw: { width: 32, height: 32, channels: 3 } });
  const inSpace = more.space === undefined ? picture : picture.toColourspace(more.space);
  const file = await (more.profile === undefined ? inSpace : inSpace.withIccProfile(more.profile))
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  return Buffer.concat([file.subarray(0, 2), said, file.subarray(2)]);
}

async function shown(file: Buffer): Promise<number[]> {
  const stripped = stripMetadata(file, guardFile(file, LIMITS));
  const { data } = await decodeFull(stripped, LIMITS.maxPixels);
  const { data: model } = await decodeForModel(stripped, squareFrame(8), LIMITS.maxPixels);
  for (let i = 0; i < 3; i += 1) expect(Math.abs(model[i]! - data[i]!)).toBeLessThanOrEqual(2);
  return [...data.subarray(0, 3)];
}

const near = (found: number[], wanted: number[]): boolean =>
  found.every((value, i) => Math.abs(value - wanted[i]!) <= 3);

describe('color information in EXIF', () => {
  test('given Adobe RGB without a profile, when decoded, then it is converted', async () => {
    const found = await shown(await jpeg(ADOBE, exif(0xffff, 'R03')));
    expect([found, near(found, SRGB)]).toEqual([found, true]);
  });

  test.each([
    ['sRGB', exif(1, 'R98'), ADOBE],
    ['uncalibrated without the index', exif(0xffff, 'R98'), ADOBE],
    ['the index with sRGB', exif(1, 'R03'), ADOBE],
  ])('given %s, when decoded, then values stay', async (_, said, wanted) => {
    const found = await shown(await jpeg(ADOBE, said));
    expect([found, near(found, wanted)]).toEqual([found, true]);
  });

  test('given a profile or gray with Adobe RGB in EXIF, when decoded, then the profile counts, and gray is unchanged', async () => {
    const withProfile = await shown(await jpeg(SRGB, exif(0xffff, 'R03'), { profile: 'p3' }));
    expect([withProfile, near(withProfile, SRGB)]).toEqual([withProfile, true]);
    const gray = await shown(await jpeg([90, 90, 90], exif(0xffff, 'R03'), { space: 'b-w' }));
    expect([gray, near(gray, [90, 90, 90])]).toEqual([gray, true]);
  });

  test('given no room but that of the EXIF, when stripped, then only the profile remains of it', async () => {
    const file = await jpeg(ADOBE, exif(0xffff, 'R03'));
    const stripped = stripMetadata(file, guardFile(file, LIMITS));
    expect(stripped.includes('R03')).toBe(false);
    expect(stripped.includes('ICC_PROFILE')).toBe(true);
  });
});
