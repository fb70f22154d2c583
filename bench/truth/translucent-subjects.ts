/** Subjects that let the ground shine through: opacity is given by formula. */
import { anyTone, Drawing, ellipse, lathe, line, paint, shape, type Tone } from './drawing.js';
import type { Random } from './random.js';

const GLASS: Tone = { hue: 200, saturation: 0.15, lightness: 0.8 };

/** Thicker at its rim than in its middle, as a hollow vessel appears. */
const hollow = (drawing: Drawing, tone: Tone, thin: number, thick: number): string =>
  drawing.linear([
    [0, paint(tone, -0.2), thick],
    [0.08, paint(tone, 0.1), (thin + thick) / 2],
    [0.3, paint(tone, 0.15), thin],
    [0.7, paint(tone), thin],
    [0.92, paint(tone, 0.1), (thin + thick) / 2],
    [1, paint(tone, -0.25), thick],
  ]);

export function wineGlass(random: Random): Drawing {
  const drawing = new Drawing(600, 1300);
  const wine = random.pick<Tone>([
    { hue: 350, saturation: 0.7, lightness: 0.24 },
    { hue: 48, saturation: 0.6, lightness: 0.6 },
  ]);
  const thin = random.within(0.12, 0.3);
  drawing.add(
    shape(
      lathe(300, [
        [60, 190],
        [300, 250],
        [560, 180],
        [680, 30],
        [720, 18],
      ]),
      hollow(drawing, GLASS, thin, 0.75),
    ),
    shape(
      'M72 345Q300 400 528 345Q520 540 330 655Q300 665 270 655Q80 540 72 345Z',
      hollow(drawing, wine, 0.78, 0.95),
    ),
    ellipse([300, 345], [228, 40], paint(wine, 0.1), 'opacity="0.85"'),
    shape(
      lathe(300, [
        [690, 20],
        [900, 13],
        [1120, 20],
        [1180, 60],
      ]),
      hollow(drawing, GLASS, 0.4, 0.85),
    ),
    ellipse([300, 1200], [210, 46], hollow(drawing, GLASS, 0.3, 0.8)),
    line('M130 130Q95 250 130 400', '#fff', 20, 'opacity="0.75"'),
    `<ellipse cx="300" cy="60" rx="190" ry="30" fill="none" stroke="#fff" stroke-width="5" opacity="0.7"/>`,
  );
  return drawing;
}

export function glassBottle(random: Random): Drawing {
  const drawing = new Drawing(440, 1200);
  const tone = random.pick<Tone>([
    GLASS,
    { hue: 120, saturation: 0.4, lightness: 0.3 },
    { hue: 28, saturation: 0.6, lightness: 0.3 },
    { hue: 205, saturation: 0.5, lightness: 0.5 },
  ]);
  drawing.add(
    shape(
      lathe(220, [
        [100, 60],
        [320, 64],
        [470, 190],
        [560, 198],
        [1120, 194],
        [1160, 165],
      ]),
      hollow(drawing, tone, random.within(0.25, 0.5), 0.92),
    ),
    shape(
      lathe(220, [
        [640, 197],
        [950, 196],
      ]),
      drawing.cylinder({ hue: 45, saturation: 0.3, lightness: 0.85 }),
    ),
    shape(
      lathe(220, [
        [30, 66],
        [110, 68],
      ]),
      drawing.cylinder({ hue: 42, saturation: 0.6, lightness: 0.5 }),
    ),
    line('M80 560L80 1060', '#fff', 14, 'opacity="0.6"'),
  );
  return drawing;
}

export function soapBubble(random: Random): Drawing {
  const drawing = new Drawing(900, 900);
  const hue = random.within(0, 360);
  const tone = (azimuth: number): string => paint({ hue: hue + azimuth, saturation: 0.6, lightness: 0.7 });
  drawing.add(
    ellipse(
      [450, 450],
      [430, 430],
      drawing.radial(
        [
          [0, tone(0), 0.06],
          [0.55, tone(60), 0.1],
          [0.64, tone(140), 0.35],
          [0.69, tone(220), 0.7],
          [1, tone(280), 0.9],
        ],
        0.5,
      ),
    ),
    ellipse([290, 250], [110, 60], '#fff', 'opacity="0.8" transform="rotate(-40 290 250)"'),
    ellipse([620, 680], [60, 26], '#fff', 'opacity="0.55" transform="rotate(-40 620 680)"'),
  );
  return drawing;
}

/** A cloth that hangs in folds; its opacity grows where folds overlap. */
export function veil(random: Random): Drawing {
  const drawing = new Drawing(1000, 1300);
  const tone = { ...anyTone(random), lightness: random.within(0.55, 0.9) };
  const folds = random.integer(7, 12);
  drawing.add(
    shape(
      'M150 80Q500 20 850 80Q900 700 960 1240Q500 1290 40 1240Q100 700 150 80Z',
      paint(tone),
      `opacity="${random.within(0.3, 0.5)}"`,
    ),
  );
  for (let i = 0; i < folds; i += 1) {
    const [top, bottom] = [160 + (690 * i) / folds, 60 + (890 * i) / folds];
    const wide = random.within(40, 110);
    drawing.add(
      shape(
        `M${top} 70Q${top - 30} 700 ${bottom} 1240L${bottom + wide} 1245Q${top + wide * 0.6} 700 ${top + wide * 0.5} 66Z`,
        drawing.linear([
          [0, paint(tone, -0.1), 0.55],
          [0.5, paint(tone, 0.12), 0.3],
          [1, paint(tone, -0.05), 0.05],
        ]),
      ),
    );
  }
  drawing.add(line('M140 84Q500 20 860 84', paint({ hue: 40, saturation: 0.5, lightness: 0.45 }), 22));
  return drawing;
}

export function jellyfish(random: Random): Drawing {
  const drawing = new Drawing(900, 1400);
  const tone = { ...anyTone(random), lightness: 0.7 };
  for (let i = 0; i < 26; i += 1) {
    const x = random.within(190, 710);
    const sway = (): number => random.within(-90, 90);
    drawing.add(
      line(
        `M${x} 480C${x + sway()} 700 ${x + sway()} 950 ${x + sway()} ${random.within(900, 1380)}`,
        paint(tone, random.within(-0.1, 0.15)),
        random.within(3, 12),
        `opacity="${random.within(0.35, 0.8)}"`,
      ),
    );
  }
  drawing.add(
    shape(
      'M80 460Q80 60 450 50Q820 60 820 460Q760 540 700 480Q640 550 570 485Q510 555 450 485Q390 555 330 485Q260 550 200 480Q140 540 80 460Z',
      drawing.radial([
        [0, paint(tone, 0.2), 0.45],
        [0.6, paint(tone), 0.6],
        [1, paint(tone, -0.1), 0.9],
      ]),
    ),
  );
  return drawing;
}
