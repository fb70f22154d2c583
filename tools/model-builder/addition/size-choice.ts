import { ModelError } from '#inference/model-files.js';
import type { SizeRule } from '#inference/model-signature.js';
import type { Addition } from './addition-options.js';
import type { Preset } from './model-presets.js';

type Kept = Extract<SizeRule, { fit: 'keep' }>;
type Letterbox = Extract<SizeRule, { fit: 'letterbox' }>;

const DEFAULT_MULTIPLE = 32;
const DEFAULT_MAX = 2048;
const MIN_SIDE = 16;

/** Options of the size, and what is known of the model. */
export interface SizeFacts {
  addition: Addition;
  preset: Preset | undefined;
  suggested: readonly Preset[];
}

/** Sides that the file fixes. */
export interface Sides {
  width: number | undefined;
  height: number | undefined;
}

/**
 * How pictures become the input: by option, by preset, or squashed to the size that the file fixes.
 * @returns a size rule, which may still be out of bounds
 * @throws ModelError when it is unknown or contradicts the file
 */
export function sizeRuleOf(facts: SizeFacts, fixed: Sides): unknown {
  const { addition, preset } = facts;
  refuseUnclearFit(facts);
  const fit = addition.fit ?? preset?.input.size.fit ?? 'squash';
  const known = preset?.input.size.fit === fit ? preset.input.size : undefined;
  refuseForeignOptions(addition, fit);
  if (fit === 'keep') return keptRule(addition, known?.fit === 'keep' ? known : undefined, fixed);
  const size = fixedSize(addition, known?.fit === 'keep' ? undefined : known, fixed);
  if (fit === 'squash') return { fit, ...size };
  return { fit, ...size, ...boxOf(addition, known?.fit === 'letterbox' ? known : undefined) };
}

/** The names of a model whose pictures must not be squashed are no coincidence. */
function refuseUnclearFit({ addition, preset, suggested }: SizeFacts): void {
  if (addition.fit !== undefined || preset !== undefined) return;
  const [first] = suggested;
  if (first === undefined || suggested.some(({ input }) => input.size.fit === 'squash')) return;
  throw new ModelError(
    `The names of input and output are those of ${first.title}, which does not squash pictures: add --like ${first.name}, or --fit squash if it is another model`,
  );
}

const OPTIONS_OF_FIT = {
  place: 'letterbox',
  fill: 'letterbox',
  side: 'keep',
  multiple: 'keep',
  round: 'keep',
  min: 'keep',
  max: 'keep',
} as const;

function refuseForeignOptions(addition: Addition, fit: SizeRule['fit']): void {
  for (const [option, owner] of Object.entries(OPTIONS_OF_FIT)) {
    if (addition[option as keyof typeof OPTIONS_OF_FIT] === undefined || owner === fit) continue;
    throw new ModelError(`--${option} belongs to --fit ${owner}: add that option, or leave --${option} out`);
  }
}

const sidesText = ({ width, height }: Sides): string => `${width ?? 'any'} x ${height ?? 'any'} pixels`;

function fixedSize(
  { size: wanted }: Addition,
  known: { width: number; height: number } | undefined,
  fixed: Sides,
): { width: number; height: number } {
  const differs = (side: 'width' | 'height'): boolean =>
    wanted !== undefined && fixed[side] !== undefined && wanted[side] !== fixed[side];
  if (differs('width') || differs('height')) {
    throw new ModelError(
      `The input has the shape of ${sidesText(fixed)}, which is not the --size: leave --size out`,
    );
  }
  const usual = wanted ?? known;
  const [width, height] = [fixed.width ?? usual?.width, fixed.height ?? usual?.height];
  if (width !== undefined && height !== undefined) return { width, height };
  throw new ModelError(
    'The file does not fix the size of the input: add --size PIXELS or --size WIDTHxHEIGHT, the size that the model was trained with',
  );
}

function boxOf(addition: Addition, known: Letterbox | undefined): Pick<Letterbox, 'place' | 'fill'> {
  const place = addition.place ?? known?.place;
  if (place !== undefined) return { place, fill: addition.fill ?? known?.fill ?? [0, 0, 0] };
  throw new ModelError(
    'A letterbox needs --place top-left or --place center: where the picture lies in it; --fill R,G,B is the color of the rest',
  );
}

function keptRule(addition: Addition, known: Kept | undefined, fixed: Sides): unknown {
  if (fixed.width !== undefined || fixed.height !== undefined) {
    throw new ModelError(
      `The file fixes the size of the input, ${sidesText(fixed)}, so pictures cannot keep their proportions: use --fit squash or --fit letterbox, whichever the model was trained with`,
    );
  }
  const { target, side } = keptSide(addition, known);
  const { multiple, round, min, max } = { ...known, ...definedOf(addition) };
  const cell = multiple ?? DEFAULT_MULTIPLE;
  return {
    fit: 'keep',
    side,
    target,
    multiple: cell,
    round: round ?? 'nearest',
    min: min ?? Math.max(cell, MIN_SIDE),
    max: max ?? Math.max(DEFAULT_MAX, target),
  };
}

function keptSide({ size, side }: Addition, known: Kept | undefined): Pick<Kept, 'target' | 'side'> {
  if (size !== undefined && size.width !== size.height) {
    throw new ModelError('With --fit keep, --size is the length of one side: --size PIXELS');
  }
  const chosen = { target: size?.width ?? known?.target, side: side ?? known?.side };
  if (chosen.target !== undefined && chosen.side !== undefined) {
    return { target: chosen.target, side: chosen.side };
  }
  throw new ModelError(
    'With --fit keep, add --size PIXELS and --side longer or --side shorter: which side gets that length',
  );
}

/** The options of `keep` that were given. */
function definedOf({ multiple, round, min, max }: Addition): Partial<Kept> {
  return {
    ...(multiple !== undefined && { multiple }),
    ...(round !== undefined && { round }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}
