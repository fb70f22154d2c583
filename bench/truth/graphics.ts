/** Drawn graphics on one color: logos, icons, codes, signatures, line art, charts. */
import { box, Drawing, ellipse, line, paint, polygon, shape, words, type Tone } from './drawing.js';
import type { Random } from './random.js';

export const GRAPHICS = [
  'logo',
  'emblem',
  'icon',
  'code',
  'signature',
  'line-art',
  'chart',
  'rings',
  'lettering',
  'diagram',
  'stamp',
  'filled-face',
] as const;
export type Graphic = (typeof GRAPHICS)[number];

const NAMES = [
  'Nordwind',
  'ACME Ltd.',
  'Café Luna',
  'Blue Fox',
  'Atelier 9',
  'Kraft & Söhne',
  'zenith',
  'MAISON',
];
const INKS: readonly Tone[] = [
  { hue: 220, saturation: 0.3, lightness: 0.1 },
  { hue: 220, saturation: 0.8, lightness: 0.3 },
  { hue: 0, saturation: 0, lightness: 0.02 },
];

/** A graphic on a transparent ground. */
export function graphic(sort: Graphic, random: Random): Drawing {
  return DRAWN[sort](random);
}

/** A strong tone, or one that stands out from a light ground. */
const strong = (random: Random): Tone => ({
  hue: random.within(0, 360),
  saturation: random.within(0.5, 1),
  lightness: random.within(0.2, 0.55),
});

const DRAWN: Record<Graphic, (random: Random) => Drawing> = {
  logo: (random) => {
    const drawing = new Drawing(1200, 500);
    const [tone, second] = [strong(random), strong(random)];
    drawing.add(
      ellipse([230, 250], [190, 190], paint(tone)),
      random.chance(0.5)
        ? polygon(
            [
              [230, 110],
              [350, 320],
              [110, 320],
            ],
            paint(second, 0.2),
          )
        : box([140, 160], [180, 180], paint(second, 0.2), 'rx="40"'),
      words([460, 270], { size: 120, fill: paint(tone) }, random.pick(NAMES), 'font-weight="bold"'),
      words([465, 360], { size: 46, fill: paint(second) }, 'since 1987 — quality goods'),
    );
    return drawing;
  },
  emblem: (random) => {
    const drawing = new Drawing(900, 900);
    const [tone, second] = [strong(random), strong(random)];
    const teeth = random.integer(8, 24);
    const points = Array.from({ length: teeth * 2 }, (_, i): [number, number] => {
      const [angle, reach] = [(Math.PI * i) / teeth, i % 2 === 0 ? 420 : 350];
      return [450 + reach * Math.cos(angle), 450 + reach * Math.sin(angle)];
    });
    drawing.add(
      polygon(points, paint(tone)),
      ellipse([450, 450], [300, 300], paint(second, 0.25)),
      ellipse([450, 450], [270, 270], paint(tone, 0.1)),
      words(
        [450, 480],
        { size: 96, fill: paint(second, 0.35) },
        random.pick(NAMES).slice(0, 7),
        'text-anchor="middle" font-weight="bold"',
      ),
    );
    return drawing;
  },
  icon: (random) => {
    const drawing = new Drawing(640, 640);
    const tone = strong(random);
    drawing.add(
      box(
        [40, 40],
        [560, 560],
        random.chance(0.5) ? drawing.upright(tone) : paint(tone),
        `rx="${random.integer(20, 140)}"`,
      ),
      shape('M180 420L320 180L460 420Z', '#ffffff'),
      ellipse([320, 370], [60, 60], paint(tone, -0.1)),
      line('M160 490L480 490', '#ffffff', 28),
    );
    return drawing;
  },
  code: (random) => {
    const side = random.pick([21, 25, 29, 33]);
    const drawing = new Drawing(side * 20, side * 20);
    const ink = paint(random.pick(INKS));
    const finder = (x: number, y: number): boolean =>
      [
        [0, 0],
        [side - 7, 0],
        [0, side - 7],
      ].some(([a, b]) => x >= a! - 1 && x <= a! + 7 && y >= b! - 1 && y <= b! + 7);
    const squares: string[] = [];
    for (let y = 0; y < side; y += 1)
      for (let x = 0; x < side; x += 1)
        if (!finder(x, y) && random.chance(0.48)) squares.push(`M${20 * x} ${20 * y}h20v20h-20z`);
    for (const [a, b] of [
      [0, 0],
      [side - 7, 0],
      [0, side - 7],
    ] as const) {
      const [x, y] = [20 * a, 20 * b];
      squares.push(
        `M${x} ${y}h140v140h-140zM${x + 20} ${y + 20}v100h100v-100zM${x + 40} ${y + 40}h60v60h-60z`,
      );
    }
    drawing.add(shape(squares.join(''), ink));
    return drawing;
  },
  signature: (random) => {
    const drawing = new Drawing(1200, 440);
    const ink = paint(random.pick(INKS));
    let d = `M60 ${random.within(200, 300)}`;
    for (let x = 60; x < 1000;) {
      const step = random.within(40, 110);
      d += `C${x + random.within(-60, 80)} ${random.within(20, 240)} ${x + step + random.within(-60, 60)} ${random.within(200, 420)} ${x + step} ${random.within(180, 310)}`;
      x += step;
    }
    drawing.add(
      line(d, ink, random.within(3, 8)),
      line(`M180 390Q600 ${random.within(330, 420)} 1120 350`, ink, random.within(2.5, 5)),
    );
    return drawing;
  },
  'line-art': (random) => {
    const drawing = new Drawing(1000, 1000);
    const ink = paint(random.pick(INKS));
    const width = random.within(2, 5);
    for (let i = 0; i < 12; i += 1) {
      const angle = (Math.PI * 2 * i) / 12;
      const [x, y] = [500 + 260 * Math.cos(angle), 420 + 260 * Math.sin(angle)];
      drawing.add(
        line(
          `M500 420Q${500 + 330 * Math.cos(angle - 0.3)} ${420 + 330 * Math.sin(angle - 0.3)} ${x} ${y}Q${500 + 330 * Math.cos(angle + 0.3)} ${420 + 330 * Math.sin(angle + 0.3)} 500 420`,
          ink,
          width,
        ),
      );
    }
    drawing.add(
      `<circle cx="500" cy="420" r="70" fill="none" stroke="${ink}" stroke-width="${width}"/>`,
      line('M500 490Q480 720 520 980', ink, width * 1.4),
      line('M500 760Q340 650 280 760Q360 850 506 800', ink, width),
      line('M504 840Q660 730 730 830Q640 930 512 890', ink, width),
    );
    return drawing;
  },
  chart: (random) => {
    const drawing = new Drawing(1200, 800);
    const tone = strong(random);
    drawing.add(line('M100 40L100 700L1160 700', '#333333', 4));
    for (let i = 0; i < 8; i += 1) {
      const high = random.within(80, 600);
      drawing.add(
        box([150 + 125 * i, 698 - high], [80, high], paint({ ...tone, hue: tone.hue + (i % 3) * 40 })),
        words([190 + 125 * i, 750], { size: 32, fill: '#333333' }, `Q${(i % 4) + 1}`, 'text-anchor="middle"'),
      );
    }
    return drawing;
  },
  rings: (random) => {
    const drawing = new Drawing(1200, 600);
    const width = random.within(24, 70);
    for (const [x, y] of [
      [260, 250],
      [600, 250],
      [940, 250],
      [430, 370],
      [770, 370],
    ] as const)
      drawing.add(
        `<circle cx="${x}" cy="${y}" r="170" fill="none" stroke="${paint(strong(random))}" stroke-width="${width}"/>`,
      );
    return drawing;
  },
  lettering: (random) => {
    const drawing = new Drawing(1200, 420);
    const ink = random.chance(0.5) ? paint(random.pick(INKS)) : paint(strong(random));
    drawing.add(
      words(
        [600, 200],
        { size: 150, fill: ink },
        random.pick(NAMES),
        `text-anchor="middle" ${random.chance(0.5) ? 'font-weight="bold"' : ''}`,
      ),
      line('M120 250L1080 250', ink, random.within(1, 4)),
      words([600, 340], { size: 44, fill: ink }, 'Handmade in small series · No. 12', 'text-anchor="middle"'),
    );
    return drawing;
  },
  diagram: (random) => {
    const drawing = new Drawing(1200, 700);
    const tone = strong(random);
    for (let i = 0; i < 3; i += 1) {
      drawing.add(
        box(
          [40 + 400 * i, 250],
          [300, 180],
          paint(tone, 0.3 - 0.08 * i),
          `rx="24" stroke="${paint(tone, -0.15)}" stroke-width="6"`,
        ),
        words(
          [190 + 400 * i, 355],
          { size: 44, fill: '#202020' },
          ['Input', 'Process', 'Result'][i]!,
          'text-anchor="middle"',
        ),
      );
      if (i < 2)
        drawing.add(line(`M${345 + 400 * i} 340L${425 + 400 * i} 340m-24 -18l24 18l-24 18`, '#202020', 7));
    }
    drawing.add(line('M190 250Q600 20 990 245', '#202020', 4, 'stroke-dasharray="18 12"'));
    return drawing;
  },
  stamp: (random) => {
    const drawing = new Drawing(1000, 520);
    const ink = paint({ hue: random.pick([0, 220, 150]), saturation: 0.8, lightness: 0.4 });
    drawing.add(
      `<g transform="rotate(${random.within(-12, 12)} 500 260)"><rect x="90" y="110" width="820" height="300" rx="40" fill="none" stroke="${ink}" stroke-width="22"/>${words([500, 310], { size: 150, fill: ink }, random.pick(['PAID', 'DRAFT', 'SAMPLE']), 'text-anchor="middle" font-weight="bold"')}</g>`,
    );
    return drawing;
  },
  'filled-face': (random) => {
    const drawing = new Drawing(800, 800);
    const ink = paint(random.pick(INKS));
    drawing.add(
      ellipse([400, 400], [340, 340], '#ffffff', `stroke="${ink}" stroke-width="26"`),
      ellipse([280, 320], [46, 60], ink),
      ellipse([520, 320], [46, 60], ink),
      line('M230 500Q400 680 570 500', ink, 26),
    );
    return drawing;
  },
};
