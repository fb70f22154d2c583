/** Graphics and product shots on one color, and photographs as counterexamples, each with its exact opacity. */
import { compose } from './composition.js';

import { GRAPHICS, graphic } from './graphics.js';
import { rgbaOf, svgPicture, type Rgba } from './raster.js';
import { Random } from './random.js';
import { namesOf, planSubject, type Kind } from './subjects.js';
import { plansOf } from './truth-sets.js';

export interface FlatPicture {
  name: string;
  /** A sort of graphic, `product` or `photo`. */
  kind: string;
  /** Few colors on a flat ground. */
  isGraphics: boolean;
  /** Color of the ground, R G B; undefined for photographs. */
  ground: readonly number[] | undefined;
  /** Some of the drawing has the color of the ground, so that no rule can separate them by color. */
  insideLikeGround: boolean;
  /** R, G, B. */
  image: Uint8Array;
  alpha: Uint8Array;
  width: number;
  height: number;
}

const GROUNDS: readonly (readonly [number, number, number])[] = [
  [255, 255, 255],
  [255, 255, 255],
  [255, 255, 255],
  [250, 248, 240],
  [240, 240, 244],
  [255, 221, 51],
  [24, 32, 72],
  [12, 12, 12],
  [210, 236, 220],
];
const PRODUCTS: readonly Kind[] = ['solid', 'photo', 'thin', 'hair'];
/** Composites that serve as counterexamples. */
const COUNTEREXAMPLES = 12;

/**
 * @param seed any text
 * @param rounds pictures of each sort of graphic
 * @param packages folder of unpacked Debian packages
 */
export async function* flatPictures(
  seed: string,
  rounds: number,
  packages: string,
): AsyncGenerator<FlatPicture> {
  for (let round = 0; round < rounds; round += 1) {
    for (const sort of GRAPHICS) {
      const random = new Random(`${seed} ${sort} ${round}`);
      const drawing = graphic(sort, random);
      const scale = random.within(0.45, 1.6);
      const [width, height] = [Math.round(drawing.width * scale), Math.round(drawing.height * scale)];
      const drawn = await rgbaOf(svgPicture(drawing.svg(width, height)));
      const onPaper = sort === 'signature' && round % 2 === 1;
      const flat = onFlat(drawn, groundOf(sort, random), random);
      yield {
        ...flat,
        ...(onPaper && { image: paper(flat.image, flat.width, random) }),
        name: `${sort}-${round}${onPaper ? '-paper' : ''}`,
        kind: onPaper ? 'signature-paper' : sort,
        isGraphics: !onPaper,
      };
    }
  }
  yield* productShots(seed, rounds, packages);
  for (const plan of plansOf(`${seed} photos`, COUNTEREXAMPLES, packages)) {
    const { image, alpha, width, height } = await compose(plan, packages);
    yield {
      name: `photo-${plan.name}`,
      kind: 'photo',
      isGraphics: false,
      ground: undefined,
      insideLikeGround: false,
      image,
      alpha,
      width,
      height,
    };
  }
}

/** Dark inks need a light ground; a face filled with white stands on white. */
function groundOf(sort: string, random: Random): readonly [number, number, number] {
  if (sort === 'filled-face') return GROUNDS[0]!;
  const light = ['code', 'signature', 'line-art', 'lettering', 'chart', 'diagram', 'stamp'].includes(sort);
  return random.pick(light ? GROUNDS.slice(0, 5) : GROUNDS);
}

async function* productShots(seed: string, rounds: number, packages: string): AsyncGenerator<FlatPicture> {
  for (let i = 0; i < 4 * rounds; i += 1) {
    const random = new Random(`${seed} product ${i}`);
    const kind = PRODUCTS[i % PRODUCTS.length]!;
    const names = namesOf(kind, packages);
    if (names.length === 0) continue;
    const subject = await planSubject(kind, random.pick(names), random, packages);
    const drawn = await subject.render(Math.round(Math.min(random.within(500, 1000), subject.maxHeight)));
    yield {
      ...onFlat(drawn, random.pick(GROUNDS), random),
      name: `product-${i}`,
      kind: 'product',
      isGraphics: false,
    };
  }
}

type Flat = Pick<FlatPicture, 'ground' | 'insideLikeGround' | 'image' | 'alpha' | 'width' | 'height'>;

/** The drawing in the middle of a ground of one color. */
function onFlat(
  { data, width, height }: Rgba,
  ground: readonly [number, number, number],
  random: Random,
): Flat {
  const margin = Math.round(random.within(0.06, 0.3) * Math.max(width, height));
  const [w, h] = [width + 2 * margin, height + 2 * margin];
  const image = new Uint8Array(3 * w * h);
  for (let i = 0; i < w * h; i += 1) image.set(ground, 3 * i);
  const alpha = new Uint8Array(w * h);
  let [opaque, alike] = [0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = 4 * (y * width + x);
      const opacity = data[from + 3]!;
      if (opacity === 0) continue;
      const at = (y + margin) * w + x + margin;
      alpha[at] = opacity;
      if (opacity === 255) opaque += 1;
      if (opacity === 255 && ground.every((value, c) => Math.abs(value - data[from + c]!) <= 6)) alike += 1;
      for (let c = 0; c < 3; c += 1)
        image[3 * at + c] = Math.round((data[from + c]! * opacity + ground[c]! * (255 - opacity)) / 255);
    }
  }
  return { ground, insideLikeGround: alike > 0.005 * opaque, image, alpha, width: w, height: h };
}

/** The look of a photographed sheet: light from one side, and noise. */
function paper(image: Uint8Array, width: number, random: Random): Uint8Array {
  const [tilt, strength] = [random.within(0.06, 0.25), random.within(2, 7)];
  return Uint8Array.from(image, (value, i) => {
    const x = (Math.floor(i / 3) % width) / width;
    return Math.max(
      0,
      Math.min(255, value * (0.92 - tilt * x) + strength * (random.next() + random.next() - 1)),
    );
  });
}
