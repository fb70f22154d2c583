/** Subjects with hair, fur and feathers: thousands of strands, each with its own color, width and opacity. */
import { anyTone, Drawing, ellipse, line, paint, shape, type Pair, type Tone } from './drawing.js';
import type { Random } from './random.js';

const HAIR: readonly Tone[] = [
  { hue: 25, saturation: 0.45, lightness: 0.16 },
  { hue: 30, saturation: 0.5, lightness: 0.3 },
  { hue: 42, saturation: 0.55, lightness: 0.55 },
  { hue: 15, saturation: 0.6, lightness: 0.35 },
  { hue: 0, saturation: 0.03, lightness: 0.6 },
  { hue: 240, saturation: 0.1, lightness: 0.1 },
];
const SKIN: readonly Tone[] = [
  { hue: 22, saturation: 0.5, lightness: 0.72 },
  { hue: 24, saturation: 0.45, lightness: 0.58 },
  { hue: 22, saturation: 0.42, lightness: 0.38 },
];

interface Strand {
  x: number;
  y: number;
  /** Direction in radians. */
  angle: number;
  length: number;
  width: number;
  /** Change of direction along the strand, in radians. */
  bend: number;
  opacity?: number;
}

function strand(
  tone: Tone,
  random: Random,
  { x, y, angle, length, width, bend, opacity = 1 }: Strand,
): string {
  const [midX, midY] = [x + 0.5 * length * Math.cos(angle), y + 0.5 * length * Math.sin(angle)];
  const bent = angle + bend;
  const [endX, endY] = [midX + 0.5 * length * Math.cos(bent), midY + 0.5 * length * Math.sin(bent)];
  const color = paint(tone, 0.13 * random.normal());
  const d = `M${x.toFixed(1)} ${y.toFixed(1)}Q${midX.toFixed(1)} ${midY.toFixed(1)} ${endX.toFixed(1)} ${endY.toFixed(1)}`;
  return line(d, color, width, opacity < 1 ? `stroke-opacity="${opacity.toFixed(2)}"` : '');
}

/** Head and shoulders of a person, in front of a camera. */
export function portrait(random: Random): Drawing {
  const drawing = new Drawing(1000, 1100);
  const [hair, skin, cloth] = [random.pick(HAIR), random.pick(SKIN), anyTone(random)];
  const style = random.pick(['short', 'long', 'curly'] as const);
  if (style === 'long') longHair(drawing, random, hair);
  if (style === 'curly') curls(drawing, random, hair);
  torso(drawing, cloth, skin);
  face(drawing, skin, hair);
  scalp(drawing, random, hair, style === 'short');
  return drawing;
}

function torso(drawing: Drawing, cloth: Tone, skin: Tone): void {
  drawing.add(
    shape(
      'M430 560L430 740Q500 800 570 740L570 560Z',
      drawing.cylinder({ ...skin, lightness: skin.lightness - 0.06 }),
    ),
    shape(
      'M60 1100Q80 860 240 800Q380 760 430 712Q500 800 570 712Q620 760 760 800Q920 860 940 1100Z',
      drawing.upright(cloth),
    ),
    shape('M430 712Q500 830 570 712L592 732Q500 880 408 732Z', paint(cloth, -0.13)),
    line('M240 1100Q250 980 220 900', paint(cloth, -0.16), 7),
    line('M760 1100Q750 980 780 900', paint(cloth, -0.16), 7),
    line('M330 1100Q360 1000 340 930', paint(cloth, -0.08), 9),
    line('M640 1100Q600 1010 630 920', paint(cloth, 0.07), 11),
  );
}

function face(drawing: Drawing, skin: Tone, hair: Tone): void {
  const dark = paint(skin, -0.22);
  drawing.add(
    ellipse([322, 440], [28, 52], paint(skin, -0.08)),
    ellipse([678, 440], [28, 52], paint(skin, -0.08)),
    shape(
      'M325 380Q320 560 400 640Q500 730 600 640Q680 560 675 380Q660 220 500 215Q340 220 325 380Z',
      drawing.radial([
        [0, paint(skin, 0.09)],
        [0.6, paint(skin)],
        [1, paint(skin, -0.16)],
      ]),
    ),
  );
  for (const x of [420, 580]) {
    drawing.add(
      ellipse([x, 418], [38, 19], '#f6f2ee'),
      ellipse([x, 418], [18, 18], '#4a3524'),
      ellipse([x, 418], [9, 9], '#080808'),
      ellipse([x + 6, 411], [4, 4], '#fff'),
      line(`M${x - 40} 414Q${x} 386 ${x + 40} 414`, paint(hair, -0.05), 6),
      line(`M${x - 50} 372Q${x} 346 ${x + 50} 370`, paint(hair), 14),
    );
  }
  drawing.add(
    line('M500 420Q490 500 474 520Q500 540 526 520', dark, 6),
    shape('M430 590Q500 560 570 590Q500 640 430 590Z', 'rgb(170,75,75)'),
    line('M430 590Q500 600 570 590', 'rgb(110,40,45)', 4),
    ellipse([400, 520], [40, 28], 'rgb(220,110,100)', 'opacity="0.18"'),
    ellipse([600, 520], [40, 28], 'rgb(220,110,100)', 'opacity="0.18"'),
  );
}

function scalp(drawing: Drawing, random: Random, hair: Tone, isShort: boolean): void {
  drawing.add(
    shape(
      'M318 400Q300 150 500 140Q700 150 682 400Q670 290 590 270Q500 250 420 285Q340 310 318 400Z',
      paint(hair, -0.05),
    ),
  );
  for (let i = 0; i < 1500; i += 1) {
    const azimuth = random.within(-Math.PI * 1.02, 0.02);
    const depth = random.within(0.78, 1.02);
    const [x, y] = [500 + 178 * depth * Math.cos(azimuth), 375 + 228 * depth * Math.sin(azimuth)];
    const loose = random.chance(isShort ? 0.3 : 0.08);
    const angle = loose
      ? azimuth + 0.6 * random.normal()
      : azimuth + (Math.cos(azimuth) > 0 ? 1.35 : -1.35) + 0.25 * random.normal();
    drawing.add(
      strand(hair, random, {
        x,
        y,
        angle,
        length: random.within(30, loose ? 90 : 75),
        width: random.within(1.2, 3.4),
        bend: random.within(-0.8, 0.8),
      }),
    );
  }
}

function longHair(drawing: Drawing, random: Random, hair: Tone): void {
  drawing.add(
    shape(
      'M310 420Q280 140 500 135Q720 140 690 420Q720 640 740 820Q500 900 260 820Q290 640 310 420Z',
      paint(hair, -0.09),
    ),
  );
  for (let i = 0; i < 2600; i += 1) {
    const side = random.chance(0.5) ? 1 : -1;
    const [x, y] = [500 + side * random.within(150, 215), random.within(230, 640)];
    const loose = random.chance(0.15) ? 0.5 : 0.16;
    drawing.add(
      strand(hair, random, {
        x,
        y,
        angle: Math.PI / 2 - side * (0.12 + loose * Math.abs(random.normal())),
        length: random.within(150, 320),
        width: random.within(1, 3),
        bend: side * random.within(-0.5, 0.6),
      }),
    );
  }
}

function curls(drawing: Drawing, random: Random, hair: Tone): void {
  drawing.add(ellipse([500, 350], [285, 275], paint(hair, -0.07)));
  for (let i = 0; i < 2600; i += 1) {
    const azimuth = random.within(0, 2 * Math.PI);
    const reach = random.within(150, 290);
    const [x, y] = [500 + reach * Math.cos(azimuth), 350 + 0.97 * reach * Math.sin(azimuth)];
    if (y > 620) continue;
    drawing.add(
      strand(hair, random, {
        x,
        y,
        angle: azimuth + random.normal(),
        length: random.within(25, 70),
        width: random.within(1.4, 3.6),
        bend: random.within(-2.6, 2.6),
      }),
    );
  }
}

interface Lump {
  x: number;
  y: number;
  rx: number;
  ry: number;
  tone: Tone;
  /** Strands, in thousands. */
  density: number;
}

/** Covers an ellipse with fur that points outwards and down; strands at the rim stand out. */
function furry(drawing: Drawing, random: Random, { x, y, rx, ry, tone, density }: Lump): void {
  drawing.add(ellipse([x, y], [rx, ry], drawing.ball(tone)));
  const count = 1000 * density;
  for (let i = 0; i < count; i += 1) {
    const azimuth = random.within(0, 2 * Math.PI);
    const depth = i < 0.55 * count ? Math.sqrt(random.next()) : random.within(0.9, 1.02);
    const [dx, dy] = [depth * Math.cos(azimuth), depth * Math.sin(azimuth)];
    const angle = Math.atan2(dy * 0.8 + 0.35, dx) + 0.35 * random.normal();
    const light = -0.14 * (dx * 0.5 + dy);
    drawing.add(
      strand({ ...tone, lightness: tone.lightness + light }, random, {
        x: x + rx * dx,
        y: y + ry * dy,
        angle,
        length: random.within(18, 52),
        width: random.within(1.1, 3.2),
        bend: random.within(-0.6, 0.6),
        opacity: random.within(0.75, 1),
      }),
    );
  }
}

const COATS: readonly Tone[] = [
  { hue: 28, saturation: 0.5, lightness: 0.42 },
  { hue: 35, saturation: 0.4, lightness: 0.65 },
  { hue: 0, saturation: 0.02, lightness: 0.82 },
  { hue: 20, saturation: 0.3, lightness: 0.25 },
  { hue: 220, saturation: 0.05, lightness: 0.4 },
];

/** An animal that sits and looks into the camera. */
export function sittingAnimal(random: Random): Drawing {
  const drawing = new Drawing(1000, 1250);
  const tone = random.pick(COATS);
  const chest = { ...tone, lightness: Math.min(0.9, tone.lightness + 0.18) };
  const pointed = random.chance(0.5);
  const lump = ([x, y]: Pair, [rx, ry]: Pair, color: Tone, density: number): void =>
    furry(drawing, random, { x, y, rx, ry, tone: color, density });
  lump([500, 860], [290, 310], tone, 2.2);
  lump([290, 1130], [130, 75], tone, 0.5);
  lump([710, 1130], [130, 75], tone, 0.5);
  lump([500, 880], [150, 230], chest, 0.8);
  for (const side of [-1, 1]) {
    if (pointed)
      drawing.add(
        shape(`M${500 + side * 90} 250L${500 + side * 225} 60L${500 + side * 240} 330Z`, paint(tone, -0.05)),
      );
    lump(
      [500 + side * (pointed ? 190 : 235), pointed ? 215 : 215],
      [pointed ? 45 : 85, pointed ? 95 : 85],
      tone,
      0.5,
    );
  }
  lump([500, 390], [260, 230], tone, 2);
  lump([500, 480], [110, 85], chest, 0.4);
  animalFace(drawing, random);
  return drawing;
}

function animalFace(drawing: Drawing, random: Random): void {
  for (const x of [400, 600]) {
    drawing.add(
      ellipse([x, 365], [42, 40], '#1a1208'),
      ellipse([x, 365], [34, 33], random.pick(['rgb(140,150,50)', 'rgb(110,70,30)', 'rgb(70,110,140)'])),
      ellipse([x, 367], [18, 26], '#050505'),
      ellipse([x + 10, 352], [8, 8], '#fff'),
    );
  }
  drawing.add(
    shape('M462 438Q500 425 538 438Q530 475 500 480Q470 475 462 438Z', '#2a1a18'),
    line('M500 480L500 510Q470 545 435 525M500 510Q530 545 565 525', '#2a1a18', 7),
  );
  for (const side of [-1, 1]) {
    for (let i = 0; i < 5; i += 1) {
      const [x, y] = [500 + side * 75, 485 + 9 * i];
      drawing.add(
        line(
          `M${x} ${y}Q${x + side * 150} ${y - 30 + 14 * i} ${x + side * 290} ${y - 20 + 34 * i}`,
          '#f4f1ea',
          2.2,
        ),
      );
    }
  }
}

/** An animal on four legs, seen from its side. */
export function walkingAnimal(random: Random): Drawing {
  const drawing = new Drawing(1500, 1080);
  const tone = random.pick(COATS);
  const lump = ([x, y]: Pair, [rx, ry]: Pair, density: number, lighter = 0): void =>
    furry(drawing, random, { x, y, rx, ry, tone: { ...tone, lightness: tone.lightness + lighter }, density });
  for (const [x, lighter] of [
    [460, -0.1],
    [1010, -0.1],
    [380, 0],
    [1090, 0],
  ] as const)
    lump([x, 800], [58, 200], 0.5, lighter);
  for (const x of [395, 475, 1025, 1105]) lump([x + 20, 990], [72, 34], 0.15);
  for (let i = 0; i < 7; i += 1)
    lump([255 - 26 * i, 480 - 34 * i + 4 * i * i], [52 - 3 * i, 50 - 3 * i], 0.22);
  lump([720, 560], [480, 205], 2.6);
  lump([1130, 450], [150, 190], 0.8);
  lump([1225, 300], [165, 145], 1.1);
  lump([1360, 350], [95, 66], 0.4, 0.08);
  lump([1150, 240], [60, 110], 0.4, -0.08);
  drawing.add(
    ellipse([1440, 330], [28, 22], '#171011'),
    ellipse([1275, 262], [21, 21], '#120c08'),
    ellipse([1281, 255], [6, 6], '#fff'),
    line('M1330 405Q1380 420 1425 385', '#1c1210', 7),
  );
  return drawing;
}

/** A feather: a shaft with fine barbs on both sides. */
export function feather(random: Random): Drawing {
  const drawing = new Drawing(560, 1500);
  const tone = anyTone(random);
  drawing.add(line('M280 1460Q250 800 330 70', paint(tone, 0.22), 11));
  for (let i = 0; i < 2200; i += 1) {
    const t = random.next();
    const [x, y] = [280 + 50 * t * t - 30 * 4 * t * (1 - t) * 0.5, 1280 - 1210 * t];
    const side = random.chance(0.5) ? 1 : -1;
    const reach = 190 * Math.sin(Math.PI * (0.12 + 0.86 * t)) ** 0.7;
    drawing.add(
      strand({ ...tone, lightness: tone.lightness + (side > 0 ? 0.06 : -0.05) }, random, {
        x,
        y,
        angle: -Math.PI / 2 + side * random.within(0.75, 1.05),
        length: reach * random.within(0.85, 1.15),
        width: random.within(1, 2.6),
        bend: -side * random.within(0.1, 0.5),
        opacity: random.within(0.55, 1),
      }),
    );
  }
  return drawing;
}
