import sharp from 'sharp';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { encodeCutout, encodingOf } from '#imaging/encode/encode.js';
import { toRaster16, type Raster } from '#imaging/raster/raster.js';

/** A format of results with a quality. */
export interface ResultFormat {
  name: string;
  options: JobOptions;
}

const format = (name: string, asked: Record<string, string>): ResultFormat => ({
  name,
  options: jobOptionsSchema.parse(asked),
});
const qualities = (of: string, ...levels: number[]): ResultFormat[] =>
  levels.map((quality) => format(`${of} q${quality}`, { format: of, quality: String(quality) }));

/** What is compared; the first is what the others are relative to. */
export const RESULT_FORMATS: readonly ResultFormat[] = [
  format('png', {}),
  format('png 16 bits', { bit_depth: '16' }),
  format('webp lossless', { format: 'webp' }),
  ...qualities('webp', 90, 85, 75),
  ...qualities('avif', 80, 75, 70, 65, 50),
  ...qualities('jpg', 90, 75),
  format('zip', { format: 'zip' }),
];

/** Encodes a cut-out as the service does. */
export async function encodeAs({ options }: ResultFormat, cutout: Raster): Promise<Buffer> {
  const image = options.bit_depth === '16' ? toRaster16(cutout, undefined) : cutout;
  return encodeCutout(image, encodingOf(image, options));
}

/** What a viewer sees of a file: red, green, blue and alpha. A ZIP is its color with its alpha. */
export async function decoded(file: Buffer): Promise<Raster> {
  const [color, alpha] = file.toString('latin1', 0, 2) === 'PK' ? storedFiles(file) : [file];
  const opened = sharp(color).toColourspace('srgb');
  const joined =
    alpha === undefined
      ? opened.ensureAlpha()
      : opened.joinChannel(await sharp(alpha).extractChannel(0).toBuffer());
  const { data, info } = await joined.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Signature, and places of the sizes, in a local header of a ZIP whose files are stored as they are. */
const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30, size: 22, nameLength: 26, extraLength: 28 };

function storedFiles(zip: Buffer): Buffer[] {
  const files: Buffer[] = [];
  let at = 0;
  while (zip.readUInt32LE(at) === LOCAL_HEADER.signature) {
    const names =
      zip.readUInt16LE(at + LOCAL_HEADER.nameLength) + zip.readUInt16LE(at + LOCAL_HEADER.extraLength);
    const from = at + LOCAL_HEADER.bytes + names;
    at = from + zip.readUInt32LE(at + LOCAL_HEADER.size);
    files.push(zip.subarray(from, at));
  }
  return files;
}
