/** Pseudo-random values from a seed: the same seed gives the same picture. */
export class Random {
  private state: number;

  /** @param seed any text */
  constructor(seed: string) {
    // FNV-1a of the text is the first state.
    let hash = 0x811c9dc5;
    for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    this.state = hash;
  }

  /** From 0 to below 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  within(min: number, max: number): number {
    return min + (max - min) * this.next();
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return Math.floor(this.within(min, max + 1));
  }

  /** Normally distributed around 0 with a standard deviation of 1 (sum of uniform values). */
  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * Math.sqrt(3);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)]!;
  }

  /** The values in a random order. */
  shuffled<T>(values: readonly T[]): T[] {
    const mixed = [...values];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const other = this.integer(0, i);
      [mixed[i], mixed[other]] = [mixed[other]!, mixed[i]!];
    }
    return mixed;
  }
}
