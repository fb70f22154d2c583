import type { ByteTensor } from './channel-steps.js';
import { KernelRounding, type KernelShape } from './kernel-rounding.js';

/** A convolution's weights, output channels × input channels × kernel height × kernel width, and its bias. */
export interface FloatConvolution {
  weights: Float32Array;
  bias: Float32Array;
  kernel: KernelShape;
}

/** The quantized convolution: `steps` per output channel, bias in units of them. */
export interface ByteConvolution {
  weights: Int8Array;
  steps: Float32Array;
  bias: Int32Array;
}

/** Mean rounding loss of bilinear enlargement of bytes, which rounds down. Measured. */
const LOST_BY_ENLARGING = 0.15;
const INT32_MAX = 2 ** 31 - 1;
const SMALLEST_STEP = 1e-12;

/**
 * Quantizes a convolution between byte tensors: the steps of its input and output are moved into its weights, which
 * become signed bytes up to `weightMax`, with one step for each output channel.
 *
 * With 63 a weight has 7 bits, and two products of a byte and a weight always fit into 16 bits: CPUs without VNNI add
 * them with saturation (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html, "when and why
 * do I need to try U8U8"). With 127 such CPUs give wrong results.
 */
export function quantize(
  { weights, bias, kernel }: FloatConvolution,
  input: ByteTensor,
  output: ByteTensor,
  weightMax: number,
): ByteConvolution {
  const channels = bias.length;
  const rounding = new KernelRounding(kernel);
  const whole = {
    weights: new Int8Array(weights.length),
    steps: new Float32Array(channels),
    bias: new Int32Array(channels),
  };
  const moved = new Float64Array(weights.length / channels);
  for (let channel = 0; channel < channels; channel += 1) {
    const start = channel * moved.length;
    const outStep = output.steps[channel] as number;
    const lost = moveSteps(moved, weights.subarray(start, start + moved.length), { input, outStep });
    const step = Math.max(largestOf(moved) / weightMax, SMALLEST_STEP);
    for (let i = 0; i < moved.length; i += 1) moved[i] = (moved[i] as number) / step;
    const into = whole.weights.subarray(start, start + moved.length);
    const missed = round(moved, into, { rounding, input, weightMax });
    const offset = ((bias[channel] as number) / outStep + LOST_BY_ENLARGING * lost) / step + missed;
    whole.steps[channel] = step;
    whole.bias[channel] = Math.max(-INT32_MAX, Math.min(INT32_MAX, Math.round(offset)));
  }
  return whole;
}

/** Moves steps into the weights of one output channel; returns the sum of weights over enlarged input channels. */
function moveSteps(
  moved: Float64Array,
  weights: Float32Array,
  by: { input: ByteTensor; outStep: number },
): number {
  const { input, outStep } = by;
  const kernel = weights.length / input.steps.length;
  let lost = 0;
  for (let channel = 0, i = 0; channel < input.steps.length; channel += 1) {
    const factor = (input.steps[channel] as number) / outStep;
    const share = input.enlarged[channel] as number;
    for (const end = i + kernel; i < end; i += 1) {
      const weight = (weights[i] as number) * factor;
      moved[i] = weight;
      lost += weight * share;
    }
  }
  return lost;
}

/**
 * Rounds the weights of one output channel, given in steps. Returns the mean error of the result for the input's
 * means, which is added to the bias (Nagel et al., ICCV 2019, section 4.2).
 */
function round(
  weights: Float64Array,
  into: Int8Array,
  by: { rounding: KernelRounding; input: ByteTensor; weightMax: number },
): number {
  const { rounding, input, weightMax } = by;
  const kernel = weights.length / input.steps.length;
  let missed = 0;
  for (let channel = 0; channel < input.steps.length; channel += 1) {
    const [start, end] = [channel * kernel, (channel + 1) * kernel];
    const likeness = input.likeness[channel] as number;
    const off = rounding.round(weights.subarray(start, end), likeness, weightMax, into.subarray(start, end));
    missed += (off * (input.means[channel] as number)) / (input.steps[channel] as number);
  }
  return missed;
}

function largestOf(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest;
}
