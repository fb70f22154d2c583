/** Pixels that take as long to decode, compose and encode as the network takes for any image. */
const PIXELS_OF_ONE_INFERENCE = 20e6;

/**
 * Estimated work on an image of `pixels`, in units of the cheapest one. The network sees every image at one size, so
 * most of the work is the same for all; on two cores an image took 560 ms and 27 ms more a megapixel. Exactness is
 * not needed: only the ratio of two tenants' costs counts.
 */
export const costOf = (pixels: number): number => 1 + pixels / PIXELS_OF_ONE_INFERENCE;
