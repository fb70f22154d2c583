/** Names of the encodings a result may have. */
export const RESULT_FORMATS = ['png', 'webp', 'jpg', 'avif', 'zip'] as const;

/** Encoding of a result. */
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Values of the option `format`. */
export const OUTPUT_FORMATS = [...RESULT_FORMATS, 'auto'] as const;

/**
 * Content of the output: the cut-out (color with alpha), its alpha as a gray image, the mask before refinement as a gray
 * image, the colors of the subject without alpha, or the cut-out and its alpha in a ZIP.
 */
export const OUTPUT_PARTS = ['cutout', 'alpha', 'mask', 'foreground', 'both'] as const;

/** Other names of two of them. */
export const OUTPUT_CHANNELS = ['rgba', 'alpha'] as const;

/** Names of the output sizes. */
export const OUTPUT_SIZES = [
  'auto',
  'preview',
  'small',
  'regular',
  'medium',
  'hd',
  'full',
  '4k',
  '50MP',
] as const;

/** Names of the depths of a PNG. */
export const BIT_DEPTHS = ['8', '16', 'auto'] as const;

/** Names of the color spaces of a result. */
export const ICC_CHOICES = ['srgb', 'p3', 'keep'] as const;

/** Names of the ways to refine a matte. */
export const REFINEMENTS = ['none', 'edges'] as const;

/** What may happen to small loose parts of a matte. */
export const SCRAPS = ['remove', 'keep'] as const;

/**
 * Default refinement of a matte. On images with ground truth, refinement reduces the error of the plain mask to a third
 * at hair and to less at harder edges (bench/pipeline/edges.bench.ts).
 */
export const DEFAULT_REFINE: (typeof REFINEMENTS)[number] = 'edges';

/** Names of the amounts of work for a matte. */
export const EFFORTS = ['standard', 'auto', 'best'] as const;
/** Names of the ways to treat drawings on one color. */
export const GRAPHICS = ['auto', 'off', 'on'] as const;

/** Names of the ways to treat areas of the background's color inside of a drawing. */
export const HOLES = ['open', 'fill'] as const;

/** What the values of `channels` stand for. */
export const PART_OF_CHANNELS = { rgba: 'cutout', alpha: 'alpha' } as const;

/** Formats that lose some of the image; WebP only with a quality or a maximum size. */
export const LOSSY_FORMATS = ['jpg', 'webp', 'avif'] as const;

/** Names of the ways to fit the subject into its space. */
export const FITS = ['contain', 'cover'] as const;

/** Names of the shadows. */
export const SHADOWS = ['none', 'soft', 'drop', 'contact'] as const;

/** Options that shorten how long a job may wait and a result is kept. They do not change the result. */
export const PROMISES = ['start_within', 'keep_at_most'] as const;

/** Longest time that any service grants, in seconds. */
export const MAX_PROMISE_S = 3600;

/** Names of the kinds of blur of a background. */
export const BLUR_MODES = ['gaussian', 'bokeh'] as const;
