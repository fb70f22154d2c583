/** Steps of each channel. */
const BINS = 16;
const SHIFT = 4;
/** Weight of a neighboring bin, so that few samples fill the histogram. */
const NEIGHBOR = 0.5;
/** Colors that neither side has are no evidence. */
const RARE = 1e-4;
/** Fewest samples of a side. */
const MIN_SAMPLES = 24;

/** Bin of a color, 0 to 255 a channel. */
const binOf = (red: number, green: number, blue: number): number =>
  ((red >> SHIFT) * BINS + (green >> SHIFT)) * BINS + (blue >> SHIFT);

/** Colors of subject and background around a stroke, as histograms. */
export class ColorEvidence {
  private readonly subject = new Float32Array(BINS ** 3);
  private readonly background = new Float32Array(BINS ** 3);
  private counts: [subject: number, background: number] = [0, 0];
  private shares: Float32Array | undefined;

  /** Adds the color at `at` of RGBA data to a side. */
  add(rgba: Uint8ClampedArray, at: number, isSubject: boolean, weight = 1): void {
    const bin = binOf(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    const side = isSubject ? this.subject : this.background;
    side[bin] = (side[bin] ?? 0) + weight;
    this.counts[isSubject ? 0 : 1] += weight;
  }

  /** True if there are colors of both sides to compare. */
  get isSufficient(): boolean {
    return this.counts.every((count) => count >= MIN_SAMPLES);
  }

  /** Probability that a color belongs to the subject. 0.5: unknown. */
  subjectShare(rgba: Uint8ClampedArray, at: number): number {
    this.shares ??= this.compare();
    return this.shares[binOf(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0)] ?? 0.5;
  }

  private compare(): Float32Array {
    const [subject, background] = [smoothed(this.subject), smoothed(this.background)];
    const [subjects, backgrounds] = this.counts;
    return subject.map((count, bin) => {
      const [own, other] = [count / subjects, (background[bin] ?? 0) / backgrounds];
      return (own + RARE) / (own + other + 2 * RARE);
    });
  }
}

/** Adds half of the neighboring bins in each channel. */
function smoothed(histogram: Float32Array): Float32Array {
  let from = histogram;
  for (const step of [1, BINS, BINS * BINS]) {
    const to = new Float32Array(from.length);
    for (let bin = 0; bin < from.length; bin++) {
      const place = Math.floor(bin / step) % BINS;
      const before = place > 0 ? (from[bin - step] ?? 0) : 0;
      const after = place < BINS - 1 ? (from[bin + step] ?? 0) : 0;
      to[bin] = (from[bin] ?? 0) + NEIGHBOR * (before + after);
    }
    from = to;
  }
  return from;
}
