/**
 * Errors of a matte against its truth: SAD, MSE, gradient and connectivity of Rhemann et al., "A perceptually motivated
 * online benchmark for image matting" (CVPR 2009), with the constants of the published evaluation code, and soft IoU.
 * All are over the whole image: no trimap is given to the network.
 */

interface Size {
  width: number;
  height: number;
}

/** Opacity from 0 to 1 is compared; sums are divided by 1,000. */
export interface MatteErrors {
  /** Sum of absolute differences. */
  sad: number;
  /** Mean squared difference. */
  mse: number;
  /** Sum of squared differences of gradient magnitudes. */
  gradient: number;
  /** Sum of differences in connectedness to the largest opaque region of both. */
  connectivity: number;
  /** Sum of minima by sum of maxima; 1 when both are empty. */
  iou: number;
}

/** @param alpha one byte a pixel @param truth the same size */
export function matteErrors(alpha: Uint8Array, truth: Uint8Array, size: Size): MatteErrors {
  if (alpha.length !== truth.length || alpha.length !== size.width * size.height)
    throw new RangeError('The mattes differ in size.');
  // Where both are 0, with the reach of the filters around, nothing is added to any sum.
  const own = cropped([alpha, truth], size, 2 * kernels().half);
  const [a, t] = own.mattes as [Uint8Array, Uint8Array];
  return {
    ...differences(alpha, truth),
    gradient: gradientError(a, t, own.size),
    connectivity: connectivityError(a, t, own.size),
  };
}

/** The rows and columns in which one of them is not 0, with a margin. */
function cropped(
  mattes: readonly Uint8Array[],
  { width, height }: Size,
  margin: number,
): { mattes: Uint8Array[]; size: Size } {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const matte of mattes) {
    for (let i = 0; i < matte.length; i += 1) {
      if (matte[i] === 0) continue;
      const x = i % width;
      const y = (i - x) / width;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  [left, top] = [Math.max(0, left - margin), Math.max(0, top - margin)];
  [right, bottom] = [Math.min(width, right + margin), Math.min(height, bottom + margin)];
  const size = { width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
  const part = (matte: Uint8Array): Uint8Array => {
    const cut = new Uint8Array(size.width * size.height);
    for (let y = 0; y < size.height; y += 1)
      cut.set(matte.subarray((y + top) * width + left, (y + top) * width + right), y * size.width);
    return cut;
  };
  return { mattes: mattes.map(part), size };
}

function differences(alpha: Uint8Array, truth: Uint8Array): Pick<MatteErrors, 'sad' | 'mse' | 'iou'> {
  let [sum, squares, smallest, largest] = [0, 0, 0, 0];
  for (let i = 0; i < alpha.length; i += 1) {
    const [a, t] = [alpha[i]!, truth[i]!];
    const difference = Math.abs(a - t);
    sum += difference;
    squares += difference * difference;
    smallest += Math.min(a, t);
    largest += Math.max(a, t);
  }
  return {
    sad: sum / 255 / 1000,
    mse: squares / 255 ** 2 / alpha.length,
    iou: largest === 0 ? 1 : smallest / largest,
  };
}

/** Standard deviation of the Gaussian, and where its tail is cut. */
const SIGMA = 1.4;
const TAIL = 0.01;

/** Gaussian and its derivative; both normalized so that the sum of squares of the 2-D kernel is 1. */
function kernels(): { smooth: Float64Array; slope: Float64Array; half: number } {
  const half = Math.ceil(SIGMA * Math.sqrt(-2 * Math.log(Math.sqrt(2 * Math.PI) * SIGMA * TAIL)));
  const smooth = Float64Array.from({ length: 2 * half + 1 }, (_, i) =>
    Math.exp(-((i - half) ** 2) / (2 * SIGMA ** 2)),
  );
  const slope = smooth.map((value, i) => (-(i - half) * value) / SIGMA ** 2);
  const norm = (values: Float64Array): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const [smoothNorm, slopeNorm] = [norm(smooth), norm(slope)];
  return {
    smooth: smooth.map((value) => value / smoothNorm),
    slope: slope.map((value) => value / slopeNorm),
    half,
  };
}

/** Sum of squared differences of the magnitudes of Gaussian derivatives, by 1,000. */
export function gradientError(alpha: Uint8Array, truth: Uint8Array, size: Size): number {
  const [own, wanted] = [gradientMagnitude(alpha, size), gradientMagnitude(truth, size)];
  let sum = 0;
  for (let i = 0; i < own.length; i += 1) sum += (own[i]! - wanted[i]!) ** 2;
  return sum / 1000;
}

/** Magnitude of the gradient at every pixel; pixels at the rim are repeated outside. */
function gradientMagnitude(matte: Uint8Array, size: Size): Float32Array {
  const { smooth, slope } = kernels();
  const across = filtered(
    filtered(
      Float32Array.from(matte, (value) => value / 255),
      size,
      slope,
      'rows',
    ),
    size,
    smooth,
    'columns',
  );
  const down = filtered(
    filtered(
      Float32Array.from(matte, (value) => value / 255),
      size,
      smooth,
      'rows',
    ),
    size,
    slope,
    'columns',
  );
  return across.map((value, i) => Math.hypot(value, down[i]!));
}

function filtered(
  values: Float32Array,
  { width, height }: Size,
  kernel: Float64Array,
  along: 'rows' | 'columns',
): Float32Array {
  const half = (kernel.length - 1) / 2;
  const [length, step] = along === 'rows' ? [width, 1] : [height, width];
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const x = i % width;
    const at = along === 'rows' ? x : (i - x) / width;
    const start = i - at * step;
    let sum = 0;
    for (let k = -half; k <= half; k += 1) {
      const position = Math.min(length - 1, Math.max(0, at + k));
      sum += kernel[k + half]! * values[start + position * step]!;
    }
    result[i] = sum;
  }
  return result;
}

/** Thresholds of opacity, and the distance from which a pixel counts as less connected. */
const STEPS = 10;
const TOLERANCE = 0.15;

/**
 * A pixel is connected up to the largest threshold at which it belongs to the largest 4-connected region that both
 * mattes contain. Sum of differences of 1 - (alpha - threshold), by 1,000.
 */
export function connectivityError(alpha: Uint8Array, truth: Uint8Array, size: Size): number {
  const level = new Float32Array(alpha.length).fill(-1);
  for (let step = 1; step <= STEPS; step += 1) {
    const threshold = (255 * step) / STEPS;
    const both = alpha.map((value, i) => (value >= threshold && truth[i]! >= threshold ? 1 : 0));
    const region = largestRegion(both, size);
    for (let i = 0; i < level.length; i += 1)
      if (level[i] === -1 && region[i] === 0) level[i] = (step - 1) / STEPS;
  }
  let sum = 0;
  for (let i = 0; i < level.length; i += 1) {
    const connected = level[i] === -1 ? 1 : level[i]!;
    const loss = (value: number): number => {
      const distance = value / 255 - connected;
      return distance >= TOLERANCE ? distance : 0;
    };
    sum += Math.abs(loss(alpha[i]!) - loss(truth[i]!));
  }
  return sum / 1000;
}

/** The largest 4-connected region of ones; the first one of several. */
function largestRegion(cells: Uint8Array, { width, height }: Size): Uint8Array {
  const labels = new Int32Array(cells.length);
  const stack = new Int32Array(cells.length);
  let [label, best, bestCount] = [0, 0, 0];
  for (let start = 0; start < cells.length; start += 1) {
    if (cells[start] === 0 || labels[start] !== 0) continue;
    label += 1;
    let [depth, count] = [1, 0];
    stack[0] = start;
    labels[start] = label;
    const visit = (i: number): void => {
      if (cells[i] === 0 || labels[i] !== 0) return;
      labels[i] = label;
      stack[depth] = i;
      depth += 1;
    };
    while (depth > 0) {
      depth -= 1;
      const i = stack[depth]!;
      const x = i % width;
      count += 1;
      if (x > 0) visit(i - 1);
      if (x < width - 1) visit(i + 1);
      if (i >= width) visit(i - width);
      if (i < width * (height - 1)) visit(i + width);
    }
    if (count > bestCount) [best, bestCount] = [label, count];
  }
  return Uint8Array.from(labels, (value) => (value !== 0 && value === best ? 1 : 0));
}
