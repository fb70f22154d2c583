/**
 * The name that a mistyped one was most likely meant to be: the nearest by insertions, deletions, replacements and
 * swapped neighbours (optimal string alignment), if it is near. Undefined when none is.
 */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const isBegun = typed.length >= 3 && name.startsWith(typed);
    const distance = isBegun ? 1 : distanceOf(typed, name);
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  const most = Math.max(1, Math.floor(typed.length / 3));
  return best !== undefined && best.distance <= most ? best.name : undefined;
}

function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(i - 2, j - 2) + 1);
      }
      row.push(least);
    }
  }
  return at(a.length, b.length);
}
