import { z } from 'zod';
import { parseColor, parseGradient } from './option-color.js';
import { parseAlign, parseOutputSize, parsePadding } from './option-canvas.js';
import {
  BIT_DEPTHS,
  BLUR_MODES,
  DEFAULT_REFINE,
  EFFORTS,
  FITS,
  GRAPHICS,
  HOLES,
  ICC_CHOICES,
  MAX_PROMISE_S,
  OUTPUT_CHANNELS,
  OUTPUT_FORMATS,
  OUTPUT_PARTS,
  OUTPUT_SIZES,
  REFINEMENTS,
  SCRAPS,
  SHADOWS,
} from './option-names.js';
import {
  parseBlur,
  parseOffset,
  parseOutline,
  parseReflectionLength,
  parseReflectionOffset,
} from './option-shadow.js';
import { PRESET_NAMES } from './option-presets.js';
import { parseMargins, parsePosition, parseRegion, parseScale, parseSubject } from './option-values.js';

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

/** A number in a form or a query; other values are returned unchanged. */
const textAsNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;

/** A time in whole seconds. */
const seconds = z.preprocess(textAsNumber, z.int().min(1).max(MAX_PROMISE_S)).optional();

/** Text that `parse` accepts. */
const written = (parse: (text: string) => unknown): z.ZodType<string> =>
  lowered(
    z
      .string()
      .max(100)
      .refine((text) => parse(text) !== undefined),
  );

/** The options of one image by name, with their descriptions. `job-options.ts` makes the schema of them. */
export const optionFields = {
  format: choice(OUTPUT_FORMATS, { jpeg: 'jpg' })
    .default('png')
    .describe(
      'Encoding of the result. `png` is lossless, and so is `webp` without `quality` and `max_bytes`; `avif` is lossy, ' +
        'also in its alpha; `jpg` has a white background by default; `zip` contains `color.jpg` and `alpha.png`; `auto` is ' +
        '`png` if the result has transparent pixels, else `jpg`',
    ),
  quality: z
    .preprocess(textAsNumber, z.int().min(1).max(100))
    .optional()
    .describe(
      'Quality of a lossy result, 1 to 100: `jpg` (default 90), `avif` (default 80), and `webp`, which is lossless without ' +
        'it and keeps the alpha exact with it. Other formats have no quality',
    )
    .meta({ examples: [85] }),
  max_bytes: z
    .preprocess(textAsNumber, z.int().min(1_000).max(1_000_000_000))
    .optional()
    .describe(
      'Maximum size of the result in bytes. The result has the best quality that fits, at most `quality` (90 without it) ' +
        'and at least 30. Requires `format` `jpg`, `webp` or `avif`',
    )
    .meta({ examples: [200_000] }),
  only: choice(OUTPUT_PARTS)
    .default('cutout')
    .describe(
      'Content of the result: `cutout` is color with alpha; `alpha` the alpha alone as a gray image; `mask` the mask of the ' +
        'model before its edges are refined, as a gray image; `foreground` the colors of the subject without background and ' +
        'without alpha; `both` a ZIP of `cutout.png` and `alpha.png`, with `format=zip`. All but `cutout` cannot be combined ' +
        'with a background or a shadow, and all but `cutout` and `both` with `zip`; `auto` is then `png`',
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
  icc: choice(ICC_CHOICES)
    .default('srgb')
    .describe(
      'Colors of the result: `srgb` without a profile; `p3` is Display P3 with its profile; `keep` keeps the RGB space of the ' +
        'image, with a profile of it, and is `srgb` for an image without a usable RGB profile. Colors of options are always ' +
        'those of sRGB. Every format can hold a profile; gray results have none',
    )
    .meta({ examples: ['p3'] }),
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
  output_size: written(parseOutputSize)
    .optional()
    .describe(
      'Size of the result: `WxH` such as `2000x2000`, `Wxauto` or `autoxH`, in pixels; `original` is the size of the image, ' +
        '`subject` that of the subject with its padding and margin. The subject is scaled, up or down, to the space that ' +
        'padding and margin leave. Cannot be combined with `size`, `crop`, `scale` and `position`',
    )
    .meta({ examples: ['2000x2000', '1080xauto'] }),
  fit: choice(FITS)
    .default('contain')
    .describe(
      'How the subject fits its space with `output_size`: `contain` shows all of it; `cover` fills the space and cuts off what ' +
        'does not fit',
    ),
  padding: written(parsePadding)
    .default('0')
    .describe(
      'Space between the subject and the edges of the result with `output_size`, in pixels or percent of the width (left, right) ' +
        'or height (top, bottom) of the result: one value, two or four in the order of `crop_margin`, each at most `10000px` or ' +
        '`49%`. There is none on a side where the image cuts the subject off, unless `align` is given for that direction: the ' +
        'subject touches the edge there',
    )
    .meta({ examples: ['7.5%', '40px 10%'] }),
  margin: written(parsePadding)
    .default('0')
    .describe('As `padding`, which it adds to, but also on sides where the image cuts the subject off')
    .meta({ examples: ['20px'] }),
  align: written(parseAlign)
    .default('auto')
    .describe(
      'Place of the subject in its space with `output_size`: `center`, `top`, `bottom`, `left`, `right`, or two of them such as ' +
        '`bottom left`; `auto` is `center`, and the edge of a side where the image cuts the subject off',
    )
    .meta({ examples: ['bottom'] }),
  preset: choice(PRESET_NAMES)
    .optional()
    .describe(
      'Size, space, background and format that a shop asks for; options that are sent as well take precedence. ' +
        'docs/guides/canvas.md has the values and their sources',
    )
    .meta({ examples: ['amazon'] }),
  bg_color: written(parseColor)
    .optional()
    .describe('Background: 3, 4, 6 or 8 hex digits with or without `#`, or a CSS color name')
    .meta({ examples: ['ffcc00'] }),
  bg_gradient: written(parseGradient)
    .optional()
    .describe(
      'Background of two to four colors, as in `bg_color`, that blend evenly, and an angle as in CSS: `0deg` upwards, `90deg` to ' +
        'the right; default `180deg`',
    )
    .meta({ examples: ['fff cfe8ff 135deg'] }),
  background_blur: z
    .preprocess(textAsNumber, z.int().min(1).max(100))
    .optional()
    .describe(
      'Background of the image itself, blurred, 1 to 100: 100 is a standard deviation of 10 % of the longer side. The subject ' +
        'does not bleed into it. Requires that the subject stays in its place: cannot be combined with `crop`, `scale`, ' +
        '`position` and `output_size`',
    )
    .meta({ examples: [30] }),
  background_blur_mode: choice(BLUR_MODES)
    .default('gaussian')
    .describe(
      'Kind of `background_blur`: `gaussian`, or `bokeh` as of a lens, with bright discs for small lights',
    ),
  semitransparency: flag
    .default(true)
    .describe('Keep translucent areas inside the subject, such as glass. Edges are soft in both cases'),
  shadow: choice(SHADOWS)
    .default('none')
    .describe(
      'Shadow of the subject, within the result: `soft` is faint and just below it; `drop` is the outline, darker, below and to ' +
        'the right; `contact` lies on the ground where the subject stands, with a short dark core',
    ),
  shadow_opacity: z
    .preprocess(textAsNumber, z.int().min(0).max(100))
    .optional()
    .describe('Opacity of the shadow in percent. Default: 40 (`soft`), 45 (`drop`), 70 (`contact`)')
    .meta({ examples: [50] }),
  shadow_blur: written(parseBlur)
    .optional()
    .describe(
      'Softness of the shadow: standard deviation in pixels of the result or percent of the longer side of the subject, at most ' +
        '`500px` or `25%`. Default: `2%` (`soft`), `1.5%` (`drop`), `1.2%` (`contact`)',
    )
    .meta({ examples: ['3%'] }),
  shadow_offset: written(parseOffset)
    .optional()
    .describe(
      'Offset of the shadow to the right and down, two lengths as in `shadow_blur` that may be negative. Default: `0 2.5%` ' +
        '(`soft`), `2% 3%` (`drop`), `0 0` (`contact`)',
    )
    .meta({ examples: ['-2% 4%'] }),
  shadow_color: written(parseColor)
    .optional()
    .describe('Color of the shadow, as in `bg_color`; its alpha multiplies the opacity. Default: black')
    .meta({ examples: ['1a2b4c'] }),
  outline: written(parseOutline)
    .optional()
    .describe(
      'Width of an outline around the subject, as of a sticker: pixels of the result or percent of the longer side of the subject, ' +
        'at most `500px` or `25%`. It lies over the shadow, which it casts as well. With `crop` and `output_size` there is room ' +
        'for it; otherwise it ends at the edges of the result',
    )
    .meta({ examples: ['2%'] }),
  outline_color: written(parseColor)
    .optional()
    .describe('Color of the outline, as in `bg_color`. Default: white')
    .meta({ examples: ['ffcc00'] }),
  reflection: z
    .preprocess(textAsNumber, z.int().min(0).max(100))
    .optional()
    .describe(
      'Reflection of the subject in a floor below it: opacity in percent where it meets the subject. It fades out. With `crop` and ' +
        '`output_size` there is room for it; otherwise it ends at the edges of the result',
    )
    .meta({ examples: [35] }),
  reflection_length: written(parseReflectionLength)
    .optional()
    .describe(
      'Length of the reflection, at which it has faded out: pixels of the result or percent of the height of the subject, at most ' +
        '`9999px` or `100%`. Default: `40%`',
    )
    .meta({ examples: ['100%'] }),
  reflection_offset: written(parseReflectionOffset)
    .optional()
    .describe(
      'Gap between the subject and its reflection, pixels of the result or percent of the height of the subject, at most `500px` ' +
        'or `25%`. Default: 0',
    )
    .meta({ examples: ['1%'] }),
  add_shadow: flag.optional().describe('Another way to write `shadow=soft`'),
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
        'and asks the next model of the service, if it has several. A further look counts only where it is surer; the looks of `best` vote on each pixel',
    ),
  model: lowered(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/))
    .optional()
    .describe('Name of a model from `GET /v1/models`. The default model is used without it')
    .meta({ examples: ['isnet'] }),
  start_within: seconds
    .describe(
      'Seconds within which a worker must start the job. Otherwise it fails with `not-started-in-time` and is purged. At most, ' +
        'and by default, the time that the service lets an image wait',
    )
    .meta({ examples: [30] }),
  keep_at_most: seconds
    .describe(
      'Seconds that the result is kept until it is downloaded; then it is purged. At most, and by default, the time that the ' +
        'service keeps a result',
    )
    .meta({ examples: [60] }),
};

/** Values of all options before combinations are checked. */
export type OptionValues = z.output<z.ZodObject<typeof optionFields>>;
