/** What the build writes into search.json: title, kind, address, more text. */
export interface SearchEntry {
  t: string;
  k: string;
  u: string;
  x: string;
}

const MAX_RESULTS = 9;

/** How well an entry fits: higher is better, 0 is not at all. Every word has to be found. */
function scoreOf({ t, x }: SearchEntry, words: readonly string[]): number {
  const title = t.toLowerCase();
  const text = x.toLowerCase();
  let score = 0;
  for (const word of words) {
    if (title === word) score += 100;
    else if (title.startsWith(word)) score += 40;
    else if (title.includes(word)) score += 20;
    else if (text.includes(word)) score += 5;
    else return 0;
  }
  return score;
}

/** The best entries for a query. Entries that fit alike stay in the order of the index. */
export function find(entries: readonly SearchEntry[], query: string): SearchEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return entries
    .map((entry) => ({ entry, score: scoreOf(entry, words) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MAX_RESULTS)
    .map(({ entry }) => entry);
}
