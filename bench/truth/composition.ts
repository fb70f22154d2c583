/** Composes subjects of exact opacity over a ground, like a photograph: shadow, grain, JPEG. */
import sharp from 'sharp';
import { ground, type Ground } from './grounds.js';
import { boxOf, blurred, clamped, type Rgba } from './raster.js';
import { Random } from './random.js';
import { planSubject, type Kind, type SubjectPlan } from './subjects.js';

/** What a composite is made of. The same plan gives the same pixels. */
export interface CompositePlan {
  name: string;
  set: string;
  seed: string;
  width: number;
  height: number;
  ground: Ground;
  /** One or two; the height of each as a share of the frame's. */
  subjects: readonly { kind: Kind; name: string; share: number }[];
}

export interface Composite {
  /** Red, green, blue. */
  image: Uint8Array;
  /** One byte a pixel. */
  alpha: Uint8Array;
  width: number;
  height: number;
}

interface Placed {
  picture: Rgba;
  left: number;
  top: number;
  stands: boolean;
}

/** Height of a subject that continues below the frame, as a share of the frame's. */
const SMALLEST_CUT = 0.35;

/** @param packages folder of unpacked Debian packages */
export async function compose(plan: CompositePlan, packages: string): Promise<Composite> {
  const { width, height } = plan;
  const random = new Random(plan.seed);
  const behind = await ground(plan.ground, plan, random, packages);
  const image = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i += 1)
    for (let c = 0; c < 3; c += 1) image[3 * i + c] = behind.data[4 * i + c]!;
  const alpha = new Uint8Array(width * height);
  for (const [index, each] of plan.subjects.entries()) {
    const subject = await planSubject(each.kind, each.name, random, packages);
    const placed = await place({ subject, share: each.share, index }, plan, random);
    if (placed.stands) await castShadow(image, placed, plan, random);
    blend(image, alpha, lit(placed, image, plan), plan);
  }
  return { image: await photographed(image, plan, random), alpha, width, height };
}

interface Wanted {
  subject: SubjectPlan;
  share: number;
  /** Among the subjects of the frame. */
  index: number;
}

/** Size and position in the frame. Two subjects share it side by side, or one above the other when it is tall. */
async function place(
  { subject, share, index }: Wanted,
  plan: CompositePlan,
  random: Random,
): Promise<Placed> {
  const { width, height, subjects } = plan;
  const isTall = height > 1.4 * width;
  const [across, down] = subjects.length === 1 ? [1, 1] : isTall ? [1, 0.5] : [0.5, 1];
  const room = {
    left: across < 1 ? index * 0.5 * width : 0,
    top: down < 1 ? index * 0.5 * height : 0,
    width: across * width,
    height: down * height,
  };
  const wanted = subject.isCut ? Math.max(SMALLEST_CUT, share) : share;
  const target = Math.min(
    wanted * height,
    0.92 * room.height,
    (0.92 * room.width) / subject.aspect,
    subject.maxHeight,
  );
  const picture = await subject.render(Math.max(24, Math.round(target)));
  const free = { x: room.width - picture.width, y: room.height - picture.height };
  const left = room.left + free.x * random.within(0.1, 0.9);
  const top =
    room.top +
    free.y * (subject.isCut ? 1 : subject.stands ? random.within(0.6, 0.95) : random.within(0.15, 0.85));
  return { picture, left: Math.round(left), top: Math.round(top), stands: subject.stands && !subject.isCut };
}

/** Darkens the ground below a subject. The shadow belongs to the ground. */
async function castShadow(
  image: Uint8Array,
  { picture, left, top }: Placed,
  { width, height }: CompositePlan,
  random: Random,
): Promise<void> {
  const shadow = new Uint8Array(width * height);
  const alpha = (i: number): number => picture.data[4 * i + 3]!;
  const box = boxOf(alpha, picture.width, picture.height);
  const [flat, lean] = [random.within(0.06, 0.16), random.within(-0.3, 0.3)];
  const foot = top + box.top + box.height - 0.02 * box.height;
  for (let y = box.top; y < box.top + box.height; y += 1) {
    const rise = box.top + box.height - y;
    const row = Math.round(foot - flat * rise + 0.03 * box.height);
    if (row < 0 || row >= height) continue;
    for (let x = box.left; x < box.left + box.width; x += 1) {
      const column = Math.round(left + x + lean * flat * 3 * rise);
      if (column < 0 || column >= width) continue;
      const at = row * width + column;
      shadow[at] = Math.max(shadow[at]!, alpha(y * picture.width + x));
    }
  }
  const soft = await blurred(shadow, width, height, 0.012 * box.height + 1);
  const strength = random.within(0.35, 0.65);
  for (let i = 0; i < width * height; i += 1) {
    if (soft[i] === 0) continue;
    for (let c = 0; c < 3; c += 1) image[3 * i + c] = image[3 * i + c]! * (1 - (strength * soft[i]!) / 255);
  }
}

/** The subject in the light of its ground: a little of the ground's mean color. */
function lit(placed: Placed, image: Uint8Array, { width, height }: CompositePlan): Placed {
  const mean = [0, 0, 0];
  const step = 97;
  let count = 0;
  for (let i = 0; i < width * height; i += step) {
    for (let c = 0; c < 3; c += 1) mean[c]! += image[3 * i + c]!;
    count += 1;
  }
  const gains = mean.map((sum) => 0.87 + 0.13 * (0.4 + (0.9 * sum) / count / 150));
  const data = Uint8Array.from(placed.picture.data, (value, i) =>
    i % 4 === 3 ? value : clamped(value * gains[i % 4]!),
  );
  return { ...placed, picture: { ...placed.picture, data } };
}

/** Over operator of Porter and Duff, on sRGB values as matting data sets do. */
function blend(
  image: Uint8Array,
  alpha: Uint8Array,
  { picture, left, top }: Placed,
  { width, height }: CompositePlan,
): void {
  for (let y = Math.max(0, -top); y < Math.min(picture.height, height - top); y += 1) {
    for (let x = Math.max(0, -left); x < Math.min(picture.width, width - left); x += 1) {
      const from = 4 * (y * picture.width + x);
      const share = picture.data[from + 3]! / 255;
      if (share === 0) continue;
      const at = (y + top) * width + x + left;
      for (let c = 0; c < 3; c += 1)
        image[3 * at + c] = Math.round(picture.data[from + c]! * share + image[3 * at + c]! * (1 - share));
      alpha[at] = Math.round(255 * share + alpha[at]! * (1 - share));
    }
  }
}

/** Sensor noise and JPEG, the same for subject and ground. */
async function photographed(
  image: Uint8Array,
  { width, height }: CompositePlan,
  random: Random,
): Promise<Uint8Array> {
  const strength = random.within(1, 7);
  const noisy = Uint8Array.from(image, (value) =>
    clamped(value + strength * (random.next() + random.next() - 1) + 0.5),
  );
  const encoded = await sharp(noisy, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: random.integer(82, 96) })
    .toBuffer();
  return sharp(encoded).removeAlpha().toColourspace('srgb').raw().toBuffer();
}
