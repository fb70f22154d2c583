import type { Sharp } from 'sharp';

/** The image's values as RGB of 16 bits, without compression. */
export const deepValues = (image: Sharp): Sharp => image.toColourspace('rgb16').raw({ depth: 'ushort' });

/** Bytes as the 16-bit values that they are, in the same memory. */
export const wordsOf = ({ buffer, byteOffset, length }: Buffer): Uint16Array =>
  new Uint16Array(buffer, byteOffset, length / 2);
