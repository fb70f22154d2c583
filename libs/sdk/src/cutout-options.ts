import type { JobOptions } from '#contracts/job-options.js';
import { RemoveBgError } from './removebg-error.js';

type CamelCase<S extends string> = S extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : S;

/** Options of a result in camelCase, such as `bgColor`. The API's own names (`bg_color`) are accepted too. */
export type CutoutOptions = {
  [Name in keyof JobOptions as CamelCase<Name>]?: JobOptions[Name] | undefined;
} & { [Name in keyof JobOptions]?: JobOptions[Name] | undefined };

/** Options under the API's names. */
export type WireOptions = Partial<JobOptions>;

const NAMES = Object.keys({
  ...{
    format: true,
    only: true,
    channels: true,
    size: true,
    crop: true,
    crop_margin: true,
    roi: true,
    scale: true,
  },
  ...{ position: true, bg_color: true, semitransparency: true, add_shadow: true, refine: true },
  ...{ model: true, bit_depth: true, subject: true, scraps: true, effort: true },
  ...{ graphics: true, holes: true, quality: true, max_bytes: true, icc: true },
  ...{ shadow: true, shadow_opacity: true, shadow_blur: true, shadow_offset: true, shadow_color: true },
  ...{ outline: true, outline_color: true },
  ...{ reflection: true, reflection_length: true, reflection_offset: true },
  ...{ bg_gradient: true, background_blur: true, background_blur_mode: true },
  ...{ output_size: true, fit: true, padding: true, margin: true, align: true, preset: true },
  ...{ start_within: true, keep_at_most: true },
} satisfies Record<keyof JobOptions, true>) as (keyof JobOptions)[];

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const WIRE_NAME: ReadonlyMap<string, keyof JobOptions> = new Map(
  NAMES.flatMap((name) => [[name, name] as const, [camelCase(name), name] as const]),
);

const refusal = (parameter: string, title: string, accepted: string[]): RemoveBgError =>
  new RemoveBgError('invalid-argument', { title, parameter, accepted });

/**
 * Converts option names to the API's names; omits undefined values. The service checks the values.
 * @throws RemoveBgError `invalid-argument` for an unknown option, or one given under both names
 */
export function wireOptions(options: CutoutOptions = {}): WireOptions {
  const wire: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const name = WIRE_NAME.get(given);
    if (name === undefined) throw refusal(given, 'Unknown option', NAMES.map(camelCase));
    if (Object.hasOwn(wire, name)) {
      throw refusal(camelCase(name), 'An option is given twice, under both of its names', [
        `${camelCase(name)} or ${name}`,
      ]);
    }
    wire[name] = value;
  }
  return wire;
}
