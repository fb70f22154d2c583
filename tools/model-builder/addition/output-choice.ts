import type { InferenceSession } from 'onnxruntime-node';
import { ModelError } from '#inference/model-files.js';
import type { ModelOutput } from '#inference/model-signature.js';
import type { Addition } from './addition-options.js';
import type { Preset } from './model-presets.js';

type Metadata = InferenceSession.ValueMetadata;

/** Main output as far as it is known before a run. */
export interface ChosenOutput {
  name: string;
  type: ModelOutput['type'];
  class: ModelOutput['class'];
  /** What options or the preset say; the trial finds it out otherwise. */
  kind: ModelOutput['kind'] | undefined;
}

/** What is known when the output is chosen. */
export interface OutputFacts {
  outputs: readonly Metadata[];
  addition: Addition;
  preset: Preset | undefined;
}

/** A coarser grid is no mask. */
const MIN_GRID = 8;

const OUTPUT_TYPES = ['float32', 'float16', 'uint8'] as const;

/**
 * The main output of a model: by option, by preset, or because no other can be a mask.
 * @throws ModelError that lists the outputs, or says why the chosen one is no mask
 */
export function chooseOutput(facts: OutputFacts): ChosenOutput {
  const { addition, preset } = facts;
  const output = mainOutput(facts);
  const type = output.isTensor ? OUTPUT_TYPES.find((each) => each === output.type) : undefined;
  if (!output.isTensor || type === undefined) {
    throw new ModelError(`The output ${output.name} ${typeFault(output)}`);
  }
  const fault = shapeFault(output.shape);
  if (fault !== undefined) throw new ModelError(`The output ${output.name} ${fault}`);
  const kind = addition.output ?? (type === 'uint8' ? 'bytes' : preset?.output.kind);
  if (type === 'uint8' && kind !== 'bytes') {
    throw new ModelError(`The output ${output.name} is uint8: --output must be bytes`);
  }
  return { name: output.name, type, class: classOf(output.name, output.shape, addition.class), kind };
}

function mainOutput({ outputs, addition, preset }: OutputFacts): Metadata {
  const wanted = addition['output-name'];
  if (wanted !== undefined) {
    const named = outputs.find(({ name }) => name === wanted);
    if (named !== undefined) return named;
    throw new ModelError(`The model has no output ${wanted}. Its outputs are: ${listOf(outputs)}`);
  }
  const [first] = outputs;
  if (first === undefined) throw new ModelError('The model has no output: the file is damaged or incomplete');
  if (outputs.length === 1) return first;
  const known = preset?.output.names.map((name) => outputs.find((each) => each.name === name));
  const expected = known?.find((each) => each !== undefined);
  if (expected !== undefined) return expected;
  if (preset?.output.position === 'first') return first;
  const plausible = outputs.filter(isPlausible);
  if (plausible.length === 1 && plausible[0] !== undefined) return plausible[0];
  throw new ModelError(
    `The model has ${outputs.length} outputs, and the file does not say which one is the matte: ${listOf(outputs)}. Choose it with --output-name, and look at it with --preview`,
  );
}

const listOf = (outputs: readonly Metadata[]): string =>
  outputs
    .map((each) => (each.isTensor ? `${each.name} (${each.type} [${each.shape.join(', ')}])` : each.name))
    .join(', ');

function typeFault(output: Metadata): string {
  if (!output.isTensor) return 'is no tensor, so it is no mask';
  const isClass = /int|bool/.test(output.type);
  return isClass
    ? `is ${output.type}, such as class numbers: export the values before the ArgMax, as float32`
    : `is ${output.type}: export it as float32, float16 or uint8`;
}

function shapeFault(shape: readonly (number | string)[]): string | undefined {
  if (shape.length === 0 || shape.length === 3 || shape.length === 4) return undefined;
  const text = `[${shape.join(', ')}]`;
  return `has ${shape.length} dimensions, ${text}: a mask is [n, 1, h, w], [n, h, w] or [n, h, w, 1]`;
}

/** True for an output that has one channel and a grid, as far as its shape is known. */
function isPlausible(output: Metadata): boolean {
  if (!output.isTensor || !OUTPUT_TYPES.some((each) => each === output.type)) return false;
  const { shape } = output;
  if (shape.length === 0) return true;
  if (shape.length !== 3 && shape.length !== 4) return false;
  const isOne = (dim: number | string | undefined): boolean => typeof dim !== 'number' || dim === 1;
  const isSide = (dim: number | string | undefined): boolean => typeof dim !== 'number' || dim >= MIN_GRID;
  const [, second, third, fourth] = shape;
  if (shape.length === 3) return isSide(second) && isSide(third);
  const isFirst = isOne(second) && isSide(third) && isSide(fourth);
  return isFirst || (isOne(fourth) && isSide(second) && isSide(third));
}

/** @throws ModelError when the channel of the subject is unknown, or is none of the output's */
function classOf(
  name: string,
  shape: readonly (number | string)[],
  index: number | undefined,
): ChosenOutput['class'] {
  const [, second, third, fourth] = shape;
  if (shape.length === 3) {
    if (index === undefined) return undefined;
    throw new ModelError(`The output ${name} has one channel: leave --class out`);
  }
  const counts = shape.length === 4 ? channelCounts([second, third, fourth]) : [];
  if (counts.includes(1) || (counts.length === 0 && index === undefined)) {
    if (index === undefined) return undefined;
    throw new ModelError(`The output ${name} has one channel: leave --class out`);
  }
  const [count] = counts;
  if (count === undefined) {
    throw new ModelError(`The output ${name} does not state its channels: export it with a fixed number`);
  }
  if (index === undefined) {
    throw new ModelError(
      `The output ${name} has ${count} channels, [${shape.join(', ')}]: add --class and the number of the subject's, from 0; with background and subject it is usually 1`,
    );
  }
  if (index >= count) {
    throw new ModelError(`The output ${name} has ${count} channels: --class must be 0 to ${count - 1}`);
  }
  return { index, count };
}

/** A last dimension up to this is a number of channels where the second dimension is dynamic. */
const MAX_LAST_CHANNELS = 4;

/** Number of channels of a shape: its second or last dimension, whichever is less. Empty when it is not stated. */
function channelCounts([second, , fourth]: readonly (number | string | undefined)[]): number[] {
  if (typeof second === 'number' && typeof fourth === 'number') return [Math.min(second, fourth)];
  if (typeof second === 'number') return [second];
  return typeof fourth === 'number' && fourth <= MAX_LAST_CHANNELS ? [fourth] : [];
}
