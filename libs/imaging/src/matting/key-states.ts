import type { Delta } from './key-space.js';
import type { GroundColor } from './ground-color.js';
import type { KeySpace } from './key-space.js';
import type { Rect } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster.js';

/** States of a pixel: background, part of the drawing, and a soft shadow or glow over the background. */
export const GROUND = 0;
export const DRAWN = 1;
export const SOFT = 2;
/** Only while states are computed: near the ground's color, and background that the rim reaches. */
const WEAK = 3;
const REACHED = 4;

/** Reach of an edge: a pixel without background this near is solid. */
export const EDGE_REACH = 2;
/** Difference from a neighbor up to which a shadow goes on. */
const SOFT_STEP = 6;

/** How a picture is divided. */
export interface KeyRules {
  ground: GroundColor;
  /** How differences of colors are measured. */
  space: KeySpace;
  /** Distance from the ground up to which a pixel is background, as the length of the difference of R, G and B. */
  tolerance: number;
  /** Distance above which a pixel is drawn for certain; between, only beside such a pixel. */
  strong: number;
  /** Inks near the ground, as differences from it in `space`. */
  faintInks: readonly Delta[];
  /** Background that the rim does not reach is part of the drawing. */
  isFilled: boolean;
  /** Mixes of two inks have the ground's color, as black text on white over light gray has at its edges. */
  isBetweenInks: boolean;
  /** The drawing has soft shadows. */
  hasShadow: boolean;
}

/** The state of each pixel of a region, one byte. The caller wipes it. */
export function keyStates(image: Raster, region: Rect, rules: KeyRules): Uint8Array {
  const { width, height } = region;
  const states = new Uint8Array(width * height);
  classify(image, region, rules, states);
  dropLonelyPixels(states, region);
  if (rules.isBetweenInks) dropSpecks(states, region);
  if (rules.hasShadow) growShadows(image, region, rules, states);
  if (rules.isFilled) fillHoles(states, region);
  return states;
}

function classify(
  { data, width: imageWidth }: Raster,
  region: Rect,
  rules: KeyRules,
  states: Uint8Array,
): void {
  const { left, top, width, height } = region;
  const [near, far] = [rules.tolerance ** 2, rules.strong ** 2];
  const ground = new Float32Array(3 * width);
  const m = rules.space.from;
  const hasFaintInks = rules.faintInks.length > 0;
  for (let y = 0, to = 0; y < height; y += 1) {
    rules.ground.writeRow(ground, y);
    for (
      let x = 0, at = 4 * ((top + y) * imageWidth + left), g = 0;
      x < width;
      x += 1, to += 1, at += 4, g += 3
    ) {
      const red = (data[at] as number) - (ground[g] as number);
      const green = (data[at + 1] as number) - (ground[g + 1] as number);
      const blue = (data[at + 2] as number) - (ground[g + 2] as number);
      const a = (m[0] as number) * red + (m[1] as number) * green + (m[2] as number) * blue;
      const b = (m[3] as number) * red + (m[4] as number) * green + (m[5] as number) * blue;
      const c = (m[6] as number) * red + (m[7] as number) * green + (m[8] as number) * blue;
      const square = a * a + b * b + c * c;
      if (square > far) states[to] = DRAWN;
      else if (hasFaintInks && isFaintInk([a, b, c], square, rules.faintInks)) states[to] = DRAWN;
      else states[to] = square > near ? WEAK : GROUND;
    }
  }
}

/** True when a difference from the ground is nearer to an ink than to the ground, whose distance is given squared. */
function isFaintInk([a, b, c]: Delta, square: number, inks: readonly Delta[]): boolean {
  for (const ink of inks) if ((a - ink[0]) ** 2 + (b - ink[1]) ** 2 + (c - ink[2]) ** 2 < square) return true;
  return false;
}

/** Keeps pixels near the ground's color only beside certain ones: the rest is noise. */
function dropLonelyPixels(states: Uint8Array, { width, height }: Rect): void {
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      if (states[at] === WEAK && !hasNear(states, { x, y, width, height }, DRAWN)) states[at] = GROUND;
    }
  }
  for (let at = 0; at < states.length; at += 1) if (states[at] === WEAK) states[at] = DRAWN;
}

interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** True when a pixel within `EDGE_REACH` has a state. */
function hasNear(states: Uint8Array, { x, y, width, height }: Place, state: number): boolean {
  const [left, right] = [Math.max(0, x - EDGE_REACH), Math.min(width - 1, x + EDGE_REACH)];
  for (let row = Math.max(0, y - EDGE_REACH); row <= Math.min(height - 1, y + EDGE_REACH); row += 1) {
    for (let at = row * width + left; at <= row * width + right; at += 1)
      if (states[at] === state) return true;
  }
  return false;
}

/** Background areas of so many pixels and fewer are mixes of inks, where these can have the ground's color. */
const MAX_SPECK = 12;

/** Turns small areas of background into parts of the drawing. */
function dropSpecks(states: Uint8Array, { width }: Rect): void {
  for (let from = 0; from < states.length; from += 1) {
    if (states[from] !== GROUND) continue;
    const area = [from];
    states[from] = REACHED;
    for (let next = 0; next < area.length; next += 1) {
      const at = area[next] as number;
      for (const beside of [at - 1, at + 1, at - width, at + width]) {
        if (states[beside] !== GROUND) continue;
        states[beside] = REACHED;
        area.push(beside);
      }
    }
    if (area.length <= MAX_SPECK) for (const at of area) states[at] = DRAWN;
  }
  for (let at = 0; at < states.length; at += 1) if (states[at] === REACHED) states[at] = GROUND;
}

/** Turns background that is not connected to the rim into a part of the drawing. */
function fillHoles(states: Uint8Array, { width, height }: Rect): void {
  const isOpen = (state: number): boolean => state === GROUND || state === SOFT;
  const soft = new Set<number>();
  const stack: number[] = [];
  const reach = (at: number): void => {
    if (!isOpen(states[at] as number)) return;
    if (states[at] === SOFT) soft.add(at);
    states[at] = REACHED;
    stack.push(at);
  };
  for (let x = 0; x < width; x += 1) {
    reach(x);
    reach((height - 1) * width + x);
  }
  for (let y = 0; y < height; y += 1) {
    reach(y * width);
    reach((y + 1) * width - 1);
  }
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const x = at % width;
    if (x > 0) reach(at - 1);
    if (x < width - 1) reach(at + 1);
    if (at >= width) reach(at - width);
    if (at < states.length - width) reach(at + width);
  }
  for (let at = 0; at < states.length; at += 1) states[at] = states[at] === REACHED ? GROUND : DRAWN;
  for (const at of soft) states[at] = SOFT;
}

/** Marks pixels that are reached from the background in small steps: shadows have no edge. */
function growShadows(
  { data, width: imageWidth }: Raster,
  { left, top, width, height }: Rect,
  { ground }: KeyRules,
  states: Uint8Array,
): void {
  const base = new Float32Array(3 * width);
  ground.writeRow(base, 0);
  const offset = (at: number): number =>
    4 * ((top + Math.floor(at / width)) * imageWidth + left + (at % width));
  const stack: number[] = [];
  const visit = (from: number, to: number): void => {
    if (states[to] !== DRAWN) return;
    const [a, b] = [offset(from), offset(to)];
    for (let c = 0; c < 3; c += 1) {
      if (Math.abs((data[a + c] as number) - (data[b + c] as number)) > SOFT_STEP) return;
    }
    if (!isShade(data, b, base)) return;
    states[to] = SOFT;
    stack.push(to);
  };
  const spread = (at: number): void => {
    const x = at % width;
    if (x > 0) visit(at, at - 1);
    if (x < width - 1) visit(at, at + 1);
    if (at >= width) visit(at, at - width);
    if (at < states.length - width) visit(at, at + width);
  };
  for (let at = 0; at < width * height; at += 1) if (states[at] === GROUND) spread(at);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) spread(at);
}

/** Difference of a shade from the ground's own color, darkened. */
const SHADE_WITHIN = 6;

/** True for the ground's color darkened: a shadow of black. */
export function isShade(data: Uint8Array, at: number, ground: ArrayLike<number>): boolean {
  const [r, g, b] = [ground[0] as number, ground[1] as number, ground[2] as number];
  const share =
    ((data[at] as number) * r + (data[at + 1] as number) * g + (data[at + 2] as number) * b) /
    Math.max(1, r * r + g * g + b * b);
  return (
    share < 1 &&
    Math.abs((data[at] as number) - share * r) <= SHADE_WITHIN &&
    Math.abs((data[at + 1] as number) - share * g) <= SHADE_WITHIN &&
    Math.abs((data[at + 2] as number) - share * b) <= SHADE_WITHIN
  );
}
