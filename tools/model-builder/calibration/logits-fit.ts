/** `gain × logit + offset` maps logits of one network to those of another. */
export interface LogitsMap {
  gain: number;
  offset: number;
}

const STEPS = 20;
const LIMITS = { gain: [0.5, 2], offset: [-2, 2] } as const;
/** Beyond it, opacity is 0 or 1 to less than a tenth of a byte value. */
const LARGEST_LOGIT = 8;
/** Keeps a step small where few pixels are undecided. */
const DAMPING = 1e-6;

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Pairs of logits of the same pixels, as sums over many pictures need them: a histogram on a fine grid. */
export class LogitPairs {
  private readonly counts = new Map<number, number>();

  /** Adds the logits of a picture, row by row. */
  add(own: ArrayLike<number>, reference: ArrayLike<number>): void {
    for (let i = 0; i < own.length; i += 1) {
      const key = cell(own[i] ?? 0) * CELLS + cell(reference[i] ?? 0);
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    }
  }

  /**
   * The map that brings opacity closest to that of the reference: least squares of opacity, by damped Gauss-Newton
   * steps from the identity.
   */
  fit(): LogitsMap {
    const pairs = [...this.counts].map(([key, count]) => ({
      own: middle(Math.floor(key / CELLS)),
      opacity: sigmoid(middle(key % CELLS)),
      count,
    }));
    let map: LogitsMap = { gain: 1, offset: 0 };
    for (let step = 0; step < STEPS; step += 1) map = improved(map, pairs);
    return { gain: Number(map.gain.toPrecision(3)), offset: Number(map.offset.toFixed(3)) };
  }
}

const CELL_WIDTH = 1 / 16;
const CELLS = 2 * Math.round(LARGEST_LOGIT / CELL_WIDTH) + 1;

const cell = (logit: number): number =>
  Math.round((Math.max(-LARGEST_LOGIT, Math.min(LARGEST_LOGIT, logit)) + LARGEST_LOGIT) / CELL_WIDTH);

const middle = (index: number): number => index * CELL_WIDTH - LARGEST_LOGIT;

interface Pair {
  own: number;
  opacity: number;
  count: number;
}

function improved({ gain, offset }: LogitsMap, pairs: readonly Pair[]): LogitsMap {
  let [gg, go, oo, gr, or, total] = [0, 0, 0, 0, 0, 0];
  for (const { own, opacity, count } of pairs) {
    const value = sigmoid(gain * own + offset);
    const slope = value * (1 - value);
    const [byGain, residual] = [slope * own, opacity - value];
    gg += count * byGain * byGain;
    go += count * byGain * slope;
    oo += count * slope * slope;
    gr += count * byGain * residual;
    or += count * slope * residual;
    total += count;
  }
  [gg, oo] = [gg + DAMPING * total, oo + DAMPING * total];
  const determinant = gg * oo - go * go;
  if (determinant === 0) return { gain, offset };
  const next = {
    gain: gain + (oo * gr - go * or) / determinant,
    offset: offset + (gg * or - go * gr) / determinant,
  };
  return {
    gain: Math.max(LIMITS.gain[0], Math.min(LIMITS.gain[1], next.gain)),
    offset: Math.max(LIMITS.offset[0], Math.min(LIMITS.offset[1], next.offset)),
  };
}
