import { z } from 'zod';
import { parseColor } from './option-color.js';
import {
  parseMargins,
  parsePosition,
  parseRegion,
  parseScale,
  parseSubject,
  type Length,
} from './option-values.js';

/** Names of the encodings a result may have. */
export const RESULT_FORMATS = ['png', 'webp', 'jpg', 'zip'] as const;

/** Encoding of a result. */
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Values of the option `format`. */
export const OUTPUT_FORMATS = [...RESULT_FORMATS, 'auto'] as const;

/**
 * Content of the output: the cut-out (color with alpha), its alpha as a gray image, the mask before refinement as a gray
 * image, or the colors of the subject without alpha.
 */
export const OUTPUT_PARTS = ['cutout', 'alpha', 'mask', 'foreground'] as const;

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

/** A text without surrounding white space, in lower case. */
const plain = (text: string): string => text.trim().toLowerCase();

/** The value of that name, for a text or a number in JSON; other values are returned unchanged. */
const named = (names: ReadonlyMap<string, unknown>, value: unknown): unknown => {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  return names.get(plain(String(value))) ?? value;
};

const BOOLEAN_OF_TEXT: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'on', 'yes'].map((text) => [text, true] as const),
  ...['false', '0', 'off', 'no'].map((text) => [text, false] as const),
]);

/** A boolean, or one of its names in forms and queries, ignoring case. */
const flag = z.preprocess((value) => named(BOOLEAN_OF_TEXT, value), z.boolean());

/** One of `values`, ignoring case. @param others further names, in lower case */
function choice<T extends string>(
  values: readonly [T, ...T[]],
  others: Readonly<Record<string, T>> = {},
): z.ZodType<T> {
  const valueOf = new Map([
    ...values.map((value) => [plain(value), value] as const),
    ...Object.entries(others),
  ]);
  return z.preprocess((value) => named(valueOf, value), z.enum(values));
}

/** A text in lower case. It stays text: options are stored as JSON and parsed by this schema again. */
const lowered = (schema: z.ZodType<string, string>): z.ZodType<string> =>
  z.preprocess((value) => (typeof value === 'string' ? plain(value) : value), schema);

/** A number in JSON as text; other values are returned unchanged. */
const numberAsText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** Text that `parse` accepts. */
const written = (parse: (text: string) => unknown): z.ZodType<string> =>
  lowered(
    z
      .string()
      .max(100)
      .refine((text) => parse(text) !== undefined),
  );

const fields = {
  format: choice(OUTPUT_FORMATS, { jpeg: 'jpg' })
    .default('png')
    .describe(
      'Encoding of the result. `png` and `webp` are lossless; `jpg` has a white background by default; `zip` ' +
        'contains `color.jpg` and `alpha.png`; `auto` is `png` if the result has transparent pixels, else `jpg`',
    ),
  only: choice(OUTPUT_PARTS)
    .default('cutout')
    .describe(
      'Content of the result: `cutout` is color with alpha; `alpha` the alpha alone as a gray image; `mask` the mask of the ' +
        'model before its edges are refined, as a gray image; `foreground` the colors of the subject without background and ' +
        'without alpha. All but `cutout` cannot be combined with a background, a shadow or `zip`; `auto` is then `png`',
    ),
  channels: choice(OUTPUT_CHANNELS)
    .optional()
    .describe('Another way to write `only`: `rgba` is `only=cutout`, `alpha` is `only=alpha`'),
  bit_depth: choice(BIT_DEPTHS)
    .default('8')
    .describe(
      'Bits per channel of a PNG result: `8`, `16` (8-bit images are widened), or `auto`: 16 if the image has 16 bits ' +
        'and at most 25 million pixels, else 8. Unchanged pixels are exact to the bit. 16-bit results have at most 25 ' +
        'million pixels',
    ),
  size: choice(OUTPUT_SIZES)
    .default('auto')
    .describe(
      'Maximum number of pixels of the result: `preview` (`small`, `regular`) 0.25 million, `medium` 1.5, `hd` 4, `50MP` 50; ' +
        '`auto`, `full` and `4k` keep the size of the image. Results are never enlarged',
    ),
  crop: flag
    .default(false)
    .describe('Crop the result to the subject. Cannot be combined with `scale` or `position`'),
  crop_margin: written(parseMargins)
    .default('0')
    .describe(
      'Margin around the cropped subject, in pixels of the image or percent of the subject: one value, two (top and ' +
        'bottom, left and right) or four (top, right, bottom, left), each at most `500px` or `50%`. Requires `crop`',
    )
    .meta({ examples: ['10% 20px'] }),
  roi: written(parseRegion)
    .optional()
    .describe(
      'Region of interest, `x1 y1 x2 y2` in pixels or percent of the image, such as `10% 0% 400px 300px`. ' +
        'Everything outside is background',
    )
    .meta({ examples: ['10% 0% 90% 100%'] }),
  subject: z
    .preprocess(numberAsText, written(parseSubject))
    .default('all')
    .describe(
      'Subjects to keep: `all`, the `largest`, numbers in the order of size such as `2` or `1,3` (1 is the largest), ' +
        'or the one at a point of the image. A point has units: `40%,60%` or `400px,300px`',
    )
    .meta({ examples: ['largest', '1,3', '40%,60%'] }),
  scraps: choice(SCRAPS)
    .default('remove')
    .describe(
      'Small loose parts of the matte far from every subject: `remove`, or `keep` as subjects of their own',
    ),
  graphics: choice(GRAPHICS)
    .default('auto')
    .describe(
      'Cut-out of drawings on one color (logos, codes, signatures, icons, screenshots) by their colors instead of a ' +
        'model, with exact edges: `auto` when the image is certainly one, `on` always, `off` never',
    ),
  holes: choice(HOLES)
    .default('open')
    .describe(
      'Areas inside of a drawing that have the color of its background: `open` makes them transparent, as in letters ' +
        'and rings; `fill` keeps them, as the white of the eyes in a face. In photographs on one color, `open` also clears ' +
        'such areas where the model has taken them for the subject',
    ),
  scale: written(parseScale)
    .default('original')
    .describe(
      'Size of the subject, `10%` to `100%` of the width or height of the result, whichever it reaches first. ' +
        'A small subject is enlarged; the result keeps the size of the image',
    )
    .meta({ examples: ['80%'] }),
  position: written(parsePosition)
    .optional()
    .describe(
      'Position of the subject: `original`, `center`, `n%` or `n% n%` (across, down), where `0%` is the left or top ' +
        'edge and `100%` the right or bottom edge. Default: `center` with `scale`, else `original`',
    )
    .meta({ examples: ['50% 100%'] }),
  bg_color: written(parseColor)
    .optional()
    .describe('Background: 3, 4, 6 or 8 hex digits with or without `#`, or a CSS color name')
    .meta({ examples: ['ffcc00'] }),
  semitransparency: flag
    .default(true)
    .describe('Keep translucent areas inside the subject, such as glass. Edges are soft in both cases'),
  add_shadow: flag.default(false).describe('A soft shadow below the subject, within the canvas'),
  refine: choice(REFINEMENTS)
    .default(DEFAULT_REFINE)
    .describe(
      'Refinement of the matte: `edges` follows hair and outlines in the full image; `none` uses the output of the model',
    ),
  effort: choice(EFFORTS)
    .default('standard')
    .describe(
      'Work for the matte: `standard` runs the model once; `auto` looks again at a subject that the first look is unsure ' +
        'about, enlarged, and at each subject of a wide or tall image; `best` also does so where little is to be gained, ' +
        'and asks the next model of the service, if it has several. A further look counts only where it is surer',
    ),
  model: lowered(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/))
    .optional()
    .describe('Name of a model from `GET /v1/models`. The default model is used without it')
    .meta({ examples: ['isnet'] }),
};

/** What the values of `channels` stand for. */
const PART_OF_CHANNELS = { rgba: 'cutout', alpha: 'alpha' } as const;

/** Writes `channels` as `only`, if that has its default. Otherwise the two contradict each other, which a conflict reports. */
function resolveChannels<T extends z.output<z.ZodObject<typeof fields>>>(options: T): T {
  const { channels, ...others } = options;
  if (channels === undefined) return options;
  const part = PART_OF_CHANNELS[channels];
  if (options.only !== 'cutout' && options.only !== part) return options;
  return { ...others, only: part } as T;
}

/** A combination in which an option would have no effect. */
interface Conflict {
  option: keyof typeof fields;
  isGiven: (options: z.output<z.ZodObject<typeof fields>>) => boolean;
  sentence: string;
}

const hasMargin = (text: string): boolean =>
  Object.values(parseMargins(text) ?? {}).some(({ value }: Length) => value > 0);

const CONFLICTS: readonly Conflict[] = [
  {
    option: 'holes',
    isGiven: ({ graphics, holes }) => graphics === 'off' && holes !== 'open',
    sentence: '"holes" cannot be combined with graphics=off: a model decides about holes.',
  },
  {
    option: 'graphics',
    isGiven: ({ graphics, model }) => graphics === 'on' && model !== undefined,
    sentence: '"model" cannot be combined with graphics=on: no model is used.',
  },
  {
    option: 'bit_depth',
    isGiven: ({ bit_depth, format }) => bit_depth !== '8' && format !== 'png',
    sentence: '"bit_depth" requires format=png.',
  },
  {
    option: 'channels',
    isGiven: ({ only, channels }) => channels !== undefined && only !== PART_OF_CHANNELS[channels],
    sentence: '"channels" is another way to write "only": send one of them.',
  },
  {
    option: 'bit_depth',
    isGiven: ({ bit_depth, only }) => bit_depth !== '8' && only !== 'cutout',
    sentence: '"bit_depth" requires only=cutout: other results have 8 bits.',
  },
  {
    option: 'bg_color',
    isGiven: ({ only, bg_color }) => only !== 'cutout' && bg_color !== undefined,
    sentence: '"bg_color" requires only=cutout: other results have no background.',
  },
  {
    option: 'add_shadow',
    isGiven: ({ only, add_shadow }) => only !== 'cutout' && add_shadow,
    sentence: '"add_shadow" requires only=cutout: other results have no shadow.',
  },
  {
    option: 'format',
    isGiven: ({ only, format }) => only !== 'cutout' && format === 'zip',
    sentence: 'format=zip requires only=cutout: the ZIP already contains color and alpha.',
  },
  {
    option: 'crop_margin',
    isGiven: ({ crop, crop_margin }) => !crop && hasMargin(crop_margin),
    sentence: '"crop_margin" requires crop=true.',
  },
  {
    option: 'scale',
    isGiven: ({ crop, scale }) => crop && scale !== 'original',
    sentence:
      '"scale" cannot be combined with crop=true: the subject fills a cropped result. Use "crop_margin".',
  },
  {
    option: 'position',
    isGiven: ({ crop, position = 'original' }) => crop && position !== 'original',
    sentence:
      '"position" cannot be combined with crop=true: the subject fills a cropped result. Use "crop_margin".',
  },
];

/**
 * Options of one image. All interfaces (native, compatible, SDK, page) share this schema. Unknown keys are rejected, and
 * so are options without effect in combination with the others. The output has `only` and no `channels`. Parsing the output again returns the same output. Values in
 * texts are parsed in `option-values.ts`.
 */
export const jobOptionsSchema = z
  .strictObject(fields)
  .overwrite(resolveChannels)
  .superRefine((options, context) => {
    const conflict = CONFLICTS.find(({ isGiven }) => isGiven(options));
    if (conflict === undefined) return;
    const { option, sentence } = conflict;
    context.addIssue({ code: 'custom', path: [option], message: sentence, params: { isConflict: true } });
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
