/** The members of libheif (WebAssembly build) that are used here. */
export interface LibHeif {
  HeifDecoder: new () => { decode: (file: Uint8Array) => HeifImage[] };
  HEAPU8: Uint8Array;
  _malloc: (bytes: number) => number;
  _free: (address: number) => void;
  _heif_image_handle_get_raw_color_profile_size: (handle: number) => number;
  /** Writes a `heif_error` (three 32-bit words; the first is 0 on success) to `error` and the profile to `address`. */
  _heif_image_handle_get_raw_color_profile: (error: number, handle: number, address: number) => void;
}

interface HeifImage {
  handle: { $$: { ptr: number } };
  get_width: () => number;
  get_height: () => number;
  is_primary: () => boolean | number;
  display: (pixels: HeifPixels, done: (pixels: HeifPixels | null) => void) => void;
  free: () => void;
}

interface HeifPixels {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

/** A decoded HEIC photo: upright, 8-bit RGBA with straight alpha, in the color space of its profile. */
export interface HeicPixels extends HeifPixels {
  /** The ICC profile of the file; undefined for sRGB. */
  profile: Uint8Array | undefined;
}

/** The photo has more pixels than the service accepts. */
export class HeicTooLarge extends Error {
  override readonly name = 'HeicTooLarge';

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    super('the photo has too many pixels');
  }
}

/** Number of leading bytes that `isHeic` needs. */
export const HEIC_HEAD_BYTES = 64;

/** Brands of HEVC still images and their sequences (ISO/IEC 23008-12, annex B). */
const HEVC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/** Brands of any image or sequence in this container; the compatible brands name the codec. */
const ANY_BRANDS = new Set(['mif1', 'msf1']);

/** True if a file is HEIC, by the brands in its `ftyp` box. */
export function isHeic(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, HEIC_HEAD_BYTES));
  if (text.slice(4, 8) !== 'ftyp') return false;
  const boxBytes = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  const brands = [text.slice(8, 12), ...(text.slice(16, boxBytes).match(/[^]{4}/g) ?? [])];
  const [major = ''] = brands;
  return HEVC_BRANDS.has(major) || (ANY_BRANDS.has(major) && brands.some((brand) => HEVC_BRANDS.has(brand)));
}

/**
 * Decodes the primary image of a HEIC file. Applies the container's rotation and mirroring; ignores the EXIF orientation,
 * which repeats them.
 * @param maxPixels limit on width × height, checked before decoding
 * @throws HeicTooLarge | Error if the file cannot be decoded
 */
export async function decodeHeic(libheif: LibHeif, file: Uint8Array, maxPixels: number): Promise<HeicPixels> {
  const images = new libheif.HeifDecoder().decode(file);
  try {
    const image = images.find((one) => Boolean(one.is_primary())) ?? images[0];
    if (image === undefined) throw new Error('there is no image in the file');
    const [width, height] = [image.get_width(), image.get_height()];
    if (width * height > maxPixels) throw new HeicTooLarge(width, height);
    const profile = profileOf(libheif, image);
    const target = { data: new Uint8ClampedArray(width * height * 4), width, height };
    const pixels = await new Promise<HeifPixels | null>((resolve) => image.display(target, resolve));
    if (pixels === null) throw new Error('the image cannot be decoded');
    return { ...pixels, profile };
  } finally {
    for (const image of images) image.free();
  }
}

/** Bytes of a `heif_error`. */
const ERROR_BYTES = 12;

/** Reads the ICC profile with the C function: the JavaScript wrapper of libheif has none for it. */
function profileOf(libheif: LibHeif, { handle }: HeifImage): Uint8Array | undefined {
  const { ptr } = handle.$$;
  const bytes = libheif._heif_image_handle_get_raw_color_profile_size(ptr);
  if (bytes === 0) return undefined;
  const error = libheif._malloc(ERROR_BYTES + bytes);
  try {
    const from = error + ERROR_BYTES;
    libheif._heif_image_handle_get_raw_color_profile(error, ptr, from);
    return libheif.HEAPU8[error] === 0 ? libheif.HEAPU8.slice(from, from + bytes) : undefined;
  } finally {
    libheif._free(error);
  }
}
