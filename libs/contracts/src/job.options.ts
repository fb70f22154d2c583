import { z } from 'zod';
import { parseColor } from './option.color.js';
import { parseMargins, parsePosition, parseRegion, parseScale } from './option.values.js';

/** Names of the encodings a result may have. */
export const RESULT_FORMATS = ['png', 'webp', 'jpg', 'zip'] as const;

/** Encoding of a result. */
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Names of the output encodings that can be asked for. */
export const OUTPUT_FORMATS = [...RESULT_FORMATS, 'auto'] as const;

/** Names of what the output holds: colour with alpha, or the alpha matte alone as a grey image. */
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

/** Names of the ways to refine a matte. */
export const REFINEMENTS = ['none', 'edges'] as const;

/**
 * How a matte is refined unless a client says otherwise. On images of known truth refinement leaves a third of the
 * plain mask's error at hair and less at harder edges (bench/edges.bench.ts); no photo looked at became worse.
 */
export const DEFAULT_REFINE: (typeof REFINEMENTS)[number] = 'edges';

const BOOLEAN_OF_TEXT: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  false: false,
  '0': false,
};

/** A boolean, or one of its names in forms and queries, in any case of letters. */
const flag = z.preprocess(
  (value) => (typeof value === 'string' ? (BOOLEAN_OF_TEXT[value.toLowerCase()] ?? value) : value),
  z.boolean(),
);

/** Text that `parse` understands. It stays text: options are stored as JSON and go through this schema again. */
const written = (parse: (text: string) => unknown): z.ZodType<string, string> =>
  z
    .string()
    .max(100)
    .refine((text) => parse(text) !== undefined);

const fields = {
  format: z
    .enum(OUTPUT_FORMATS)
    .default('png')
    .describe(
      'Encoding of the result. `png` and `webp` are lossless; `jpg` puts what is transparent on white; `zip` ' +
        'holds `color.jpg` and `alpha.png`; `auto` is `png` if anything in the result is transparent, else `jpg`',
    ),
  channels: z
    .enum(OUTPUT_CHANNELS)
    .default('rgba')
    .describe(
      'Cut-out with alpha, or the alpha matte alone as a grey image. `alpha` goes with no background, no shadow ' +
        'and not with `zip`; `auto` is `png` then',
    ),
  bit_depth: z
    .preprocess((value) => (typeof value === 'number' ? String(value) : value), z.enum(BIT_DEPTHS))
    .default('8')
    .describe(
      'Bits a channel of the result, which is PNG: `16` (an image of 8 bits is widened), `8`, or `auto` for 16 if the ' +
        'image has 16 and at most 25 million pixels. What the cut-out leaves alone is exact to the bit. Results of 16 ' +
        'bits have at most 25 million pixels',
    ),
  size: z
    .enum(OUTPUT_SIZES)
    .default('auto')
    .describe(
      'Most pixels of the result: `preview` (`small`, `regular`) 0.25 million, `medium` 1.5, `hd` 4, `50MP` 50; ' +
        '`auto`, `full` and `4k` keep the size of the image. Nothing is enlarged to reach it',
    ),
  crop: flag
    .default(false)
    .describe('Cut the result down to the subject. `scale` and `position` have no effect then'),
  crop_margin: written(parseMargins)
    .default('0')
    .describe(
      'Room around the cropped subject, pixels of the image or percent of the subject: one value, two (top and ' +
        'bottom, left and right) or four (top, right, bottom, left), each at most `500px` or `50%`. Needs `crop`',
    )
    .meta({ examples: ['10% 20px'] }),
  roi: written(parseRegion)
    .optional()
    .describe(
      'Region of interest, `x1 y1 x2 y2` in pixels or percent of the image, such as `10% 0% 400px 300px`: what ' +
        'is outside counts as background',
    )
    .meta({ examples: ['10% 0% 90% 100%'] }),
  scale: written(parseScale)
    .default('original')
    .describe(
      'Size of the subject, `10%` to `100%`: how much it fills the result in the direction in which it fills ' +
        'more. A small subject is enlarged; the result stays as large as the image',
    )
    .meta({ examples: ['80%'] }),
  position: written(parsePosition)
    .optional()
    .describe(
      'Place of the subject: `original`, `center`, `n%` or `n% n%` (across, down), where `0%` is the left or top ' +
        'edge and `100%` the right or bottom edge. Default: `center` with `scale`, else `original`',
    )
    .meta({ examples: ['50% 100%'] }),
  bg_color: written(parseColor)
    .optional()
    .describe('Background: 3, 4, 6 or 8 hex digits with or without `#`, or the name of a CSS colour')
    .meta({ examples: ['ffcc00'] }),
  semitransparency: flag
    .default(true)
    .describe('Whether areas inside the subject may be translucent (glass); edges are soft either way'),
  add_shadow: flag.default(false).describe('A soft shadow below the subject, within the canvas'),
  refine: z
    .enum(REFINEMENTS)
    .default(DEFAULT_REFINE)
    .describe(
      'Work on the matte beyond what the network gives: `edges` follows hair and outlines in the full image; `none`',
    ),
  model: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)
    .optional()
    .describe('One of `GET /v1/models`; without it the default one')
    .meta({ examples: ['isnet'] }),
};

/**
 * What a client may ask of one image. All surfaces (native, compatible, SDK, page) share this schema; unknown
 * keys are refused; an empty string counts as absent, because form clients send unset fields that way. Its
 * output is an input of it that gives the same again. Values in texts are read by `option.values`.
 */
export const jobOptionsSchema = z.strictObject(fields).superRefine((options, context) => {
  const isDeep = options.bit_depth !== '8';
  if (isDeep && options.format !== 'png') {
    context.addIssue({ code: 'custom', path: ['bit_depth'], message: 'needs format=png' });
  }
  if (options.channels !== 'alpha') return;
  const refuse = (name: keyof typeof fields): void =>
    context.addIssue({ code: 'custom', path: [name], message: 'does not go with channels=alpha' });
  if (isDeep) refuse('bit_depth');
  if (options.bg_color !== undefined) refuse('bg_color');
  if (options.add_shadow) refuse('add_shadow');
  if (options.format === 'zip') refuse('format');
});

/** Options of one job, complete with defaults. */
export type JobOptions = z.output<typeof jobOptionsSchema>;

/** MIME type of each result. */
export const MIME_OF_FORMAT: Record<ResultFormat, string> = {
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  zip: 'application/zip',
};
