/** Shorter beginnings of a name match too many names. */
const MIN_PREFIX = 3;

/**
 * The name that a mistyped one was most likely meant to be: the nearest one whose distance is at most a third of the
 * typed length, or one that starts with what was typed. Undefined when there is none.
 */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const isPrefix = typed.length >= MIN_PREFIX && name.startsWith(typed);
    const distance = isPrefix ? 1 : editDistance(typed, name);
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  const limit = Math.max(1, Math.floor(typed.length / 3));
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}

/**
 * Number of insertions, deletions, replacements and swaps of neighboring letters between two short texts (optimal string
 * alignment).
 */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const replacement = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + replacement);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) distance = Math.min(distance, at(i - 2, j - 2) + 1);
      row.push(distance);
    }
  }
  return at(a.length, b.length);
}
