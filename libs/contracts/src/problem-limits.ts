import { Problem } from './problem-catalog.js';

/** The problem of an image that is larger than `limit` bytes, or of a body that no image of that size explains. */
export const imageTooLarge = (limit: number): Problem =>
  new Problem('image-too-large', {
    ...{ limit, unit: 'bytes' },
    detail: `The limit is ${Math.floor(limit / 1_048_576)} MiB. Scale the image down, or save it as JPEG.`,
  });
