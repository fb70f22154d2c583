import { leavesRoom } from './option-canvas.js';
import type { OptionValues } from './option-fields.js';
import { LOSSY_FORMATS, PART_OF_CHANNELS } from './option-names.js';
import { parseMargins, type Length } from './option-values.js';

/** A combination in which an option would have no effect. */
export interface Conflict {
  option: keyof OptionValues;
  isGiven: (options: OptionValues) => boolean;
  sentence: string;
}

const OUTPUT_DEFAULTS = { fit: 'contain', padding: '0', margin: '0', align: 'auto' } as const;

/** True if an option that `output_size` replaces is not at its default. */
function isPlaced(
  { size, crop, scale, position }: OptionValues,
  option: 'size' | 'crop' | 'scale' | 'position',
): boolean {
  const given = {
    size: size !== 'auto',
    crop,
    scale: scale !== 'original',
    position: position !== undefined,
  };
  return given[option];
}

const isLossy = (format: string): boolean => LOSSY_FORMATS.some((lossy) => lossy === format);

const hasMargin = (text: string): boolean =>
  Object.values(parseMargins(text) ?? {}).some(({ value }: Length) => value > 0);

/** Combinations that are refused, in the order in which they are looked for. */
export const CONFLICTS: readonly Conflict[] = [
  ...(['size', 'crop', 'scale', 'position'] as const).map((option) => ({
    option,
    isGiven: (options: OptionValues) => options.output_size !== undefined && isPlaced(options, option),
    sentence: `"${option}" cannot be combined with "output_size".`,
  })),
  ...(['fit', 'padding', 'margin', 'align'] as const).map((option) => ({
    option,
    isGiven: (options: OptionValues) =>
      options.output_size === undefined && options[option] !== OUTPUT_DEFAULTS[option],
    sentence: `"${option}" requires "output_size".`,
  })),
  {
    option: 'padding',
    isGiven: ({ padding, margin }) => !leavesRoom(padding, margin),
    sentence: '"padding" and "margin" together must leave some percent of each side to the subject.',
  },
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
    option: 'quality',
    isGiven: ({ quality, format }) => quality !== undefined && format !== 'auto' && !isLossy(format),
    sentence: '"quality" requires format=jpg, format=webp or format=avif.',
  },
  {
    option: 'max_bytes',
    isGiven: ({ max_bytes, format }) => max_bytes !== undefined && !isLossy(format),
    sentence: '"max_bytes" requires format=jpg, format=webp or format=avif.',
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
    option: 'icc',
    isGiven: ({ icc, only }) => icc !== 'srgb' && (only === 'alpha' || only === 'mask'),
    sentence: '"icc" cannot be combined with only=alpha and only=mask: gray results have no color profile.',
  },
  {
    option: 'bg_color',
    isGiven: ({ only, bg_color }) => only !== 'cutout' && bg_color !== undefined,
    sentence: '"bg_color" requires only=cutout: other results have no background.',
  },
  {
    option: 'bg_gradient',
    isGiven: ({ bg_gradient, bg_color }) => bg_gradient !== undefined && bg_color !== undefined,
    sentence: '"bg_gradient" cannot be combined with "bg_color": a result has one background.',
  },
  {
    option: 'background_blur',
    isGiven: ({ background_blur, bg_color, bg_gradient }) =>
      background_blur !== undefined && (bg_color !== undefined || bg_gradient !== undefined),
    sentence: '"background_blur" cannot be combined with another background.',
  },
  {
    option: 'background_blur',
    isGiven: ({ background_blur, crop, scale, position, output_size }) =>
      background_blur !== undefined &&
      (crop || scale !== 'original' || (position ?? 'original') !== 'original' || output_size !== undefined),
    sentence: '"background_blur" cannot be combined with "crop", "scale", "position" and "output_size".',
  },
  {
    option: 'background_blur_mode',
    isGiven: ({ background_blur, background_blur_mode: mode }) =>
      background_blur === undefined && mode !== 'gaussian',
    sentence: '"background_blur_mode" requires "background_blur".',
  },
  ...(['bg_gradient', 'background_blur'] as const).map((option) => ({
    option,
    isGiven: (options: OptionValues) => options.only !== 'cutout' && options[option] !== undefined,
    sentence: `"${option}" requires only=cutout: other results have no background.`,
  })),
  {
    option: 'add_shadow',
    isGiven: ({ shadow, add_shadow }) => add_shadow !== undefined && shadow !== 'none',
    sentence: '"add_shadow" is another way to write shadow=soft: send one of them.',
  },
  {
    option: 'shadow',
    isGiven: ({ only, shadow }) => only !== 'cutout' && shadow !== 'none',
    sentence: '"shadow" requires only=cutout: other results have no shadow.',
  },
  ...(['shadow_opacity', 'shadow_blur', 'shadow_offset', 'shadow_color'] as const).map((option) => ({
    option,
    isGiven: (options: OptionValues) => options.shadow === 'none' && options[option] !== undefined,
    sentence: `"${option}" requires "shadow".`,
  })),
  ...(['outline', 'reflection'] as const).map((option) => ({
    option,
    isGiven: (options: OptionValues) => options.only !== 'cutout' && options[option] !== undefined,
    sentence: `"${option}" requires only=cutout: other results have no ${option}.`,
  })),
  {
    option: 'outline_color',
    isGiven: ({ outline, outline_color: color }) => outline === undefined && color !== undefined,
    sentence: '"outline_color" requires "outline".',
  },
  ...(['reflection_length', 'reflection_offset'] as const).map((option) => ({
    option,
    isGiven: (options: OptionValues) => options.reflection === undefined && options[option] !== undefined,
    sentence: `"${option}" requires "reflection".`,
  })),
  {
    option: 'reflection',
    isGiven: ({ outline, reflection }) => outline !== undefined && reflection !== undefined,
    sentence: '"reflection" cannot be combined with "outline": a sticker stands on no floor.',
  },
  {
    option: 'format',
    isGiven: ({ only, format }) => only !== 'cutout' && only !== 'both' && format === 'zip',
    sentence: 'format=zip requires only=cutout or only=both: the ZIP contains color and alpha.',
  },
  {
    option: 'only',
    isGiven: ({ only, format }) => only === 'both' && format !== 'zip',
    sentence: 'only=both requires format=zip: the result is two files.',
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
