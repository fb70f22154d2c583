import type { SizeRule } from './model-signature.js';

/** A size in pixels. */
export interface FrameSize {
  width: number;
  height: number;
}

/** Place of the picture within the model's input, in pixels, and the size of that input. */
export interface Placement {
  input: FrameSize;
  left: number;
  top: number;
}

/** Size that a picture is resized to. For `letterbox` it is the part of the input that the picture covers. */
export function frameOf(rule: SizeRule, picture: FrameSize): FrameSize {
  if (rule.fit === 'squash') return { width: rule.width, height: rule.height };
  if (rule.fit === 'letterbox') {
    const scale = Math.min(rule.width / picture.width, rule.height / picture.height);
    return {
      width: clamped(Math.round(picture.width * scale), 1, rule.width),
      height: clamped(Math.round(picture.height * scale), 1, rule.height),
    };
  }
  return keptSize(rule, picture);
}

function keptSize(rule: Extract<SizeRule, { fit: 'keep' }>, { width, height }: FrameSize): FrameSize {
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
  const wanted = rule.target / (rule.side === 'longer' ? longer : shorter);
  const scale = Math.min(wanted, rule.max / longer);
  return { width: sideOf(width * scale, rule), height: sideOf(height * scale, rule) };
}

/** A side as a multiple of `multiple` within the bounds. */
function sideOf(wanted: number, { multiple, round, min, max }: Extract<SizeRule, { fit: 'keep' }>): number {
  // A picture of 3000 x 2000 must not lose a multiple to the last bit of a float.
  const cells = Number((wanted / multiple).toFixed(6));
  const rounded = { down: Math.floor, nearest: Math.round, up: Math.ceil }[round](cells);
  return multiple * clamped(rounded, Math.ceil(min / multiple), Math.floor(max / multiple));
}

const clamped = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Where a picture that has the size of `frameOf` lies in the input. @throws RangeError for another size */
export function placementOf(rule: SizeRule, frame: FrameSize): Placement {
  if (rule.fit === 'keep') return { input: frame, left: 0, top: 0 };
  const input = { width: rule.width, height: rule.height };
  const [right, bottom] = [input.width - frame.width, input.height - frame.height];
  if (right < 0 || bottom < 0 || (rule.fit === 'squash' && right + bottom > 0)) {
    throw new RangeError('the picture does not have the size of the frame');
  }
  if (rule.fit === 'squash' || rule.place === 'top-left') return { input, left: 0, top: 0 };
  return { input, left: Math.floor(right / 2), top: Math.floor(bottom / 2) };
}
