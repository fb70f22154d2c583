import { z } from 'zod';

const number = z.int().nonnegative().optional();

/**
 * Numbers about a failed image for its problem: a closed set. With the code, they are all that a failure passes on from the
 * engine to the worker and through Redis; the sentences are made of them where they are answered.
 */
export const failureNumbersSchema = z.strictObject({
  /** Bytes of the smallest file of the result. */
  smallest_bytes: number,
  /** Subjects in the image. */
  subjects: number,
  mask_width: number,
  mask_height: number,
  image_width: number,
  image_height: number,
  result_width: number,
  result_height: number,
  /** Most pixels of an image, of a result of 16 bits, or a side. */
  max_pixels: number,
  max_deep_pixels: number,
  max_side_pixels: number,
  /** Most pixels a side that the format of the result holds. */
  max_format_pixels: number,
  /** 1 when the image is transparent already. */
  transparent: number,
});

/** Numbers about a failed image. */
export type FailureNumbers = z.output<typeof failureNumbersSchema>;
