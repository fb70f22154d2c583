import { ModelError } from '#inference/model-files.js';
import type { ModelEntry, Recipe } from '#inference/model-manifest.js';
import type { ModelRegistry } from '#inference/model-registry.js';
import { Segmenter } from '#inference/segmenter.js';
import { agreementOf, isEmpty, softIou, type Agreement } from './calibration/agreement.js';
import { calibrationSchema, type Calibration } from './recipe/calibration.js';
import { LogitPairs } from './calibration/logits-fit.js';
import { NetworkPair, opacityOf, opacityOfWidth } from './calibration/network-pair.js';
import { methodOf, observe, type Pixels } from './calibration/observation.js';
import { pixelsOf, type PictureSets, type PictureView } from './calibration/pictures.js';
import { canonicalGraph, type CanonicalGraph } from './canonical/canonical-graph.js';
import { isnetShape } from './canonical/isnet-shape.js';
import { floatFacts } from './float-facts.js';
import { readFloatModel } from './model-preparation.js';
import type { OnnxModel } from './onnx/onnx-types.js';
import { byteLogits } from './recipe/byte-graph.js';
import { graphOf } from './onnx/graph-index.js';

/** What is to be quantized, and by which pictures. */
export interface QuantizationRequest {
  registry: ModelRegistry;
  /** A model that takes floats. Its file is prepared. */
  entry: ModelEntry;
  pictures: PictureSets;
  /** Largest weights of the variants to make. */
  weights: readonly WeightMax[];
  threads: number;
  say: (line: string) => void;
}

export type WeightMax = Extract<Recipe, { kind: 'int8' }>['weightMax'];

/** Result for one variant. */
export interface VariantReport {
  weightMax: WeightMax;
  agreement: Agreement;
  /** Time of an inference, as a share of the float network's. */
  timeShare: number;
}

/** A calibration, and what it is worth. */
export interface Quantization {
  source: OnnxModel;
  calibration: Calibration;
  gridSidePixels: number;
  variants: VariantReport[];
}

/**
 * Mean difference of opacity, of 255, up to which the canonical graph counts as the same network as its file: above
 * the rounding of float16 exports, far below any other reading of an operation.
 */
const MAX_DIFFERENCE = 2;

/**
 * Records the activations of a float network on pictures, and compares its int8 variants with it on other pictures.
 * Nothing is written.
 * @throws RecipeError or WireError when the network is not of ISNet's shape; ModelError when it takes no floats
 */
export async function quantize(request: QuantizationRequest): Promise<Quantization> {
  const { registry, entry, pictures, say } = request;
  const facts = floatFacts(entry);
  const side = facts.inputSidePixels;
  const place = { side, threads: request.threads };
  const source = await readFloatModel(registry, entry);
  const canonical = canonicalGraph(graphOf(source), facts);
  isnetShape(canonical.graph);
  const announced = (what: string, views: readonly PictureView[]): AsyncIterable<Pixels> =>
    pixelsOfAll(views, side, (view, i) => {
      say(`${what}: ${view.name} (${i + 1} of ${views.length})`);
    });
  await requireSame(request, canonical, side);
  const tensors = await observe(canonical, announced('calibrates', pictures.calibration), place);
  const head = { model: entry.name, sha256: entry.sha256, method: methodOf(side), photos: pictures.facts };
  const uncorrected = calibrationSchema.parse({ ...head, logits: { gain: 1, offset: 0 }, tensors });
  const pairs = new LogitPairs();
  const [first = 63] = request.weights;
  await withPair(canonical, { calibration: uncorrected, weightMax: first, ...place }, async (pair) => {
    for await (const pixels of announced('compares logits', pictures.calibration)) {
      const { bytes, floats } = await pair.run(pixels);
      pairs.add(bytes, floats);
    }
  });
  const calibration = { ...uncorrected, logits: pairs.fit() };
  const variants: VariantReport[] = [];
  for (const weightMax of request.weights) {
    const views = announced(`checks ${weightMax === 63 ? 7 : 8}-bit weights`, pictures.check);
    variants.push(await compared(canonical, { calibration, weightMax, ...place }, views));
  }
  return { source, calibration, gridSidePixels: canonical.gridSidePixels, variants };
}

async function* pixelsOfAll(
  views: readonly PictureView[],
  side: number,
  onPicture: (view: PictureView, index: number) => void,
): AsyncGenerator<Pixels> {
  for (const [i, view] of views.entries()) {
    onPicture(view, i);
    yield await pixelsOf(view, side);
  }
}

interface Variant {
  calibration: Calibration;
  weightMax: WeightMax;
  side: number;
  threads: number;
}

async function withPair<T>(
  canonical: CanonicalGraph,
  { side, threads, ...recipe }: Variant,
  use: (pair: NetworkPair) => Promise<T>,
): Promise<T> {
  const bytes = byteLogits(canonical, { ...recipe, inSidePixels: side });
  const pair = await NetworkPair.open(canonical, bytes, { side, threads });
  try {
    return await use(pair);
  } finally {
    await pair.release();
  }
}

function compared(
  canonical: CanonicalGraph,
  variant: Variant,
  pictures: AsyncIterable<Pixels>,
): Promise<VariantReport> {
  return withPair(canonical, variant, async (pair) => {
    const ious: (number | undefined)[] = [];
    let [floatMs, byteMs] = [Infinity, Infinity];
    for await (const pixels of pictures) {
      const run = await pair.run(pixels);
      const reference = opacityOf(run.floats);
      ious.push(isEmpty(reference) ? undefined : softIou(opacityOf(run.bytes), reference));
      floatMs = Math.min(floatMs, run.floatMs);
      byteMs = Math.min(byteMs, run.byteMs);
    }
    return { weightMax: variant.weightMax, agreement: agreementOf(ious), timeShare: byteMs / floatMs };
  });
}

/** Runs the file itself on a picture: what canonicalization made of it must be the same network. */
async function requireSame(
  { registry, entry, pictures, threads }: QuantizationRequest,
  canonical: CanonicalGraph,
  side: number,
): Promise<void> {
  const [view] = pictures.check;
  if (view === undefined) throw new ModelError('there is no picture to compare on');
  const pixels = await pixelsOf(view, side);
  const plain = { ...entry, output: { ...entry.output, stretch: false } };
  const segmenter = await Segmenter.load(plain, registry.pathOf(entry), threads);
  const own = await segmenter
    .segment({ data: pixels, width: side, height: side })
    .finally(() => segmenter.release());
  const made = await opacityOfWidth(canonical, own.width, { pixels, side, threads });
  const sum = own.data.reduce((total, value, i) => total + Math.abs(value - (made[i] ?? 0)), 0);
  if (made.length === own.data.length && sum / made.length <= MAX_DIFFERENCE) return;
  throw new ModelError(`${entry.name} was not understood: without its own form it computes something else`);
}
