import type { InputFormat } from '#contracts/input-formats.js';
import type { Settings } from './settings.schema.js';

/** Limits of accepted images: formats and pixels. */
export const imageLimits = (
  settings: Pick<
    Settings,
    'MAX_MEGAPIXELS' | 'MAX_PROGRESSIVE_MEGAPIXELS' | 'MAX_SIDE_PIXELS' | 'INPUT_FORMATS'
  >,
): { maxPixels: number; maxProgressivePixels: number; maxSidePixels: number; formats: InputFormat[] } => ({
  maxPixels: settings.MAX_MEGAPIXELS * 1_000_000,
  maxProgressivePixels: settings.MAX_PROGRESSIVE_MEGAPIXELS * 1_000_000,
  maxSidePixels: settings.MAX_SIDE_PIXELS,
  formats: settings.INPUT_FORMATS,
});
