import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { feedOf, type Feed, type Picture } from '#inference/model-feed.js';
import { ModelError } from '#inference/model-files.js';
import { placementOf, type FrameSize } from '#inference/model-frame.js';
import {
  gridOf,
  numbersOf,
  opacityOf,
  OutputError,
  pictureOf,
  toMask,
  type OpacityMask,
} from '#inference/model-mask.js';
import type { ModelInput, ModelOutput } from '#inference/model-signature.js';
import type { ChosenOutput } from './output-choice.js';
import { contrastOf, trialPictures, type TrialPhoto, type TrialPictures } from './trial-pictures.js';
import {
  factsOf,
  inferKind,
  requireFinite,
  requireKind,
  requireMatte,
  type ValueFacts,
} from './trial-verdict.js';

/** What a trial found out. */
export interface TrialResult {
  output: ModelOutput;
  /** Several images in one run give other results than alone. */
  singly: boolean;
  /** Mask of the photograph. */
  mask: OpacityMask;
  values: ValueFacts;
}

/** What is tried: a loaded model, its input, and its output as far as it is known. */
export interface Trial {
  session: InferenceSession;
  input: ModelInput;
  output: ChosenOutput;
  /** How opacity is used. */
  use: Pick<ModelOutput, 'inverted' | 'stretch'>;
  /** Its first dimension is dynamic. */
  mayBatch: boolean;
  photo: TrialPhoto;
}

/** Values may differ by this share of their range between two runs. */
const REPEATABLE = 1e-3;

/**
 * Runs a model on a photograph and on plain pictures.
 * @throws ModelError that says why its output is no mask, or not of the declared kind
 */
export async function tryModel(trial: Trial): Promise<TrialResult> {
  const runner = new TrialRunner(trial);
  const pictures = await trialPictures(trial.photo, trial.input);
  const runs = await runAll(runner, pictures);
  const { name } = trial.output;
  const values = factsOf(runs.all);
  requireFinite(values, name);
  requireAnswer(runs, values);
  const channels = trial.output.class?.count ?? 1;
  const { kind: declared } = trial.output;
  const kind = declared ?? inferKind(values, channels, name);
  requireKind(values, { kind, channels, name });
  const output: ModelOutput = { ...trial.output, ...trial.use, kind, size: undefined };
  const { size } = trial.input;
  const [first] = runs.all;
  if (size.fit !== 'keep' && first !== undefined) output.size = { width: first.width, height: first.height };
  const mask = runner.maskOf(runs.photo, output);
  requireMatte(mask.data, contrastOf(trial.photo, mask));
  requireUpright(runner, runs, output);
  const singly = trial.mayBatch && !(await runner.batchesLike(pictures, runs));
  return { output, singly, mask, values };
}

interface TrialRuns {
  photo: Values;
  covered: Values;
  plain: Values;
  colors: Values;
  all: Values[];
}

async function runAll(runner: TrialRunner, pictures: TrialPictures): Promise<TrialRuns> {
  const photo = await runner.run(pictures.photo);
  const again = await runner.run(pictures.photo);
  if (differenceOf(photo, again) > REPEATABLE * spanOf(photo)) {
    throw new ModelError('The model gives another result each time: it contains random operations');
  }
  const covered = await runner.run(pictures.covered);
  const plain = await runner.run(pictures.plain);
  const colors = await runner.run(pictures.colors);
  const tall = pictures.tall === undefined ? [] : [await runner.run(pictures.tall)];
  return { photo, covered, plain, colors, all: [photo, covered, plain, colors, ...tall] };
}

/** @throws ModelError when the values are the same everywhere, or do not depend on the picture */
function requireAnswer({ photo, plain, colors }: TrialRuns, { low, high }: ValueFacts): void {
  if (spanOf(photo) <= 1e-6 * Math.max(1, Math.abs(low), Math.abs(high))) {
    throw new ModelError('The output has the same value everywhere on the photograph: it is no mask');
  }
  const smallest = 1e-4 * (high - low);
  if (differenceOf(photo, plain) > smallest || differenceOf(photo, colors) > smallest) return;
  throw new ModelError(
    'The output does not depend on the picture: the file is damaged, or it is another output',
  );
}

/** Share of all differences between two masks that is in one quarter when the others are the same. */
const NEARLY_ALL = 0.9;
/** Mean difference, of 255, below which masks are the same. */
const VISIBLE = 4;

/** What a mask is whose other quarters change when the top right one of the picture is covered. */
const PLACES = ['mirrored', undefined, 'transposed: rows and columns are exchanged', 'upside down'] as const;

/**
 * The mask changes where the picture changes.
 * @throws ModelError when it changes in another quarter only: it is transposed, mirrored or upside down
 */
function requireUpright(runner: TrialRunner, { photo, covered }: TrialRuns, output: ModelOutput): void {
  const [mask, other] = [runner.maskOf(photo, output), runner.maskOf(covered, output)];
  const quarters = [0, 0, 0, 0];
  mask.data.forEach((value, at) => {
    const [x, y] = [at % mask.width, Math.floor(at / mask.width)];
    const quarter = (y < mask.height / 2 ? 0 : 2) + (x < mask.width / 2 ? 0 : 1);
    quarters[quarter] = (quarters[quarter] ?? 0) + Math.abs(value - (other.data[at] ?? 0));
  });
  const all = quarters.reduce((sum, each) => sum + each, 0);
  if (all < VISIBLE * mask.data.length) return;
  const place = PLACES[quarters.findIndex((each) => each > NEARLY_ALL * all)];
  if (place !== undefined) throw new ModelError(`The mask is ${place}. Export the model again`);
}

/** Values of one image: the channels of a pixel are neighbors. */
interface Values extends FrameSize {
  values: Float32Array;
  channels: number;
  raw: { type: string; data: ArrayLike<number>; dims: readonly number[] };
  picture: Picture;
}

class TrialRunner {
  private readonly trial: Trial;
  private readonly feed: Feed;

  constructor(trial: Trial) {
    this.trial = trial;
    this.feed = feedOf(trial.input);
  }

  async run(picture: Picture): Promise<Values> {
    const [values] = await this.runBatch([picture]);
    return values as Values;
  }

  maskOf({ raw, picture }: Values, output: ModelOutput): OpacityMask {
    return this.checked(() => {
      const place = placementOf(this.trial.input.size, picture);
      const grid = gridOf(raw.dims, 1, output.class?.count ?? 1, place.input);
      return toMask(pictureOf(opacityOf(raw, 0, grid, output), picture, place), output.stretch);
    });
  }

  /** True when several images in one run give the same as alone. */
  async batchesLike(pictures: TrialPictures, { photo, colors }: TrialRuns): Promise<boolean> {
    const together = await this.runBatch([pictures.photo, pictures.colors]).catch(() => []);
    const [first, second] = together;
    if (first === undefined || second === undefined) return false;
    const limit = REPEATABLE * Math.max(spanOf(photo), spanOf(colors));
    return differenceOf(first, photo) <= limit && differenceOf(second, colors) <= limit;
  }

  private async runBatch(pictures: readonly Picture[]): Promise<Values[]> {
    const { session, input, output } = this.trial;
    const tensor = await session
      .run({ [input.name]: this.feed.fill(pictures) }, [output.name])
      .then((results) => results[output.name] as Tensor)
      .catch((error: unknown) => {
        const { input: size } = placementOf(input.size, pictures[0] as Picture);
        throw new ModelError(
          `The model fails on a picture of ${size.width} x ${size.height} pixels (${firstLine(error)}): check --size, --multiple and --layout`,
        );
      });
    return pictures.map((picture, i) => this.valuesOf(tensor, { picture, index: i, count: pictures.length }));
  }

  private valuesOf(
    tensor: Tensor,
    { picture, index, count }: { picture: Picture; index: number; count: number },
  ): Values {
    const { input, output } = this.trial;
    const channels = output.class?.count ?? 1;
    const place = placementOf(input.size, picture);
    return this.checked(() => {
      const { width, height, strides } = gridOf(tensor.dims, count, channels, place.input);
      const pixels = width * height;
      const data = (tensor.data as Float32Array).slice(
        index * channels * pixels,
        (index + 1) * channels * pixels,
      );
      const raw = { type: tensor.type, data, dims: [1, ...tensor.dims.slice(1)] };
      const stored = numbersOf(raw);
      const values = Float32Array.from({ length: stored.length }, (_, i) => {
        const [pixel, channel] = [Math.floor(i / channels), i % channels];
        return stored[channel * strides.channel + pixel * strides.pixel] as number;
      });
      return { values, channels, width, height, raw, picture };
    });
  }

  private checked<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      throw new ModelError(`The output ${this.trial.output.name} ${error.message}`);
    }
  }
}

const firstLine = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 200) : 'unknown reason';

function spanOf({ values }: Values): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low;
}

/** Largest difference between two outputs; infinite when their sizes differ. */
function differenceOf(a: Values, b: Values): number {
  if (a.values.length !== b.values.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.values.length; i += 1) {
    largest = Math.max(largest, Math.abs((a.values[i] as number) - (b.values[i] as number)));
  }
  return largest;
}
