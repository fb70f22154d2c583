/** Subjects with hard outlines: things of a household. */
import {
  anyTone,
  box,
  Drawing,
  ellipse,
  lathe,
  line,
  paint,
  polygon,
  shape,
  words,
  type Tone,
} from './drawing.js';
import type { Random } from './random.js';

const WORDS = [
  'NORTH',
  'Café Luna',
  'SUNRISE',
  'Milk & Oats',
  'PURE',
  'Old Mill',
  'ARCTIC',
  'Verde',
  'RIVER No. 7',
];
const METAL: Tone = { hue: 210, saturation: 0.06, lightness: 0.6 };
const WOOD: Tone = { hue: 28, saturation: 0.45, lightness: 0.4 };

export function bottle(random: Random): Drawing {
  const drawing = new Drawing(440, 1200);
  const [tone, label] = [anyTone(random), anyTone(random)];
  const shoulder = random.within(330, 520);
  drawing.add(
    shape(
      lathe(220, [
        [110, 62],
        [shoulder - 120, 66],
        [shoulder, 190],
        [shoulder + 90, 200],
        [1120, 196],
        [1160, 170],
      ]),
      drawing.cylinder(tone),
    ),
    shape(
      lathe(220, [
        [30, 70],
        [120, 72],
      ]),
      drawing.cylinder(anyTone(random)),
    ),
    shape(
      lathe(220, [
        [640, 201],
        [960, 200],
      ]),
      drawing.cylinder({ ...label, lightness: 0.72 }),
    ),
    words(
      [220, 790],
      { size: 54, fill: paint(label, -0.3) },
      random.pick(WORDS),
      'text-anchor="middle" font-weight="bold"',
    ),
    words([220, 850], { size: 26, fill: paint(label, -0.3) }, 'organic · 750 ml', 'text-anchor="middle"'),
    box([120, shoulder + 70], [26, 540], '#fff', 'rx="13" opacity="0.33"'),
  );
  return drawing;
}

export function mug(random: Random): Drawing {
  const drawing = new Drawing(900, 800);
  const tone = { ...anyTone(random), lightness: random.within(0.35, 0.85) };
  drawing.add(
    line('M590 240C820 190 880 330 820 460C780 560 690 600 580 590', paint(tone, -0.14), 74),
    line('M590 240C820 190 880 330 820 460C780 560 690 600 580 590', paint(tone, 0.04), 44),
    shape(
      lathe(350, [
        [150, 290],
        [420, 282],
        [640, 262],
        [710, 215],
      ]),
      drawing.cylinder(tone),
    ),
    ellipse([350, 150], [290, 78], paint(tone, 0.1)),
    ellipse([350, 156], [268, 64], paint(tone, -0.25)),
    ellipse([350, 172], [250, 50], 'rgb(60,34,20)'),
    box([150, 260], [34, 300], '#fff', 'rx="17" opacity="0.3"'),
  );
  if (random.chance(0.6))
    drawing.add(
      words(
        [350, 480],
        { size: 96, fill: paint(anyTone(random)) },
        random.pick(WORDS).slice(0, 6),
        'text-anchor="middle" font-weight="bold"',
      ),
    );
  return drawing;
}

export function vase(random: Random): Drawing {
  const drawing = new Drawing(700, 1000);
  const tone = anyTone(random);
  const belly = random.within(220, 330);
  drawing.add(
    shape(
      lathe(350, [
        [70, 130],
        [200, random.within(75, 110)],
        [520, belly],
        [760, belly * 0.8],
        [900, 130],
        [945, 150],
      ]),
      drawing.cylinder(tone),
    ),
    ellipse([350, 72], [130, 30], paint(tone, -0.25)),
  );
  for (let i = 0; i < 3; i += 1)
    drawing.add(
      line(
        `M${350 - belly * 0.9} ${470 + 60 * i}Q350 ${560 + 60 * i} ${350 + belly * 0.9} ${470 + 60 * i}`,
        paint(tone, 0.2),
        10,
      ),
    );
  return drawing;
}

export function chair(random: Random): Drawing {
  const drawing = new Drawing(800, 1300);
  const tone = random.chance(0.5) ? WOOD : anyTone(random);
  const [front, back, shade] = [paint(tone, 0.05), paint(tone, -0.06), paint(tone, -0.15)];
  const slats = random.integer(3, 6);
  drawing.add(
    box([150, 30], [46, 1030], back, 'rx="14"'),
    box([590, 30], [46, 1030], back, 'rx="14"'),
    shape('M150 60Q390 0 636 60L636 150Q390 90 150 150Z', drawing.upright(tone)),
  );
  for (let i = 1; i <= slats; i += 1)
    drawing.add(box([165 + (440 * i) / (slats + 1), 110], [24, 540], shade, 'rx="8"'));
  drawing.add(
    shape('M140 640L646 640L720 760L70 760Z', drawing.upright({ ...tone, lightness: tone.lightness + 0.05 })),
    box([70, 755], [650, 42], shade),
    box([80, 790], [50, 480], front, 'rx="10"'),
    box([660, 790], [50, 480], front, 'rx="10"'),
    box([120, 1000], [550, 26], shade),
  );
  return drawing;
}

export function productBox(random: Random): Drawing {
  const drawing = new Drawing(900, 1100);
  const [tone, ink] = [anyTone(random), random.chance(0.5) ? '#ffffff' : '#181818'];
  const name = random.pick(WORDS);
  drawing.add(
    polygon(
      [
        [60, 140],
        [640, 180],
        [640, 1060],
        [60, 980],
      ],
      drawing.upright(tone),
    ),
    polygon(
      [
        [640, 180],
        [850, 110],
        [850, 930],
        [640, 1060],
      ],
      paint(tone, -0.2),
    ),
    polygon(
      [
        [60, 140],
        [300, 70],
        [850, 110],
        [640, 180],
      ],
      paint(tone, 0.16),
    ),
    `<g transform="matrix(1 0.069 0 1 0 0)">${words([350, 380], { size: name.length > 8 ? 74 : 108, fill: ink }, name, 'text-anchor="middle" font-weight="bold"')}${words([350, 450], { size: 36, fill: ink }, 'since 1924 · net 500 g', 'text-anchor="middle"')}${ellipse([350, 680], [190, 190], paint({ ...tone, hue: tone.hue + 140 }, 0.1))}${ellipse([310, 640], [80, 80], paint({ ...tone, hue: tone.hue + 140 }, 0.25))}${words([350, 920], { size: 28, fill: ink }, 'INGREDIENTS: oats, honey, salt', 'text-anchor="middle"')}</g>`,
  );
  for (let i = 0; i < 18; i += 1)
    drawing.add(box([690 + 7 * i, 700 - 2.2 * i], [random.within(2, 5), 110], '#111'));
  return drawing;
}

export function lamp(random: Random): Drawing {
  const drawing = new Drawing(800, 1300);
  const [shade, foot] = [{ ...anyTone(random), lightness: 0.7 }, anyTone(random)];
  drawing.add(
    line('M400 470L400 1200', paint(METAL, -0.2), 26),
    shape(
      lathe(400, [
        [820, 30],
        [960, 110],
        [1120, 70],
        [1180, 30],
      ]),
      drawing.cylinder(foot),
    ),
    ellipse([400, 1225], [200, 46], drawing.ball(METAL)),
    shape('M250 60L550 60L740 520Q400 580 60 520Z', drawing.cylinder(shade)),
    line('M60 520Q400 580 740 520', paint(shade, -0.25), 10),
  );
  return drawing;
}

export function teapot(random: Random): Drawing {
  const drawing = new Drawing(1200, 850);
  const tone = anyTone(random);
  drawing.add(
    line('M830 330C1120 220 1140 640 800 640', paint(tone, -0.12), 58),
    line('M830 330C1120 220 1140 640 800 640', paint(tone, 0.08), 30),
    shape('M330 620Q170 560 130 330L60 260L150 240Q250 400 400 430Z', drawing.upright(tone)),
    ellipse([580, 500], [330, 285], drawing.ball(tone)),
    shape('M400 270Q580 170 760 270Q580 330 400 270Z', drawing.upright(tone)),
    ellipse([580, 175], [46, 42], drawing.ball(tone)),
    box([430, 760], [300, 40], paint(tone, -0.22), 'rx="16"'),
    ellipse([450, 400], [60, 90], '#fff', 'opacity="0.3" transform="rotate(25 450 400)"'),
  );
  return drawing;
}

export function wrench(random: Random): Drawing {
  const drawing = new Drawing(420, 1300);
  const tone = random.chance(0.6) ? METAL : anyTone(random);
  drawing.add(
    shape('M150 360L270 360L255 1000L165 1000Z', drawing.cylinder(tone)),
    shape(
      'M60 60L130 30L140 190L280 190L290 30L360 60Q420 220 290 340L130 340Q0 220 60 60Z',
      drawing.cylinder(tone),
    ),
    shape(
      'M210 960a150 150 0 1 0 0.1 0ZM210 1040a72 72 0 1 1 -0.1 0Z',
      drawing.ball(tone),
      'fill-rule="evenodd"',
    ),
    words(
      [210, 700],
      { size: 52, fill: paint(tone, -0.25) },
      '17 mm',
      'text-anchor="middle" transform="rotate(-90 210 690)"',
    ),
  );
  return drawing;
}
