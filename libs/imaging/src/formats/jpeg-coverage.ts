const COEFFICIENTS = 64;
/** No scan has brought the coefficient yet. */
const MISSING = 255;

/** What a scan header (SOS) says: of which components it brings which coefficients, and to how many bits. */
export interface ScanHeader {
  /** Ids of the components. */
  components: readonly number[];
  /** First and last coefficient, in zigzag order. */
  first: number;
  last: number;
  /** Bits that later scans still have to bring (`Al`). */
  low: number;
}

/**
 * Keeps count of what the scans of a JPEG have brought so far, by their headers. With all of it in, a file whose end
 * marker alone is missing can be told from one that was cut between two scans.
 */
export class ScanCoverage {
  readonly #low: Map<number, Uint8Array>;

  /** @param components ids as in the frame header */
  constructor(components: readonly number[]) {
    this.#low = new Map(components.map((id) => [id, new Uint8Array(COEFFICIENTS).fill(MISSING)]));
  }

  /** Takes in a scan. Components that the frame does not have are passed over. */
  add({ components, first, last, low }: ScanHeader): void {
    for (const id of components) this.#low.get(id)?.fill(low, first, last + 1);
  }

  /** True when each coefficient of each component has all its bits. */
  get isComplete(): boolean {
    return [...this.#low.values()].every((low) => low.every((bits) => bits === 0));
  }
}

/** All of each component, as every scan of a sequential image brings it, whatever its header says. */
export const wholeOf = (components: readonly number[]): ScanHeader => ({
  components,
  first: 0,
  last: COEFFICIENTS - 1,
  low: 0,
});

/** Reads the body of an SOS segment: count, id and tables of each component, first, last, bits. */
export function readScanHeader(body: Buffer): ScanHeader {
  const count = body[0] ?? 0;
  const components = Array.from({ length: count }, (_, i) => body[1 + 2 * i] ?? 0);
  const [first = 0, last = 0, bits = 0] = body.subarray(1 + 2 * count);
  return { components, first, last, low: bits & 15 };
}
