/** The picture of the corpus: four quarters, no two alike, so that no turn or mirroring of it looks like another. */
export const QUARTERS = {
  TL: [250, 20, 30],
  TR: [20, 200, 40],
  BL: [30, 40, 230],
  BR: [255, 255, 255],
} as const;

/** A quarter of a picture: top or bottom, left or right. */
export type Corner = keyof typeof QUARTERS;

/** The corners in the order of reading. */
export const CORNERS: readonly Corner[] = ['TL', 'TR', 'BL', 'BR'];

/** Which quarter of a `width` × `height` picture a pixel lies in. */
export const cornerAt = (
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
): Corner => `${y < height / 2 ? 'T' : 'B'}${x < width / 2 ? 'L' : 'R'}`;

/** Color of a pixel, 8-bit RGB. */
export const colorAt = (x: number, y: number, size: { width: number; height: number }): readonly number[] =>
  QUARTERS[cornerAt(x, y, size)];

/** Luma of a color (ITU-R BT.601), which differs between the four quarters. */
export const lumaOf = ([r = 0, g = 0, b = 0]: readonly number[]): number =>
  Math.round(0.299 * r + 0.587 * g + 0.114 * b);

/** Which stored corner is shown at each place with each EXIF orientation (CIPA DC-008, 4.6.4), in the order TL, TR, BL, BR. */
export const SHOWN: Record<number, readonly Corner[]> = {
  1: ['TL', 'TR', 'BL', 'BR'],
  2: ['TR', 'TL', 'BR', 'BL'],
  3: ['BR', 'BL', 'TR', 'TL'],
  4: ['BL', 'BR', 'TL', 'TR'],
  5: ['TL', 'BL', 'TR', 'BR'],
  6: ['BL', 'TL', 'BR', 'TR'],
  7: ['BR', 'TR', 'BL', 'TL'],
  8: ['TR', 'BR', 'TL', 'BL'],
};
