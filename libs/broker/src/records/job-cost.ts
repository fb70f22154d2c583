/** Pixels whose decoding, composition and encoding take as long as one inference. */
const PIXELS_OF_ONE_INFERENCE = 20e6;

/**
 * Estimated work on an image of `pixels`, in units of the cheapest image. The model reads every image at one size, so most
 * of the work is constant: on two cores an image took 560 ms, and 27 ms more per megapixel. Only the ratio of the costs of
 * two tenants is used.
 */
export const costOf = (pixels: number): number => 1 + pixels / PIXELS_OF_ONE_INFERENCE;
