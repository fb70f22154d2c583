/** Which of several values is the median, where a further one has votes of its own. */
export class Median {
  private readonly values: Float64Array;
  /** Indexes of values in ascending order. */
  private readonly order: Int32Array;
  private readonly votesBelow: number;
  private below = 0;
  private count = 0;

  /**
   * @param patches number of values
   * @param votesBelow votes for the value below them; with it, the number of votes is odd
   */
  constructor(patches: number, votesBelow: number) {
    this.values = new Float64Array(patches);
    this.order = new Int32Array(patches);
    this.votesBelow = votesBelow;
  }

  /** Starts over with a value below. */
  start(below: number): void {
    this.below = below;
    this.count = 0;
  }

  add(value: number): void {
    let at = this.count;
    this.values[this.count] = value;
    for (; at > 0 && (this.values[this.order[at - 1] as number] as number) > value; at -= 1)
      this.order[at] = this.order[at - 1] as number;
    this.order[at] = this.count;
    this.count += 1;
  }

  /** Index of the median value; -1 when the value below is the median. */
  chosen(): number {
    const { order, values, below, count, votesBelow } = this;
    let smaller = 0;
    while (smaller < count && (values[order[smaller] as number] as number) < below) smaller += 1;
    const middle = (count + votesBelow - 1) >> 1;
    if (middle < smaller) return order[middle] as number;
    return middle < smaller + votesBelow ? -1 : (order[middle - votesBelow] as number);
  }
}
