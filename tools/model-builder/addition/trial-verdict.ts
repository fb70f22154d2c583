import { ModelError } from '#inference/model-files.js';
import type { OutputKind } from '#inference/model-signature.js';

/** Values of an output over all pictures of a trial. */
export interface ValueFacts {
  low: number;
  high: number;
  /** A value is not a number. */
  hasNaN: boolean;
  hasInfinity: boolean;
  /** Smallest and largest sum over the channels of a pixel. */
  sums: { low: number; high: number };
}

/** How far values may be outside of the range of their kind, as share of it: resizing overshoots. */
const OVERSHOOT = 0.05;
const BYTE_MAX = 255;
/** Opacity in bytes reaches more than this on some picture. */
const MIN_BYTE_HIGH = 32;
/** Opacity is less than the first somewhere, and more than the second. */
const BACKGROUND_BELOW = 0.45;
const SUBJECT_ABOVE = 0.2;

/** Facts of these values. @param channels channels of each pixel, in neighboring slots of `rows` */
export function factsOf(rows: readonly { values: Float32Array; channels: number }[]): ValueFacts {
  const facts: ValueFacts = {
    low: Infinity,
    high: -Infinity,
    hasNaN: false,
    hasInfinity: false,
    sums: { low: Infinity, high: -Infinity },
  };
  for (const { values, channels } of rows) {
    for (let at = 0; at < values.length; at += channels) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel += 1) {
        const value = values[at + channel] as number;
        sum += value;
        if (value !== value) facts.hasNaN = true;
        else if (Math.abs(value) === Infinity) facts.hasInfinity = true;
        if (value < facts.low) facts.low = value;
        if (value > facts.high) facts.high = value;
      }
      if (sum < facts.sums.low) facts.sums.low = sum;
      if (sum > facts.sums.high) facts.sums.high = sum;
    }
  }
  return facts;
}

/** @throws ModelError when values are not finite */
export function requireFinite({ hasNaN, hasInfinity }: ValueFacts, name: string): void {
  if (!hasNaN && !hasInfinity) return;
  const found = hasNaN ? 'values that are not numbers (NaN)' : 'infinite values';
  throw new ModelError(
    `The output ${name} has ${found}: the file is damaged or badly converted, often to float16; export it in float32`,
  );
}

const KIND_NAMES: Record<OutputKind, string> = {
  probability: 'opacity from 0 to 1',
  logits: 'logits, that is, values before the sigmoid',
  signed: 'opacity from -1 to 1',
  bytes: 'opacity from 0 to 255',
};

const within = ({ low, high }: { low: number; high: number }, from: number, to: number): boolean => {
  const slack = OVERSHOOT * (to - from);
  return low >= from - slack && high <= to + slack;
};

/** The kind whose values look like these; undefined when several do, or none. */
export function kindOf(facts: ValueFacts, channels: number): OutputKind | undefined {
  const { low, high } = facts;
  if (within(facts, 0, 1)) return 'probability';
  if (channels > 1) return 'logits';
  if (within(facts, -1, 1)) return undefined;
  if (within(facts, 0, BYTE_MAX) && low >= -1) return high >= MIN_BYTE_HIGH ? 'bytes' : undefined;
  return low < 0 && high > 0 ? 'logits' : undefined;
}

/** `0.02`, `-14` */
const short = (value: number): string => String(Number(value.toPrecision(3)));

const rangeText = ({ low, high }: ValueFacts): string => `values from ${short(low)} to ${short(high)}`;

/**
 * The kind of an output, found out from its values.
 * @throws ModelError when it is not clear
 */
export function inferKind(facts: ValueFacts, channels: number, name: string): OutputKind {
  const kind = kindOf(facts, channels);
  if (kind !== undefined) {
    requireKind(facts, { kind, channels, name });
    return kind;
  }
  const options = within(facts, -1, 1)
    ? '--output signed for opacity from -1 to 1, or --output logits'
    : '--output probability, logits, signed or bytes, if one of them is right';
  throw new ModelError(
    `The output ${name} has ${rangeText(facts)}, which may be several things: add ${options}`,
  );
}

/** A kind that was declared, and where. */
export interface Declared {
  kind: OutputKind;
  channels: number;
  name: string;
}

/** @throws ModelError when the values are not of this kind; it says what they look like */
export function requireKind(facts: ValueFacts, declared: Declared): void {
  const fault = faultOf(facts, declared);
  if (fault === undefined) return;
  const { kind, channels, name } = declared;
  const better = kindOf(facts, channels);
  const advice =
    better === undefined || better === kind
      ? 'check --output, --output-name and the normalization'
      : `this looks like ${KIND_NAMES[better]}: use --output ${better}`;
  throw new ModelError(
    `The output ${name} is not ${KIND_NAMES[kind]}: it has ${rangeText(facts)}, and ${fault}; ${advice}`,
  );
}

function faultOf(facts: ValueFacts, { kind, channels }: Declared): string | undefined {
  if (kind === 'probability') return probabilityFault(facts, channels);
  if (kind === 'logits') return logitsFault(facts, channels);
  const { low, high } = facts;
  if (kind === 'signed') {
    if (!within(facts, -1, 1)) return 'opacity of this kind is -1 to 1';
    return low >= 0 ? 'it is never below 0' : undefined;
  }
  if (!within(facts, 0, BYTE_MAX)) return 'bytes are 0 to 255';
  return high <= 1 + OVERSHOOT ? 'it is never above 1' : undefined;
}

function probabilityFault(facts: ValueFacts, channels: number): string | undefined {
  const { low, high } = facts;
  if (!within(facts, 0, 1)) return 'opacity is 0 to 1';
  if (channels > 1) return undefined;
  if (low > BACKGROUND_BELOW)
    return `it is never below ${short(low)}, so nothing is background on any picture`;
  return high < SUBJECT_ABOVE
    ? `it is never above ${short(high)}, so nothing is subject on any picture`
    : undefined;
}

function logitsFault(facts: ValueFacts, channels: number): string | undefined {
  const { low, high, sums } = facts;
  if (channels > 1) {
    const isSoftmax = within(facts, 0, 1) && sums.low > 0.99 && sums.high < 1.01;
    return isSoftmax ? 'the channels of each pixel sum up to 1 already' : undefined;
  }
  if (low >= 0) return 'it is never below 0, so nothing is background on any picture';
  return high <= 0 ? 'it is never above 0, so nothing is subject on any picture' : undefined;
}

/** Mean opacity of parts of the photograph that ships: of its subject and of its background, 0 to 1. */
export interface Contrast {
  subject: number;
  background: number;
}

/** @throws ModelError when the mask of the photograph is empty, full, the same everywhere or the wrong way round */
export function requireMatte(mask: Uint8Array, contrast: Contrast | undefined): void {
  let [sum, low, high] = [0, BYTE_MAX, 0];
  for (const value of mask) {
    sum += value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const mean = sum / mask.length / BYTE_MAX;
  const advice =
    'check the normalization, --channels and --output-name, or try a photograph of your own with --photo';
  if (high - low <= 1) throw new ModelError(`The mask of the photograph is the same everywhere: ${advice}`);
  if (mean < 0.001) throw new ModelError(`The mask of the photograph is empty: ${advice}`);
  if (mean > 0.999) throw new ModelError(`The mask of the photograph covers all of it: ${advice}`);
  if (contrast !== undefined && contrast.subject < 0.05 && contrast.background > 0.95) {
    throw new ModelError('The mask of the photograph is the background: add --inverted, or another --class');
  }
}
