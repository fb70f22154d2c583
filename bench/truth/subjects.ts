/** All subjects by name, with the kind of matte that they need. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import type { Drawing } from './drawing.js';
import * as hairy from './hairy-subjects.js';
import { rgbaOf, svgPicture, type Rgba } from './raster.js';
import type { Random } from './random.js';
import * as household from './household-subjects.js';
import * as solid from './solid-subjects.js';
import { STAMPS, stampFile, type Stamp } from './stamps.js';
import { defocused, moved, withRelief } from './subject-effects.js';
import * as thin from './thin-subjects.js';
import * as translucent from './translucent-subjects.js';

export const KINDS = ['solid', 'photo', 'hair', 'thin', 'translucent', 'blur'] as const;
export type Kind = (typeof KINDS)[number];

export interface SubjectPlan {
  name: string;
  kind: Kind;
  /** Width by height. */
  aspect: number;
  /** Largest height in pixels without enlargement of a photograph. */
  maxHeight: number;
  /** It stands on the ground, and casts a shadow. */
  stands: boolean;
  /** It continues below the frame. */
  isCut: boolean;
  /** The subject with its exact opacity, `height` pixels high. */
  render: (height: number) => Promise<Rgba>;
}

type Draw = (random: Random) => Drawing;

const SOLID: Record<string, Draw> = {
  bottle: household.bottle,
  mug: household.mug,
  vase: household.vase,
  shoe: solid.shoe,
  chair: household.chair,
  car: solid.car,
  robot: solid.robot,
  package: household.productBox,
  donut: solid.donut,
  ring: solid.fingerRing,
  handbag: solid.handbag,
  headphones: solid.headphones,
  person: solid.person,
  lamp: household.lamp,
  teapot: household.teapot,
  wrench: household.wrench,
  ball: solid.ball,
  umbrella: thin.umbrella,
};
const HAIR: Record<string, Draw> = {
  portrait: hairy.portrait,
  portrait2: hairy.portrait,
  sitting: hairy.sittingAnimal,
  walking: hairy.walkingAnimal,
  feather: hairy.feather,
};
const THIN: Record<string, Draw> = {
  bicycle: thin.bicycle,
  spectacles: thin.spectacles,
  plant: thin.pottedPlant,
  branch: thin.branch,
  cage: thin.birdCage,
  racket: thin.racket,
  ladder: thin.ladder,
};
const TRANSLUCENT: Record<string, Draw> = {
  wineglass: translucent.wineGlass,
  glassbottle: translucent.glassBottle,
  bubble: translucent.soapBubble,
  veil: translucent.veil,
  jellyfish: translucent.jellyfish,
};
/** Objects that move or are out of focus. */
const BLUR: Record<string, Draw> = {
  car: solid.car,
  ball: solid.ball,
  robot: solid.robot,
  mug: household.mug,
  person: solid.person,
  shoe: solid.shoe,
};
const FLOATING = new Set([
  'feather',
  'spectacles',
  'bubble',
  'jellyfish',
  'veil',
  'branch',
  'umbrella',
  'donut',
  'ring',
  'wrench',
  'racket',
]);

/** Names of the subjects of a kind; `photo` has those whose package is there. */
export function namesOf(kind: Kind, packages: string): string[] {
  if (kind === 'photo')
    return STAMPS.filter((stamp) => stampFile(packages, stamp) !== undefined).map(({ name }) => name);
  return Object.keys({ solid: SOLID, hair: HAIR, thin: THIN, translucent: TRANSLUCENT, blur: BLUR }[kind]);
}

/** Plans a subject. @param packages folder of unpacked Debian packages */
export async function planSubject(
  kind: Kind,
  name: string,
  random: Random,
  packages: string,
): Promise<SubjectPlan> {
  if (kind === 'photo')
    return planStamp(
      STAMPS.find((stamp) => stamp.name === name)!,
      random,
      packages,
    );
  const draw = { solid: SOLID, hair: HAIR, thin: THIN, translucent: TRANSLUCENT, blur: BLUR }[kind][name]!;
  const drawing = draw(random);
  const floats = FLOATING.has(name);
  const degrees = floats ? random.within(-25, 25) : random.within(-2, 2);
  const view = drawing.rotated(degrees);
  const relief = kind === 'translucent' ? 0 : random.within(0.5, 1);
  return {
    name,
    kind,
    aspect: view.width / view.height,
    maxHeight: Infinity,
    stands: !floats,
    isCut: name.startsWith('portrait'),
    render: async (height) => {
      const width = Math.max(8, Math.round((height * view.width) / view.height));
      const drawn = await render(drawing, width, height, degrees);
      const lit = relief > 0 ? await withRelief(drawn, random, relief) : drawn;
      return kind === 'blur' ? inMotion(lit, random) : lit;
    },
  };
}

const render = (drawing: Drawing, width: number, height: number, degrees: number): Promise<Rgba> =>
  rgbaOf(svgPicture(drawing.svg(width, height, degrees)));

function inMotion(subject: Rgba, random: Random): Promise<Rgba> | Rgba {
  if (random.chance(0.5)) return defocused(subject, random.within(0.006, 0.018) * subject.height);
  return moved(subject, random.within(0.03, 0.1) * subject.height, random.within(-0.3, 0.3));
}

async function planStamp(stamp: Stamp, random: Random, packages: string): Promise<SubjectPlan> {
  // From memory: the service's decoder blocks loaders that open files.
  const bytes = readFileSync(stampFile(packages, stamp)!);
  const { width, height } = await sharp(bytes).metadata();
  const isMirrored = random.chance(0.5);
  return {
    name: stamp.name,
    kind: 'photo',
    aspect: width / height,
    maxHeight: 1.35 * height,
    stands: stamp.stands,
    isCut: false,
    render: (target) =>
      rgbaOf(
        sharp(bytes)
          .ensureAlpha()
          .flop(isMirrored)
          .resize(Math.max(4, Math.round((target * width) / height)), target, {
            fit: 'fill',
            kernel: 'lanczos3',
          }),
      ),
  };
}
