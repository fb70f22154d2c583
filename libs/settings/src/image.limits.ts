import type { Settings } from './settings.schema.js';

/** Largest image that is taken, in pixels: the settings in the unit that decoders use. */
export const imageLimits = (
  settings: Pick<Settings, 'MAX_MEGAPIXELS' | 'MAX_PROGRESSIVE_MEGAPIXELS' | 'MAX_SIDE_PIXELS'>,
): { maxPixels: number; maxProgressivePixels: number; maxSidePixels: number } => ({
  maxPixels: settings.MAX_MEGAPIXELS * 1_000_000,
  maxProgressivePixels: settings.MAX_PROGRESSIVE_MEGAPIXELS * 1_000_000,
  maxSidePixels: settings.MAX_SIDE_PIXELS,
});
