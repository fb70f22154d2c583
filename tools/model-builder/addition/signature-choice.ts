import type { InferenceSession } from 'onnxruntime-node';
import { ModelError } from '#inference/model-files.js';
import { inputSchema, type ModelInput } from '#inference/model-signature.js';
import type { Addition } from './addition-options.js';
import type { Preset } from './model-presets.js';
import { normalizationOf, refuseNormalization } from './normalization-choice.js';
import { sizeRuleOf, type Sides } from './size-choice.js';

type Metadata = InferenceSession.ValueMetadata;

/** Dimensions of a value; names are dynamic. Empty when the file states none. */
type Shape = readonly (number | string)[];

/** What is known when the input is chosen. */
export interface InputFacts {
  inputs: readonly Metadata[];
  addition: Addition;
  preset: Preset | undefined;
  /** Presets that the names in the file suggest. */
  suggested: readonly Preset[];
}

const INPUT_TYPES = ['float32', 'float16', 'uint8'] as const;
const CHANNELS = 3;

/**
 * The input of a model: from its file, then from options, then from the preset.
 * @throws ModelError that names what the service cannot give the model, or what is missing
 */
export function chooseInput(facts: InputFacts): ModelInput {
  const { addition, preset } = facts;
  const { name, type, shape } = onlyInput(facts.inputs);
  const layout = layoutOf(shape, addition.layout);
  requireOnePicture(shape);
  const size = sizeRuleOf(facts, sidesOf(shape, layout));
  if (type === 'uint8') refuseNormalization(addition);
  const normalization = type === 'uint8' ? undefined : normalizationOf(facts);
  const parsed = inputSchema.safeParse({
    name,
    type,
    layout,
    size,
    channels: addition.channels ?? 'rgb',
    filter: addition.filter ?? preset?.input.filter ?? 'lanczos',
    ...(normalization !== undefined && { normalization }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ModelError(`The input ${issue?.path.join(' ') ?? ''} does not work: ${issue?.message ?? ''}`);
}

function onlyInput(inputs: readonly Metadata[]): {
  name: string;
  type: (typeof INPUT_TYPES)[number];
  shape: Shape;
} {
  const [input, ...more] = inputs;
  if (input === undefined) throw new ModelError('The model has no input: it is not made for pictures');
  if (more.length > 0) {
    const names = inputs.map(({ name }) => name).join(', ');
    throw new ModelError(
      `The model has ${inputs.length} inputs (${names}), and the service gives a model one picture: models with states, trimaps, masks or prompts cannot be used`,
    );
  }
  const type = input.isTensor ? INPUT_TYPES.find((each) => each === input.type) : undefined;
  if (!input.isTensor || type === undefined) {
    const found = input.isTensor ? input.type : 'no tensor';
    throw new ModelError(
      `The input ${input.name} is ${found}: export it with float32, float16 or uint8 pixels`,
    );
  }
  const { shape } = input;
  if (shape.length > 0 && shape.length !== 4) {
    throw new ModelError(
      `The input ${input.name} has ${shape.length} dimensions, ${textOf(shape)}: a picture is [n, 3, height, width] or [n, height, width, 3]`,
    );
  }
  return { name: input.name, type, shape };
}

const textOf = (shape: Shape): string => `[${shape.join(', ')}]`;

function requireOnePicture([batch]: Shape): void {
  if (typeof batch !== 'number' || batch === 1) return;
  throw new ModelError(
    `The model takes batches of exactly ${batch} images: export it with one image, or with a dynamic first dimension`,
  );
}

/** True when the shape of the input shows where its channels are. */
export function isLayoutKnown([input]: readonly Metadata[]): boolean {
  if (input?.isTensor !== true) return true;
  const [, second, , fourth] = input.shape;
  return typeof second === 'number' || typeof fourth === 'number';
}

function layoutOf(shape: Shape, wanted: Addition['layout']): ModelInput['layout'] {
  const [, second, , fourth] = shape;
  const possible = (['nchw', 'nhwc'] as const).filter((layout) => {
    const channels = layout === 'nchw' ? second : fourth;
    return typeof channels !== 'number' || channels === CHANNELS;
  });
  const certain = possible.filter((layout) => (layout === 'nchw' ? second : fourth) === CHANNELS);
  const [layout] = certain.length > 0 ? certain : possible;
  if (layout === undefined) throw channelError(shape);
  if (wanted !== undefined && !possible.includes(wanted)) {
    throw new ModelError(
      `The input has the shape ${textOf(shape)}, which is not ${wanted}: leave --layout out`,
    );
  }
  return wanted ?? layout;
}

function channelError(shape: Shape): ModelError {
  const [, second, , fourth] = shape;
  const channels = [second, fourth].find((dim) => typeof dim === 'number' && dim <= 16);
  const reason =
    channels === undefined
      ? 'none of its dimensions has the three channels of a picture'
      : channels === 4
        ? 'it has 4 channels, such as colors with a trimap or a mask'
        : `it has ${channels} ${channels === 1 ? 'channel' : 'channels'}`;
  return new ModelError(`The input has the shape ${textOf(shape)}: ${reason}, and a picture has 3`);
}

function sidesOf(shape: Shape, layout: ModelInput['layout']): Sides {
  const [height, width] = layout === 'nchw' ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const fixed = (side: number | string | undefined): number | undefined =>
    typeof side === 'number' && side > 0 ? side : undefined;
  return { width: fixed(width), height: fixed(height) };
}
