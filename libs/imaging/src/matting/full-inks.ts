import { times, type Delta } from './key-space.js';

/** Distance from an ink up to which a color has it. */
const SAME_WITHIN = 14;
/** As `SAME_WITHIN`, in lossy files. */
const SAME_WITHIN_LOSSY = 24;
/** Cosine between the directions of two colors from the ground, from which they are the same hue. */
const MIN_COSINE = 0.985;

/**
 * Finds the ink that a line was drawn with. A line thinner than two pixels never reaches the color of its ink, but a
 * color on the way from the ground to it.
 */
export class FullInks {
  private readonly found = new Map<number, Delta>();

  /**
   * @param inks differences of the inks from the ground
   * @param toRgb matrix to differences of R, G and B, in which hues are compared
   * @param isExact colors are exact; otherwise a color near an ink becomes that ink
   */
  constructor(
    private readonly inks: readonly Delta[],
    private readonly isExact: boolean,
    private readonly toRgb: Float64Array,
  ) {}

  /** The ink of the strongest color of a place, or that color itself. */
  fullOf(color: Delta): Delta {
    const name =
      ((Math.round(color[0]) & 511) << 18) |
      ((Math.round(color[1]) & 511) << 9) |
      (Math.round(color[2]) & 511);
    const known = this.found.get(name);
    if (known !== undefined) return known;
    const full = this.search(color);
    if (this.found.size < 4096) this.found.set(name, full);
    return full;
  }

  wipe(): void {
    this.found.clear();
  }

  private search(color: Delta): Delta {
    const length = Math.hypot(...color);
    const far = (ink: Delta): number => Math.hypot(ink[0] - color[0], ink[1] - color[1], ink[2] - color[2]);
    const nearest = this.inks.reduce<Delta | undefined>((a, b) => (a && far(a) <= far(b) ? a : b), undefined);
    if (nearest && far(nearest) <= (this.isExact ? SAME_WITHIN : SAME_WITHIN_LOSSY))
      return this.isExact ? color : nearest;
    const rgb = times(this.toRgb, color);
    let best: Delta | undefined;
    for (const ink of this.inks) {
      const reach = Math.hypot(...ink);
      const cosine = cosineOf(times(this.toRgb, ink), rgb);
      if (reach < length || cosine < MIN_COSINE) continue;
      if (best === undefined || reach < Math.hypot(...best)) best = ink;
    }
    return best ?? color;
  }
}

const cosineOf = (a: Delta, b: Delta): number =>
  (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / (Math.hypot(...a) * Math.hypot(...b));
