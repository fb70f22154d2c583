/** Subjects of wires, spokes, stems and leaves. */
import { anyTone, box, Drawing, ellipse, line, paint, shape, type Pair, type Tone } from './drawing.js';
import type { Random } from './random.js';

const METAL: Tone = { hue: 210, saturation: 0.06, lightness: 0.55 };
const DARK: Tone = { hue: 220, saturation: 0.1, lightness: 0.14 };

const circle = ([cx, cy]: Pair, r: number, stroke: string, width: number): string =>
  `<circle cx="${cx}" cy="${cy}" r="${r}" fill="none" stroke="${stroke}" stroke-width="${width}"/>`;

function wheel(drawing: Drawing, x: number, y: number, spokes: number): void {
  drawing.add(
    circle([x, y], 258, paint(DARK), 30),
    circle([x, y], 238, paint(METAL, 0.1), 12),
    ellipse([x, y], [24, 24], paint(METAL, -0.1)),
  );
  for (let i = 0; i < spokes; i += 1) {
    const angle = (2 * Math.PI * i) / spokes;
    const skew = i % 2 === 0 ? 0.9 : -0.9;
    drawing.add(
      line(
        `M${x + 20 * Math.cos(angle + skew)} ${y + 20 * Math.sin(angle + skew)}L${x + 236 * Math.cos(angle)} ${y + 236 * Math.sin(angle)}`,
        paint(METAL, 0.15),
        3,
      ),
    );
  }
}

export function bicycle(random: Random): Drawing {
  const drawing = new Drawing(1500, 1000);
  const tone = { ...anyTone(random), saturation: 0.7 };
  const spokes = random.integer(14, 32);
  wheel(drawing, 310, 680, spokes);
  wheel(drawing, 1180, 680, spokes);
  const tube = (d: string, width = 30): void =>
    drawing.add(line(d, paint(tone, -0.12), width), line(d, paint(tone, 0.14), width * 0.4));
  tube('M310 680L700 690L520 300Z', 24);
  tube('M540 330L1030 320L700 690');
  tube('M1010 200L1050 400L1180 680');
  drawing.add(
    line('M490 240L520 300', paint(METAL), 22),
    shape('M390 215Q500 190 610 225Q600 265 520 262Q420 262 390 215Z', paint(DARK, 0.06)),
    line('M1010 200L1060 150Q1150 150 1140 230', paint(DARK, 0.1), 26),
    circle([700, 690], 78, paint(METAL, -0.15), 16),
    line('M310 654L700 612M310 706L700 768', paint(DARK, 0.16), 8),
    line('M700 690L770 800', paint(METAL, -0.1), 20),
    box([730, 795], [100, 22], paint(DARK), 'rx="8"'),
  );
  return drawing;
}

export function spectacles(random: Random): Drawing {
  const drawing = new Drawing(1300, 520);
  const tone = random.chance(0.5) ? DARK : anyTone(random);
  const width = random.integer(12, 34);
  for (const x of [370, 930])
    drawing.add(
      `<rect x="${x - 230}" y="110" width="460" height="330" rx="150" fill="none" stroke="${drawing.upright(tone)}" stroke-width="${width}"/>`,
    );
  drawing.add(
    line('M590 240Q650 190 710 240', paint(tone), width),
    line('M142 220L60 180L50 90', paint(tone, -0.05), width),
    line('M1158 220L1240 180L1250 90', paint(tone, -0.05), width),
    line('M250 140Q330 118 420 124', paint(tone, 0.35), 5),
  );
  return drawing;
}

interface Leaf {
  x: number;
  y: number;
  /** In radians. */
  angle: number;
  length: number;
}
interface Painter {
  drawing: Drawing;
  random: Random;
  tone: Tone;
}

function leaf({ drawing, random, tone }: Painter, { x, y, angle, length }: Leaf): void {
  const shade = {
    ...tone,
    hue: tone.hue + random.within(-14, 14),
    lightness: tone.lightness + 0.09 * random.normal(),
  };
  const wide = length * random.within(0.2, 0.3);
  const turned = `transform="translate(${x} ${y}) rotate(${(angle * 180) / Math.PI})"`;
  const outline = `M0 0Q${0.3 * length} ${-wide} ${0.62 * length} ${-0.7 * wide}Q${0.9 * length} ${-0.25 * wide} ${length} 0Q${0.9 * length} ${0.3 * wide} ${0.6 * length} ${0.75 * wide}Q${0.3 * length} ${wide} 0 0Z`;
  drawing.add(
    `<g ${turned}>${shape(
      outline,
      drawing.linear([
        [0, paint(shade, -0.08)],
        [1, paint(shade, 0.1)],
      ]),
    )}${line(`M0 0L${0.95 * length} 0`, paint(shade, 0.16), Math.max(1.5, length / 60))}</g>`,
  );
}

export function pottedPlant(random: Random): Drawing {
  const drawing = new Drawing(1100, 1400);
  const [pot, green] = [anyTone(random), { hue: random.within(80, 140), saturation: 0.45, lightness: 0.32 }];
  for (let i = 0; i < random.integer(12, 22); i += 1) {
    const lean = random.within(-1.15, 1.15);
    const reach = random.within(380, 860) * Math.cos(lean * 0.6);
    const [endX, endY] = [550 + reach * Math.sin(lean), 1000 - reach * Math.cos(lean)];
    const [viaX, viaY] = [550 + 0.15 * reach * Math.sin(lean), 1000 - 0.6 * reach];
    drawing.add(line(`M550 1010Q${viaX} ${viaY} ${endX} ${endY}`, paint(green, -0.06), random.within(5, 10)));
    const leaves = random.integer(3, 8);
    for (let k = 1; k <= leaves; k += 1) {
      const t = 0.35 + (0.65 * k) / leaves;
      const at = (a: number, b: number, c: number): number =>
        (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t * t * c;
      const side = k % 2 === 0 ? 0.7 : -0.7;
      leaf(
        { drawing, random, tone: green },
        {
          x: at(550, viaX, endX),
          y: at(1010, viaY, endY),
          angle: lean - Math.PI / 2 + (k === leaves ? 0 : side),
          length: random.within(90, 190),
        },
      );
    }
  }
  drawing.add(
    shape('M330 990L770 990L705 1360Q550 1385 395 1360Z', drawing.cylinder(pot)),
    box([305, 955], [490, 80], drawing.cylinder({ ...pot, lightness: pot.lightness + 0.06 }), 'rx="18"'),
  );
  return drawing;
}

/** A bare branch that forks, with a few leaves. */
export function branch(random: Random): Drawing {
  const drawing = new Drawing(1200, 1300);
  const bark: Tone = { hue: 25, saturation: 0.3, lightness: 0.28 };
  const green = { hue: random.pick([95, 30, 12]), saturation: 0.55, lightness: 0.4 };
  const grow = (x: number, y: number, angle: number, width: number): void => {
    const length = 26 + 6.2 * width + random.within(0, 60);
    const [endX, endY] = [x + length * Math.cos(angle), y + length * Math.sin(angle)];
    drawing.add(line(`M${x} ${y}L${endX} ${endY}`, paint(bark, random.within(-0.05, 0.05)), width));
    if (width < 3.2) {
      if (random.chance(0.7))
        leaf(
          { drawing, random, tone: green },
          { x: endX, y: endY, angle: angle + random.within(-0.6, 0.6), length: random.within(45, 90) },
        );
      return;
    }
    for (const side of [-1, 1])
      grow(endX, endY, angle + side * random.within(0.15, 0.6), width * random.within(0.56, 0.82));
  };
  grow(600, 1290, -Math.PI / 2 + random.within(-0.1, 0.1), 40);
  return drawing;
}

export function birdCage(random: Random): Drawing {
  const drawing = new Drawing(900, 1300);
  const tone = random.chance(0.5) ? { hue: 45, saturation: 0.6, lightness: 0.45 } : METAL;
  const bars = random.integer(8, 15);
  const wire = (d: string, width = 9): void =>
    drawing.add(line(d, paint(tone, -0.12), width), line(d, paint(tone, 0.2), width * 0.35));
  for (let i = 0; i <= bars; i += 1) {
    const x = 450 + 350 * Math.cos((Math.PI * i) / bars);
    wire(`M450 130Q${450 + (x - 450) * 1.05} 170 ${x} 480L${x} 1130`);
  }
  for (const [y, rx] of [
    [480, 350],
    [800, 350],
    [280, 275],
  ] as const)
    wire(`M${450 - rx} ${y}Q450 ${y + 90} ${450 + rx} ${y}`, 11);
  drawing.add(
    circle([450, 82], 44, paint(tone), 14),
    shape('M90 1120Q450 1210 810 1120L790 1220Q450 1300 110 1220Z', drawing.cylinder(tone)),
    ellipse([450, 900], [74, 96], drawing.ball({ hue: 52, saturation: 0.9, lightness: 0.5 })),
    ellipse([470, 800], [52, 50], drawing.ball({ hue: 52, saturation: 0.9, lightness: 0.55 })),
    ellipse([488, 790], [8, 8], '#111'),
    shape('M515 800L560 812L516 824Z', 'rgb(220,110,30)'),
    line('M250 1000L650 1000', paint({ hue: 28, saturation: 0.4, lightness: 0.4 }), 16),
  );
  return drawing;
}

export function racket(random: Random): Drawing {
  const drawing = new Drawing(560, 1400);
  const tone = { ...anyTone(random), saturation: 0.7 };
  for (let i = -6; i <= 6; i += 1) {
    const half = 350 * Math.sqrt(Math.max(0, 1 - ((i * 36) / 245) ** 2));
    drawing.add(line(`M${280 + i * 36} ${400 - half}L${280 + i * 36} ${400 + half}`, '#eceade', 4));
  }
  for (let k = -9; k <= 9; k += 1) {
    const half = 240 * Math.sqrt(Math.max(0, 1 - ((k * 36) / 355) ** 2));
    drawing.add(line(`M${280 - half} ${400 + k * 36}L${280 + half} ${400 + k * 36}`, '#eceade', 4));
  }
  drawing.add(
    `<ellipse cx="280" cy="400" rx="246" ry="356" fill="none" stroke="${drawing.cylinder(tone)}" stroke-width="32"/>`,
    line('M170 715L262 960M390 715L298 960', paint(tone), 28),
    box([244, 930], [72, 430], drawing.cylinder(DARK), 'rx="20"'),
  );
  return drawing;
}

export function umbrella(random: Random): Drawing {
  const drawing = new Drawing(1200, 1250);
  const [tone, second] = [anyTone(random), anyTone(random)];
  drawing.add(
    line('M600 100L600 1080Q600 1180 690 1170Q750 1160 745 1090', paint(DARK, 0.12), 18),
    line('M600 40L600 110', paint(METAL), 10),
  );
  const tips = [50, 270, 490, 710, 930, 1150];
  for (let i = 0; i < 5; i += 1) {
    const [from, to] = [tips[i]!, tips[i + 1]!];
    const bow = (x: number): number => 520 - 70 * (1 - ((x - 600) / 550) ** 2) * 0.2;
    drawing.add(
      shape(
        `M600 90Q${from + (600 - from) * 0.35} 170 ${from} ${bow(from)}Q${(from + to) / 2} 440 ${to} ${bow(to)}Q${to + (600 - to) * 0.35} 170 600 90Z`,
        paint(i % 2 === 0 ? tone : second, 0.12 - 0.06 * i),
      ),
    );
  }
  return drawing;
}

export function ladder(random: Random): Drawing {
  const drawing = new Drawing(700, 1500);
  const tone = random.chance(0.5) ? METAL : { hue: 30, saturation: 0.5, lightness: 0.5 };
  drawing.add(
    line('M560 60L660 1460', paint(tone, -0.2), 22),
    line('M300 60L220 1460', paint(tone, -0.2), 22),
  );
  for (let i = 1; i < 8; i += 1)
    drawing.add(
      line(`M${250 - 26 * i} ${150 + 165 * i}L${520 - 8 * i} ${150 + 165 * i}`, paint(tone, 0.06), 24),
    );
  drawing.add(
    line('M270 40L50 1460', paint(tone), 34),
    line('M530 40L470 1460', paint(tone, 0.04), 34),
    box([240, 24], [340, 44], paint(tone, 0.1), 'rx="8"'),
  );
  return drawing;
}
