import { ModelError } from '#inference/model-files.js';
import type { Normalization } from '#inference/model-signature.js';
import { NORMALIZATIONS, type Addition } from './addition-options.js';
import type { Preset } from './model-presets.js';

const BYTE_MAX = 255;

/** Options of colors, and what is known of the model. */
export interface ColorFacts {
  addition: Addition;
  preset: Preset | undefined;
  suggested: readonly Preset[];
}

interface Values {
  mean: readonly number[];
  std: readonly number[];
}

/** A model of bytes has no normalization. @throws ModelError when options state one */
export function refuseNormalization({ mean, std, normalize, ...more }: Addition): void {
  if ([mean, std, normalize].every((option) => option === undefined) && !more['by-maximum']) return;
  throw new ModelError(
    'The model takes bytes as decoded: leave --mean, --std, --normalize and --by-maximum out',
  );
}

/** Mean and deviation by option or preset. @throws ModelError when they are unknown or in other units */
export function normalizationOf({ addition, preset, suggested }: ColorFacts): Normalization {
  const chosen = givenValues(addition) ?? preset?.input.normalization;
  if (chosen === undefined) throw new ModelError(missingText(suggested));
  return { mean: inBytes(chosen.mean), std: inBytes(chosen.std), byMaximum: addition['by-maximum'] };
}

function givenValues({ mean, std, normalize }: Addition): Values | undefined {
  if ((mean === undefined) !== (std === undefined)) throw new ModelError('Give both --mean and --std');
  if (normalize !== undefined && mean !== undefined) {
    throw new ModelError('Give either --normalize, or --mean and --std');
  }
  if (normalize !== undefined) return NORMALIZATIONS[normalize];
  if (mean === undefined || std === undefined) return undefined;
  requireUnits({ mean, std });
  return { mean, std };
}

function inBytes(values: readonly number[]): [number, number, number] {
  const [red, green, blue] = values.map((value) => exact(value * BYTE_MAX));
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** Without the last digits, which are rounding: 0.1 * 255 is 25.5. */
const exact = (value: number): number => Number(value.toPrecision(12));

function missingText(suggested: readonly Preset[]): string {
  const names = Object.keys(NORMALIZATIONS).join('|');
  const known = suggested.map(({ name }) => `--like ${name}`).join(' or ');
  const advice = known === '' ? '' : `. The names in the file suggest ${known}`;
  return `The file does not say how colors are normalized: add --normalize ${names}, or --mean and --std, or --like PRESET${advice}`;
}

/** Means above 1 and deviations above 2 are in units of bytes. */
function requireUnits({ mean, std }: Values): void {
  if (std.some((value) => value <= 0)) throw new ModelError('--std must be above 0');
  if (mean.every((value) => Math.abs(value) <= 1) && std.every((value) => value <= 2)) return;
  throw new ModelError(
    '--mean and --std are in units of 0 to 1: divide values in units of 0 to 255 by 255, as in 0.485,0.456,0.406 for 123.675,116.28,103.53',
  );
}
