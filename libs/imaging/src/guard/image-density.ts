import { densityOf, densityOfTiff, densityPerInch, upright, type Density } from '../formats/density.js';
import { EXIF_HEAD, segmentsOf } from '../formats/jpeg-strip.js';
import { chunksOf, isSound } from '../formats/png-chunks.js';
import { exifOfWebp } from '../formats/webp-strip.js';

const APP0 = 0xe0;
const APP1 = 0xe1;
const JFIF_HEAD = Buffer.from('JFIF\0', 'latin1');
const JFIF_BYTES = 14;
const PHYS_BYTES = 9;
const PNG_FIRST_BYTE = 0x89;
const JPEG_FIRST_BYTE = 0xff;

/** Sources of a file's density. */
interface Sources {
  /** Field of the format itself. */
  own: Density | undefined;
  /** TIFF structure of its EXIF. */
  exif: Buffer | undefined;
}

/**
 * Density of an upright image, from a file that the guard has walked, before its metadata is removed. The format's
 * own field takes precedence over EXIF. A mere aspect ratio counts as none.
 */
export function readDensity(file: Buffer): Density | undefined {
  const { own, exif } = sourcesOf(file);
  const density = own ?? (exif && densityOfTiff(exif));
  return density && upright(density, exif);
}

function sourcesOf(file: Buffer): Sources {
  if (file[0] === JPEG_FIRST_BYTE) return jpegSources(file);
  if (file[0] === PNG_FIRST_BYTE) return pngSources(file);
  const isWebp = file.toString('latin1', 0, 4) === 'RIFF';
  return { own: undefined, exif: isWebp ? exifOfWebp(file) : undefined };
}

function jpegSources(file: Buffer): Sources {
  const { segments } = segmentsOf(file);
  const bodyOf = (wanted: number, head: Buffer): Buffer | undefined =>
    segments.find(({ marker, body }) => marker === wanted && body.subarray(0, head.length).equals(head))
      ?.body;
  return {
    own: densityOfJfif(bodyOf(APP0, JFIF_HEAD)),
    exif: bodyOf(APP1, EXIF_HEAD)?.subarray(EXIF_HEAD.length),
  };
}

/** Units, then density across and down (ITU-T T.871, section 10.1). */
function densityOfJfif(body: Buffer | undefined): Density | undefined {
  if (body === undefined || body.length < JFIF_BYTES) return undefined;
  const [x, y] = [body.readUInt16BE(8), body.readUInt16BE(10)];
  if (body[7] === 1) return densityPerInch(x, y);
  return body[7] === 2 ? densityOf(100 * x, 100 * y) : undefined;
}

function pngSources(file: Buffer): Sources {
  const bodies = new Map<string, Buffer>();
  for (const chunk of chunksOf(file)) {
    const { type, from, to } = chunk;
    const isRelevant = type === 'pHYs' || type === 'eXIf';
    if (isRelevant && !bodies.has(type) && isSound(file, chunk))
      bodies.set(type, file.subarray(from + 8, to - 4));
  }
  return { own: densityOfPhys(bodies.get('pHYs')), exif: bodies.get('eXIf') };
}

function densityOfPhys(body: Buffer | undefined): Density | undefined {
  const isMetric = body?.length === PHYS_BYTES && body[8] === 1;
  return isMetric ? densityOf(body.readUInt32BE(0), body.readUInt32BE(4)) : undefined;
}
