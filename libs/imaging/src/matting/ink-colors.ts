import { channelDistance } from './ground-color.js';

/** Distance from an ink up to which a pixel has it, and the distance up to which no other color may be frequent. */
const INK_WITHIN = 5;
const CLEAR_WITHIN = 12;
const EXACTLY = 1;
/** Share of the pixels within `CLEAR_WITHIN` that are within `INK_WITHIN`, for a color to be an ink. */
export const MIN_PEAK = 0.8;
/** Share of all counted pixels that an ink has at least. */
const MIN_SHARE = 0.004;
const MAX_INKS = 32;
/** Frequent colors that are looked at. */
const MAX_CANDIDATES = 400;

/** A color that areas of a drawing have. */
export interface Ink {
  color: [red: number, green: number, blue: number];
  /** Pixels within `INK_WITHIN` of it. */
  count: number;
  /** Share of these within `EXACTLY` of it: areas of a drawing have one color, shading has many. */
  exact: number;
}

/** Counts colors, and finds those that are sharp peaks: shading of a photograph has none. */
export class ColorCounts {
  private readonly counts = new Map<number, number>();
  total = 0;

  add(red: number, green: number, blue: number): void {
    const key = (red << 16) | (green << 8) | blue;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.total += 1;
  }

  /**
   * Inks, the most frequent first. Each color belongs to one.
   * @param minPeak share of the pixels within `CLEAR_WITHIN` of an ink that are within `INK_WITHIN`
   */
  inks(minPeak: number): Ink[] {
    const colors = Uint8Array.from(
      [...this.counts.keys()].flatMap((key) => [key >> 16, (key >> 8) & 255, key & 255]),
    );
    const counts = [...this.counts.values()];
    const order = counts.map((_, i) => i).sort((a, b) => (counts[b] as number) - (counts[a] as number));
    const isTaken = new Uint8Array(counts.length);
    const inks: Ink[] = [];
    for (const candidate of order.slice(0, MAX_CANDIDATES)) {
      if (isTaken[candidate] === 1 || inks.length === MAX_INKS) continue;
      const color = [...colors.subarray(3 * candidate, 3 * candidate + 3)] as Ink['color'];
      const mine: number[] = [];
      let [exact, near, wide] = [0, 0, 0];
      for (let i = 0; i < counts.length; i += 1) {
        if (isTaken[i] === 1) continue;
        const distance = channelDistance(colors, 3 * i, color);
        if (distance > CLEAR_WITHIN) continue;
        wide += counts[i] as number;
        if (distance > INK_WITHIN) continue;
        near += counts[i] as number;
        if (distance <= EXACTLY) exact += counts[i] as number;
        mine.push(i);
      }
      if (near < MIN_SHARE * this.total || near < minPeak * wide) continue;
      for (const i of mine) isTaken[i] = 1;
      inks.push({ color, count: near, exact: exact / near });
    }
    return inks;
  }

  /** Forgets the colors. */
  wipe(): void {
    this.counts.clear();
  }
}
