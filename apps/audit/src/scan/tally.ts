import type { Finding } from './buffer-scan.js';
import type { WindowIndex } from './window-index.js';

/** How much of one form of a canary was found. */
export interface KindTally {
  canary: string;
  kind: string;
  /** Different windows found, of those looked for. */
  found: number;
  sampled: number;
  /** Found share of the payload, 0 to 1. */
  share: number;
  /** The same in bytes. */
  bytes: number;
  /** Bytes of the whole payload. */
  payloadBytes: number;
  /** Places of the first matches. */
  places: string[];
}

/** Sums matches by payload. Every payload of the index is listed. */
export function tallyOf(
  index: WindowIndex,
  found: Finding,
  nameOf: (address: number) => string,
  maxPlaces: number,
): KindTally[] {
  const counts = index.labels.map(() => 0);
  index.labelOf.forEach((label, window) => {
    if ((found.hits[window] ?? 0) > 0) counts[label] = (counts[label] ?? 0) + 1;
  });
  const places = placesByLabel(index, found, nameOf);
  return index.labels.map(({ canary, kind, payloadBytes, sampled, alternatives }, label) => {
    const count = counts[label] ?? 0;
    const share = sampled === 0 ? 0 : Math.min(1, (count / sampled) * alternatives);
    return {
      canary,
      kind,
      found: count,
      sampled,
      share,
      bytes: Math.round(share * payloadBytes),
      payloadBytes,
      places: [...(places.get(label) ?? new Map<string, number>())]
        .sort(([, a], [, b]) => b - a)
        .slice(0, maxPlaces)
        .map(([name, times]) => `${name} × ${times}`),
    };
  });
}

function placesByLabel(
  index: WindowIndex,
  found: Finding,
  nameOf: (address: number) => string,
): Map<number, Map<string, number>> {
  const byLabel = new Map<number, Map<string, number>>();
  for (const { window, address } of found.places) {
    const label = index.labelOf[window] as number;
    const names = byLabel.get(label) ?? new Map<string, number>();
    const name = nameOf(address);
    names.set(name, (names.get(name) ?? 0) + 1);
    byLabel.set(label, names);
  }
  return byLabel;
}

/** Tallies with at least one match. */
export const hitsIn = (kinds: readonly KindTally[]): KindTally[] => kinds.filter(({ found }) => found > 0);
