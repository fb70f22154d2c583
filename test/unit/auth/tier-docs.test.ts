import { readFileSync } from 'node:fs';
import { builtInTiers } from '#auth/tier-table.js';

const MIB = 1_048_576;

test('given the page on limits, when its table of tiers is read, then it says what the tiers are', () => {
  const page = readFileSync('docs/reference/limits.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z]+)` +\| ([^\n]+)\|$/gm)].map(([, name = '', cells = '']) => [
    name,
    cells.split('|').map((cell) => cell.trim()),
  ]);
  const documented = Object.entries(builtInTiers({ RATE_LIMIT: 60 })).map(([name, tier]) => [
    name,
    [
      tier.weight,
      name === 'anonymous' ? '`RATE_LIMIT`' : tier.requestsPerMinute,
      ...[tier.megapixelsPerMinute, tier.imagesInFlight, tier.bytesInFlight / MIB],
    ].map((cell) => cell.toLocaleString('en')),
  ]);
  expect(rows).toEqual(documented);
});
