/** Sets of composites. Each set has seeds of its own, so that one may choose rules and another check them. */
import { existsSync } from 'node:fs';
import type { CompositePlan } from './composition.js';
import type { Ground } from './grounds.js';
import { Random } from './random.js';
import { KINDS, namesOf, type Kind } from './subjects.js';

/** Aspect ratios of frames. */
const ORDINARY = [4 / 3, 3 / 2, 3 / 4, 2 / 3, 1, 16 / 9, 9 / 16, 5 / 4];
const WIDE = [12, 10, 8, 6, 5, 4, 3, 2.5, 2].flatMap((aspect) => [aspect, 1 / aspect]);
/** How often a kind occurs among twenty. */
const TIMES: Record<Kind, number> = { solid: 6, photo: 5, hair: 4, thin: 2, translucent: 1, blur: 2 };
/** A photograph is behind a part of the subjects; the others have a generated ground. */
const SORTS: readonly Ground[] = [
  'photo',
  'photo',
  'photo',
  'photo',
  'photo',
  'room',
  'room',
  'studio',
  'blobs',
  'table',
];
const SMALLEST = 0.08;
const LARGEST = 0.9;

/**
 * The plans of a set.
 * @param set any name; `wide` has aspect ratios from 1:12 to 12:1
 * @param count number of composites
 * @param packages folder of unpacked Debian packages
 */
export function plansOf(set: string, count: number, packages: string): CompositePlan[] {
  const random = new Random(`set ${set}`);
  const kinds = KINDS.flatMap((kind) => Array.from({ length: TIMES[kind] }, () => kind)).filter(
    (kind) => namesOf(kind, packages).length > 0,
  );
  const decks = new Map<Kind, string[]>();
  /** Every subject of a kind occurs before one occurs again. */
  const draw = (kind: Kind): string => {
    const deck = decks.get(kind) ?? [];
    if (deck.length === 0) deck.push(...random.shuffled(namesOf(kind, packages)));
    decks.set(kind, deck);
    return deck.pop()!;
  };
  let order: Kind[] = [];
  return Array.from({ length: count }, (_, index) => {
    if (order.length === 0) order = random.shuffled(kinds);
    const isWide = set === 'wide';
    const aspect = isWide ? WIDE[index % WIDE.length]! : random.pick(ORDINARY);
    const kind = order.pop()!;
    const pairs = isWide ? 0.4 : 0.12;
    const share = (): number => shareOf(isWide ? 0.35 + 0.6 * random.next() : random.next(), isWide);
    const subjects = [{ kind, name: draw(kind), share: share() }];
    if (random.chance(pairs)) {
      const other = random.pick<Kind>(['solid', 'photo']);
      if (namesOf(other, packages).length > 0)
        subjects.push({ kind: other, name: draw(other), share: share() });
    }
    const megapixels = !isWide && index % 20 === 19 ? 12 : random.within(1, 2);
    const name = `${String(index).padStart(3, '0')}-${subjects.map((each) => each.name.split('/').at(-1)!).join('-')}`;
    return {
      name,
      set,
      seed: `${set} ${index}`,
      width: Math.round(Math.sqrt(1e6 * megapixels * aspect)),
      height: Math.round(Math.sqrt((1e6 * megapixels) / aspect)),
      ground: random.pick(SORTS),
      subjects,
    };
  });
}

/** Shares of the height from 8 to 90 %, small ones a little more frequent. */
const shareOf = (part: number, isWide: boolean): number =>
  isWide ? part : SMALLEST + (LARGEST - SMALLEST) * part ** 1.3;

/** True when the photographs of the packages are there. */
export const hasPackages = (packages: string): boolean => existsSync(packages);
