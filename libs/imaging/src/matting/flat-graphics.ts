import type { ColorKey } from './color-key.js';
import type { Rgb } from './contrast-color.js';
import type { Delta } from './key-space.js';
import { surveyGraphics, type GraphicsSurvey } from './graphics-survey.js';
import { evenGround, rimFacts, type RimFacts } from './ground-color.js';
import type { Ink } from './ink-colors.js';
import { LUMA_SPACE, RGB_SPACE, times } from './key-space.js';
import { fullRect, type Rect } from '../raster/pixel-rect.js';
import type { Raster, RgbRaster } from '../raster/raster.js';

/** Share of the rim that has the ground's color in a drawing. */
export const MIN_RIM_SHARE = 0.99;
/** Share of the picture that has the ground's color. */
const MIN_GROUND = 0.25;
const MAX_GROUND = 0.9999;
/** Share of the areas' pixels that have the color of an ink. */
const MIN_FLAT = 0.8;
/** Share of pixels inside of areas, below which a drawing consists of lines. */
const MIN_STILL = 0.25;
/** Limits of text in lossy files, whose edges are wide: most pixels are mixes of the ground and few inks. */
const MIN_STILL_OF_TEXT = 0.12;
const MIN_ALIGNED_OF_TEXT = 0.95;
/** Share of faint areas without an ink: above it there is a shadow, or a white object on white. */
const MAX_FAINT = 0.04;
/** Limits of a drawing with shadows. */
const MIN_FLAT_WITH_SHADOW = 0.55;
const MAX_SHADOW = 0.4;
const MIN_SHADED = 0.95;
/** Limits of a drawing of strokes. */
const MAX_THICK = 0.2;
const MAX_SHADED_STROKES = 0.1;
const MIN_ALIGNED = 0.9;
const MIN_GROUND_OF_STROKES = 0.6;
/** Limits of a drawing with gradients. */
const MAX_FAINT_OF_GRADIENTS = 0.01;
const MIN_STILL_OF_GRADIENTS = 0.9;

/** Tolerance of a noiseless picture, of each level of noise, and at most, in levels. */
const MIN_TOLERANCE = 3;
const TOLERANCE_OF_NOISE = 2.2;
const MAX_TOLERANCE = 28;

/** Share of the picture that an ink near the ground's color has at least: less is noise. */
const MIN_FAINT_INK = 0.005;

/** A drawing on one color. */
export interface FlatGraphics {
  kind: 'areas' | 'shadows' | 'strokes' | 'gradients';
  ground: Rgb;
  survey: GraphicsSurvey;
  /** Share of the drawing that the key explains, 0 to 1 with two decimals. */
  confidence: number;
}

/** Share of the reduced picture's rim that has one color, below which the picture is not read in full. */
const MIN_REDUCED_RIM_SHARE = 0.97;
/** As `MIN_RIM_SHARE`, when a key is demanded. */
const MIN_FORCED_RIM_SHARE = 0.6;

/** A quick test of a reduced picture: photographs end here. */
export const mayBeGraphics = (picture: RgbRaster): boolean =>
  rimFacts(picture, fullRect(picture), 3).share >= MIN_REDUCED_RIM_SHARE;

/** The drawing in a region of an opaque image; undefined for photographs and when in doubt. */
export function flatGraphics(image: Raster, region: Rect): FlatGraphics | undefined {
  const rim = rimFacts(image, region);
  if (rim.share < MIN_RIM_SHARE) return undefined;
  const survey = surveyGraphics(image, region, rim.ground);
  const kind = kindOf(rim, survey);
  return kind && { kind, ground: rim.ground, survey, confidence: confidenceOf(survey, kind) };
}

/** What to use for a key in any picture that has a ground; undefined when the rim has many colors. */
export function forcedGraphics(image: Raster, region: Rect): FlatGraphics | undefined {
  const rim = rimFacts(image, region);
  if (rim.share < MIN_FORCED_RIM_SHARE) return undefined;
  const survey = surveyGraphics(image, region, rim.ground);
  if (!survey.isOpaque) return undefined;
  return {
    kind: 'areas',
    ground: rim.ground,
    survey,
    confidence: Math.min(MAX_FORCED, confidenceOf(survey, 'areas')),
  };
}

/** Confidence of a key that the test did not ask for, at most. */
const MAX_FORCED = 0.7;

/** Share of the pixels that are inks, mixes of inks and the ground, or of a known kind. */
function confidenceOf({ still, flat, aligned, noise }: GraphicsSurvey, kind: FlatGraphics['kind']): number {
  const inside = kind === 'areas' || kind === 'strokes' ? flat : 1;
  const edges = kind === 'strokes' ? aligned : 1 - 0.01 * noise;
  return Math.round(100 * (still * inside + (1 - still) * edges)) / 100;
}

function kindOf(rim: RimFacts, survey: GraphicsSurvey): FlatGraphics['kind'] | undefined {
  const { ground, isOpaque } = survey;
  if (!isOpaque || ground < MIN_GROUND || ground > MAX_GROUND) return undefined;
  if (hasStrokes(survey)) return 'strokes';
  if (hasAreas(survey)) return 'areas';
  // Noise, and what is left of it in lossy files, is near photographs.
  if (rim.exact < 1) return undefined;
  if (hasShadows(survey)) return 'shadows';
  return hasGradients(survey) ? 'gradients' : undefined;
}

const hasStrokes = ({ ground, still, flat, thick, aligned }: GraphicsSurvey): boolean =>
  ground >= MIN_GROUND_OF_STROKES &&
  thick <= MAX_THICK &&
  still * (1 - flat) <= MAX_SHADED_STROKES &&
  aligned >= MIN_ALIGNED;

function hasAreas({ still, flat, faint, aligned }: GraphicsSurvey): boolean {
  const isText = still >= MIN_STILL_OF_TEXT && aligned >= MIN_ALIGNED_OF_TEXT;
  return (still >= MIN_STILL || isText) && flat >= MIN_FLAT && faint <= MAX_FAINT;
}

const hasShadows = ({ still, exact, faint, shaded }: GraphicsSurvey): boolean =>
  still >= MIN_STILL && exact >= MIN_FLAT_WITH_SHADOW && faint <= MAX_SHADOW && shaded >= MIN_SHADED;

const hasGradients = ({ noise, faint, still }: GraphicsSurvey): boolean =>
  noise === 0 && faint <= MAX_FAINT_OF_GRADIENTS && still >= MIN_STILL_OF_GRADIENTS;

/** The color key of a drawing. */
export function colorKeyOf(
  { ground, survey, kind }: FlatGraphics,
  { isFilled, isAntialiased }: Pick<ColorKey, 'isFilled' | 'isAntialiased'>,
): ColorKey {
  const { noise, inks, lineInks } = survey;
  const tolerance = Math.min(MAX_TOLERANCE, MIN_TOLERANCE + TOLERANCE_OF_NOISE * noise);
  const strong = noise === 0 ? tolerance : 2 * tolerance;
  const space = noise === 0 ? RGB_SPACE : LUMA_SPACE;
  const deltas = [...inks, ...lineInks].map((ink) => deltaOf(ink, ground));
  return {
    ground: evenGround(ground),
    space,
    tolerance,
    strong,
    faintInks: inks
      .filter(({ count }) => count >= MIN_FAINT_INK * survey.samples)
      .map((ink) => times(space.from, deltaOf(ink, ground)))
      .filter((delta) => Math.hypot(...delta) < 2 * strong),
    isBetweenInks: hasBetween(deltas),
    isFilled,
    hasShadow: kind === 'shadows',
    inks: deltas,
    isNoiseless: noise === 0,
    isAntialiased,
  };
}

/** True when the ground is on the line between two inks. */
const hasBetween = (inks: readonly Delta[]): boolean =>
  inks.some((a) =>
    inks.some((b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2] < -0.97 * Math.hypot(...a) * Math.hypot(...b)),
  );

const deltaOf = ({ color: [r, g, b] }: Ink, ground: Rgb): Delta => [
  r - ground[0],
  g - ground[1],
  b - ground[2],
];
