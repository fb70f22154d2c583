/** Subjects with hard outlines: toys, things to wear, people. */
import { anyTone, box, Drawing, ellipse, line, paint, polygon, shape, words, type Tone } from './drawing.js';
import type { Random } from './random.js';

const METAL: Tone = { hue: 210, saturation: 0.06, lightness: 0.6 };
const DARK: Tone = { hue: 220, saturation: 0.1, lightness: 0.15 };

export function shoe(random: Random): Drawing {
  const drawing = new Drawing(1200, 640);
  const [tone, second] = [anyTone(random), anyTone(random)];
  drawing.add(
    shape(
      'M110 90Q230 150 350 100Q430 190 560 260Q800 300 1010 370Q1120 410 1120 490L90 490Q60 280 110 90Z',
      drawing.upright(tone),
    ),
    shape('M110 90Q230 150 350 100L372 132Q230 190 104 128Z', paint(tone, -0.2)),
    shape('M800 300Q1010 350 1060 400Q1120 430 1120 490L830 490Q760 390 800 300Z', paint(second, 0.02)),
    shape('M90 330Q180 300 250 490L88 490Z', paint(second, -0.05)),
    shape(
      'M70 480L1130 480Q1160 560 1090 590L120 590Q60 570 70 480Z',
      drawing.upright({ hue: 40, saturation: 0.1, lightness: 0.85 }),
    ),
    box([75, 545], [1060, 16], paint(tone), 'opacity="0.8"'),
    shape('M300 420Q480 480 640 320Q560 470 330 470Z', '#f4f4f0'),
  );
  for (let i = 0; i < 6; i += 1)
    drawing.add(line(`M${400 + 62 * i} ${205 + 20 * i}L${460 + 58 * i} ${150 + 30 * i + 70}`, '#f3f3f3', 13));
  return drawing;
}

export function car(random: Random): Drawing {
  const drawing = new Drawing(1400, 620);
  const tone = { ...anyTone(random), saturation: random.within(0.4, 0.9) };
  drawing.add(
    shape(
      'M60 470Q50 330 200 300L380 270Q500 110 720 110Q960 110 1060 280Q1300 300 1340 400Q1360 470 1320 490L90 490Z',
      drawing.upright(tone),
    ),
    shape(
      'M430 270Q520 150 690 150L690 275Z',
      drawing.upright({ hue: 205, saturation: 0.3, lightness: 0.35 }),
    ),
    shape(
      'M730 150Q900 150 990 282L730 275Z',
      drawing.upright({ hue: 205, saturation: 0.3, lightness: 0.3 }),
    ),
    line('M90 395L1330 395', paint(tone, 0.2), 9),
    line('M710 275L710 480', paint(tone, -0.16), 5),
    ellipse([1290, 370], [34, 30], '#f8f2d8'),
    box([62, 350], [40, 60], 'rgb(190,30,30)', 'rx="12"'),
    box([760, 330], [70, 16], paint(METAL, 0.2), 'rx="8"'),
  );
  for (const x of [310, 1080]) {
    drawing.add(
      ellipse([x, 480], [122, 122], paint(DARK)),
      ellipse([x, 480], [76, 76], drawing.ball(METAL)),
      ellipse([x, 480], [22, 22], paint(DARK, 0.1)),
    );
    for (let i = 0; i < 5; i += 1)
      drawing.add(
        line(`M${x} 480l${66 * Math.cos(1.257 * i)} ${66 * Math.sin(1.257 * i)}`, paint(DARK, 0.1), 12),
      );
  }
  return drawing;
}

export function robot(random: Random): Drawing {
  const drawing = new Drawing(800, 1150);
  const [tone, second] = [anyTone(random), anyTone(random)];
  const round = `rx="${random.integer(10, 50)}"`;
  drawing.add(
    line('M400 110L400 40', paint(METAL, -0.2), 16),
    ellipse([400, 36], [30, 30], drawing.ball({ hue: 0, saturation: 0.8, lightness: 0.5 })),
    box([250, 100], [300, 250], drawing.cylinder(tone), round),
    box([345, 340], [110, 60], paint(METAL, -0.2)),
    box([180, 390], [440, 390], drawing.cylinder(second), round),
    box([240, 450], [320, 150], paint(DARK, 0.05), 'rx="14"'),
    words(
      [400, 548],
      { size: 64, fill: 'rgb(90,230,140)' },
      'RX-' + String(random.integer(10, 99)),
      'text-anchor="middle"',
    ),
  );
  for (const side of [-1, 1]) {
    drawing.add(
      ellipse([400 + side * 70, 205], [46, 46], '#f5f5f5'),
      ellipse([400 + side * 70, 205], [22, 22], '#101018'),
      line(
        `M${400 + side * 220} 430Q${400 + side * 350} 520 ${400 + side * 300} 690`,
        paint(METAL, -0.1),
        56,
      ),
      ellipse([400 + side * 300, 715], [58, 52], drawing.ball(tone)),
      box([400 + side * 110 - 65, 770], [130, 260], drawing.cylinder(METAL)),
      box([400 + side * 120 - 100, 1010], [200, 100], drawing.upright(tone), 'rx="30"'),
    );
  }
  return drawing;
}

export function donut(random: Random): Drawing {
  const drawing = new Drawing(1000, 900);
  const dough: Tone = { hue: 32, saturation: 0.6, lightness: 0.55 };
  const icing = anyTone(random);
  const ring = (rx: number, ry: number, inner: number): string =>
    `M${500 - rx} 450A${rx} ${ry} 0 1 0 ${500 + rx} 450A${rx} ${ry} 0 1 0 ${500 - rx} 450ZM${500 - inner} 440A${inner} ${inner * 0.78} 0 1 0 ${500 + inner} 440A${inner} ${inner * 0.78} 0 1 0 ${500 - inner} 440Z`;
  drawing.add(
    shape(
      ring(460, 390, 130),
      drawing.radial([
        [0, paint(dough, 0.1)],
        [0.35, paint(dough, 0.05)],
        [1, paint(dough, -0.2)],
      ]),
      'fill-rule="evenodd"',
    ),
    shape(ring(415, 342, 165), drawing.ball(icing), 'fill-rule="evenodd"'),
    line('M220 330Q330 190 520 170', '#fff', 22, 'opacity="0.45"'),
  );
  for (let i = 0; i < 90; i += 1) {
    const azimuth = random.within(0, 2 * Math.PI);
    const reach = random.within(0.52, 0.92);
    const [x, y, lean] = [
      500 + 400 * reach * Math.cos(azimuth),
      446 + 330 * reach * Math.sin(azimuth),
      random.within(0, 6.28),
    ];
    drawing.add(
      line(
        `M${x} ${y}l${24 * Math.cos(lean)} ${24 * Math.sin(lean)}`,
        paint({ hue: random.within(0, 360), saturation: 0.8, lightness: 0.6 }),
        11,
      ),
    );
  }
  return drawing;
}

export function fingerRing(random: Random): Drawing {
  const drawing = new Drawing(900, 1000);
  const gold = random.pick<Tone>([{ hue: 45, saturation: 0.65, lightness: 0.52 }, METAL]);
  drawing.add(
    `<ellipse cx="450" cy="600" rx="330" ry="340" fill="none" stroke="${drawing.cylinder(gold)}" stroke-width="${random.integer(34, 70)}"/>`,
    line('M170 480Q250 330 400 280', paint(gold, 0.35), 12),
    polygon(
      [
        [330, 130],
        [570, 130],
        [650, 220],
        [450, 330],
        [250, 220],
      ],
      drawing.upright({ hue: random.within(0, 360), saturation: 0.5, lightness: 0.6 }),
    ),
    polygon(
      [
        [330, 130],
        [570, 130],
        [520, 215],
        [380, 215],
      ],
      'rgba(255,255,255,0.55)',
    ),
    line('M250 220L650 220M380 215L450 330L520 215', 'rgba(255,255,255,0.7)', 5),
  );
  return drawing;
}

export function handbag(random: Random): Drawing {
  const drawing = new Drawing(1000, 1000);
  const tone = anyTone(random);
  drawing.add(
    line('M290 440C280 60 720 60 710 440', paint(tone, -0.16), 46),
    line('M290 440C280 60 720 60 710 440', paint(tone, 0.02), 24),
    shape('M130 420L870 420Q940 900 900 930Q500 980 100 930Q60 900 130 420Z', drawing.upright(tone)),
    shape(
      'M125 420L875 420L880 560Q500 720 120 560Z',
      drawing.upright({ ...tone, lightness: tone.lightness + 0.06 }),
    ),
    line('M120 560Q500 720 880 560', paint(tone, -0.22), 8),
    line('M136 450L864 450', paint(tone, 0.2), 4, 'stroke-dasharray="14 10"'),
    box([445, 590], [110, 90], drawing.cylinder({ hue: 45, saturation: 0.6, lightness: 0.55 }), 'rx="16"'),
  );
  return drawing;
}

export function headphones(random: Random): Drawing {
  const drawing = new Drawing(1000, 950);
  const tone = random.chance(0.5) ? DARK : anyTone(random);
  drawing.add(
    line('M170 560C120 40 880 40 830 560', paint(tone, -0.06), 66),
    line('M185 520C150 80 850 80 815 520', paint(tone, 0.16), 22),
  );
  for (const side of [-1, 1]) {
    const x = 500 + side * 325;
    drawing.add(
      box([x - 85, 500], [170, 330], drawing.cylinder(tone), 'rx="80"'),
      box([x - side * 100 - 50, 530], [100, 270], paint(DARK, 0.08), 'rx="48"'),
      ellipse([x + side * 40, 660], [26, 90], paint(tone, 0.2)),
    );
  }
  return drawing;
}

/** A standing person, from head to foot. */
export function person(random: Random): Drawing {
  const drawing = new Drawing(700, 1900);
  const [shirt, trousers] = [anyTone(random), { ...anyTone(random), lightness: random.within(0.15, 0.45) }];
  const skin: Tone = { hue: 22, saturation: 0.45, lightness: random.within(0.35, 0.72) };
  const hair: Tone = { hue: 28, saturation: 0.4, lightness: random.within(0.08, 0.45) };
  const [stride, swing] = [random.within(30, 120), random.within(-70, 90)];
  const limb = (d: string, tone: Tone, width: number): void =>
    drawing.add(line(d, paint(tone, -0.1), width), line(d, paint(tone, 0.02), width * 0.62));
  limb(`M300 950Q${290 - stride} 1350 ${280 - stride} 1760`, trousers, 135);
  limb(`M400 950Q${410 + stride} 1350 ${430 + stride} 1760`, trousers, 135);
  for (const [x, side] of [
    [280 - stride, -1],
    [430 + stride, 1],
  ] as const)
    drawing.add(
      shape(
        `M${x - 60} 1750Q${x} 1720 ${x + 60} 1750L${x + 70 + side * 40} 1830Q${x} 1860 ${x - 70 + side * 40} 1830Z`,
        paint(DARK, 0.04),
      ),
    );
  limb(`M215 500Q${130 - swing} 740 ${170 - swing} 980`, shirt, 96);
  limb(`M485 500Q${570 + swing} 740 ${530 + swing} 980`, shirt, 96);
  drawing.add(
    ellipse([170 - swing, 1010], [44, 56], paint(skin)),
    ellipse([530 + swing, 1010], [44, 56], paint(skin)),
    shape('M190 470Q350 400 510 470Q540 760 490 1010L210 1010Q160 760 190 470Z', drawing.cylinder(shirt)),
    line('M350 450L350 1000', paint(shirt, -0.14), 6),
    box([212, 990], [276, 34], paint(DARK, 0.1)),
    box([305, 360], [90, 100], paint(skin, -0.1)),
    ellipse([350, 260], [112, 142], drawing.ball(skin)),
    shape('M232 260Q220 90 350 95Q480 90 468 260Q450 170 350 175Q250 170 232 260Z', paint(hair)),
    ellipse([308, 262], [12, 9], '#221a14'),
    ellipse([392, 262], [12, 9], '#221a14'),
    line('M318 336Q350 354 382 336', 'rgb(150,70,66)', 8),
    line('M350 270L342 306L356 308', paint(skin, -0.18), 5),
  );
  return drawing;
}

export function ball(random: Random): Drawing {
  const drawing = new Drawing(900, 900);
  const [tone, second] = [anyTone(random), anyTone(random)];
  drawing.add(ellipse([450, 450], [430, 430], drawing.ball(tone)));
  for (const x of [-300, -100, 120, 310])
    drawing.add(line(`M450 22Q${450 + x} 450 450 878`, paint(second), 26));
  drawing.add(ellipse([310, 270], [90, 60], '#fff', 'opacity="0.5" transform="rotate(-35 310 270)"'));
  return drawing;
}
