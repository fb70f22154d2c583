/** Opacity up to which a cell is certainly background, and from which it is certainly subject: 2 and 98 %. */
export const SURELY_OUT = 5;
export const SURELY_IN = 250;

/** Binary entropy of each opacity, in bits; 0 where a cell is certain. */
export const OPACITY_ENTROPY = Float64Array.from({ length: 256 }, (_, opacity) => {
  if (opacity <= SURELY_OUT || opacity >= SURELY_IN) return 0;
  const share = opacity / 255;
  return -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
});
