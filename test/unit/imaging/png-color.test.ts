import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { ADOBE_RGB, codingOf } from '#imaging/color/color-coding.js';
import { decodeForModel, decodeFull, squareFrame } from '#imaging/decode/decode.js';
import { iccProfile } from '#imaging/formats/icc-profile.js';
import { guardFile } from '#imaging/guard/image-guard.js';
import { stripMetadata } from '#imaging/guard/metadata-strip.js';
import {
  CODED_SIDE,
  codedPng,
  difference,
  patches,
  patchesIn,
  type CodedWish,
  type Rgb,
} from '../../harness/coded-png.js';
import { pngChunk } from '../../hostile/makers/png-maker.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };
const MODEL_SIDE = 96;

const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(Math.round(value), 4 * i));
  return bytes;
};
const gama = (gamma: number): Buffer => pngChunk('gAMA', u32(gamma * 100_000));
const chrm = (...values: number[]): Buffer =>
  pngChunk('cHRM', u32(...values.map((value) => value * 100_000)));
const cicp = (primaries: number, transfer: number): Buffer =>
  pngChunk('cICP', Buffer.from([primaries, transfer, 0, 1]));
const SRGB_CHUNK = pngChunk('sRGB', Buffer.from([0]));

// Reference in floats: from the values of sRGB to light, to light of other primaries, to values of another curve. The
// matrices are the published ones between linear BT.709 and the others, not computed as the code does.
const light = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
type Matrix = readonly (readonly number[])[];
const TO_BT2020: Matrix = [
  [0.627404, 0.329283, 0.043313],
  [0.069097, 0.91954, 0.011362],
  [0.016391, 0.088013, 0.895595],
];
const TO_P3: Matrix = [
  [0.822462, 0.177538, 0],
  [0.033194, 0.966806, 0],
  [0.017083, 0.072397, 0.91052],
];
const TO_ADOBE: Matrix = [
  [0.715127, 0.284868, 0],
  [0, 1, 0],
  [0, 0.041166, 0.958838],
];
const SAME: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const srgbCurve = (value: number): number =>
  value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
const power = (exponent: number) => (value: number) => value ** exponent;
/** ITU-R BT.2100: white is 203 cd/m². */
const pq = (value: number): number => {
  const part = ((value * 203) / 10_000) ** (2610 / 16_384);
  return ((3424 / 4096 + (2413 / 128) * part) / (1 + (2392 / 128) * part)) ** (2523 / 32);
};
const hlg = (value: number): number => {
  const scene = ((value * 203) / 1000) ** (1 / 1.2);
  return scene <= 1 / 12 ? Math.sqrt(3 * scene) : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
};
const coded =
  (matrix: Matrix, curve: (value: number) => number) =>
  (color: Rgb): Rgb => {
    const linear = color.map(light);
    const across = (row: readonly number[]): number =>
      curve(
        Math.min(
          1,
          Math.max(
            0,
            row.reduce((sum, part, i) => sum + part * linear[i]!, 0),
          ),
        ),
      );
    return [across(matrix[0]!), across(matrix[1]!), across(matrix[2]!)];
  };

/** What a file says, and how its values were made. */
type Coding = [name: string, chunks: Buffer[], encode: (color: Rgb) => Rgb];
const plain = (color: Rgb): Rgb => color;
const D65_SRGB = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06] as const;
const CODINGS: Coding[] = [
  ['nothing', [], plain],
  ['gAMA 1/2.2', [gama(0.45455)], plain],
  ['gAMA 1/2.2 and the cHRM of sRGB', [gama(0.45455), chrm(...D65_SRGB)], plain],
  ['cHRM alone', [chrm(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)], plain],
  ['gAMA 1', [gama(1)], coded(SAME, power(1))],
  ['gAMA 1/1.8', [gama(0.55556)], coded(SAME, power(1 / 1.8))],
  ['sRGB before gAMA 1', [SRGB_CHUNK, gama(1)], plain],
  [
    'gAMA and cHRM of Adobe RGB',
    [gama(0.45455), chrm(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)],
    coded(TO_ADOBE, power(0.45455)),
  ],
  ['cICP sRGB before gAMA 1', [cicp(1, 13), gama(1)], plain],
  ['cICP P3 before sRGB', [cicp(12, 13), SRGB_CHUNK], coded(TO_P3, srgbCurve)],
  ['cICP BT.2020', [cicp(9, 14)], coded(TO_BT2020, srgbCurve)],
  ['cICP BT.2020 PQ', [cicp(9, 16)], coded(TO_BT2020, pq)],
  ['cICP BT.2020 HLG', [cicp(9, 18)], coded(TO_BT2020, hlg)],
  ['cICP P3 PQ', [cicp(12, 16)], coded(TO_P3, pq)],
  ['cICP linear', [cicp(1, 8)], coded(SAME, power(1))],
  ['an unknown cICP before gAMA 1', [cicp(2, 2), gama(1)], coded(SAME, power(1))],
  ['a damaged cICP', [pngChunk('cICP', Buffer.from([9, 16, 0, 1]), 7)], plain],
  ['gAMA 0', [gama(0)], plain],
  [
    'chromaticities that are none',
    [gama(0.45455), chrm(...D65_SRGB.slice(0, 2), 0.4, 0.4, 0.4, 0.4, 0.4, 0.4)],
    plain,
  ],
];

const KINDS: Pick<CodedWish, 'depth' | 'type' | 'interlaced'>[] = [
  { depth: 8, type: 2 },
  { depth: 16, type: 2 },
  { depth: 8, type: 3 },
  { depth: 8, type: 6 },
  { depth: 16, type: 6, interlaced: true },
  { depth: 8, type: 0 },
  { depth: 16, type: 0 },
  { depth: 8, type: 4, interlaced: true },
  { depth: 16, type: 4 },
];

/** What a file is decoded to, in both decodes. */
async function shown(file: Buffer): Promise<Rgb[][]> {
  const stripped = stripMetadata(file, guardFile(file, LIMITS));
  const { data, width, height } = await decodeFull(stripped, LIMITS.maxPixels);
  expect([width, height, data.length]).toEqual([CODED_SIDE, CODED_SIDE, 4 * CODED_SIDE ** 2]);
  expect(data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  const { data: model } = await decodeForModel(stripped, squareFrame(MODEL_SIDE), LIMITS.maxPixels);
  expect(model).toHaveLength(3 * MODEL_SIDE ** 2);
  return [patchesIn(data, CODED_SIDE, 4), patchesIn(model, MODEL_SIDE, 3)];
}

describe('colors of a PNG', () => {
  describe.each(CODINGS)('given %s', (name, chunks, encode) => {
    // All kinds for one curve and one of HDR; for the others one of each that is converted in a way of its own.
    const isThorough = name === 'gAMA 1' || name === 'cICP BT.2020 PQ';
    test.each(isThorough ? KINDS : [KINDS[0]!, KINDS[1]!, KINDS[6]!])(
      'when $depth bits of type $type are decoded, then colors are those of the reference',
      async (kind) => {
        const [full, model] = await shown(codedPng({ ...kind, chunks, encode }));
        const wanted = patches(kind);
        const off = [difference(full!, wanted), difference(model!, wanted)];
        // At 8 bits most of it is what the file's own values were rounded by.
        for (const { mean } of off) expect(mean).toBeLessThan(kind.depth === 16 ? 1.2 : 2);
      },
    );
  });

  const profileChunk = (profile: Buffer): Buffer =>
    pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), deflateSync(profile)]));
  const withColor = KINDS.filter(({ type }) => type === 2 || type === 3 || type === 6);

  test.each(withColor)(
    'given a profile of P3 or Adobe RGB, when $depth bits of type $type are decoded, then it is applied',
    async (kind) => {
      for (const [coding, encode] of [
        [codingOf(12, 13)!, coded(TO_P3, srgbCurve)],
        [ADOBE_RGB, coded(TO_ADOBE, power(256 / 563))],
      ] as const) {
        // What else is said does not count then.
        const chunks = [gama(1), profileChunk(iccProfile(coding)), SRGB_CHUNK];
        for (const found of await shown(codedPng({ ...kind, chunks, encode }))) {
          expect(difference(found, patches(kind)).mean).toBeLessThan(2);
        }
      }
    },
  );

  /** A gray profile with this curve. */
  const grayProfile = (curve: Buffer, space = 'GRAY'): Buffer => {
    const profile = Buffer.alloc(144);
    profile.writeUInt32BE(144 + curve.length, 0);
    profile.writeUInt32BE(0x04400000, 8);
    profile.write(`mntr${space}XYZ `, 12, 'latin1');
    profile.write('acsp', 36, 'latin1');
    [0.9642, 1, 0.8249].forEach((value, i) => profile.writeInt32BE(Math.round(value * 65_536), 68 + 4 * i));
    profile.writeUInt32BE(1, 128);
    profile.write('kTRC', 132, 'latin1');
    profile.writeUInt32BE(144, 136);
    profile.writeUInt32BE(curve.length, 140);
    return profileChunk(Buffer.concat([profile, curve]));
  };
  const curv = (...values: number[]): Buffer =>
    Buffer.concat([
      Buffer.from('curv\0\0\0\0', 'latin1'),
      u32(values.length),
      Buffer.from(Uint16Array.from(values).buffer).swap16(),
    ]);
  const para = (kind: number, ...values: number[]): Buffer =>
    Buffer.concat([
      Buffer.from('para\0\0\0\0', 'latin1'),
      Buffer.from([0, kind, 0, 0]),
      u32(...values.map((value) => value * 65_536)),
    ]);
  const PROFILES: [string, Buffer, (value: number) => number][] = [
    ['a gamma of 1.8', curv(1.8 * 256), power(1 / 1.8)],
    ['a table', curv(...Array.from({ length: 256 }, (_, i) => 65_535 * (i / 255) ** 2.6)), power(1 / 2.6)],
    ['a parametric gamma', para(0, 2.2), power(1 / 2.2)],
    ['the parametric curve of sRGB', para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), srgbCurve],
    ['a linear curve', curv(), power(1)],
  ];

  test.each(PROFILES)(
    'given a gray profile with %s, when 16 bits are decoded, then it is applied',
    async (_, curve, encode) => {
      for (const type of [0, 4] as const) {
        const options = {
          depth: 16,
          type,
          chunks: [grayProfile(curve)],
          encode: coded(SAME, encode),
        } as const;
        for (const found of await shown(codedPng(options)))
          expect(difference(found, patches(options)).mean).toBeLessThan(1);
      }
    },
  );

  test('given a profile of another kind, or a damaged curve, when gray is decoded, then values are unchanged', async () => {
    for (const profile of [
      grayProfile(curv(256), 'RGB '),
      grayProfile(para(9, 1)),
      grayProfile(Buffer.alloc(4)),
    ]) {
      const options = { depth: 16, type: 0, chunks: [profile], encode: plain } as const;
      for (const found of await shown(codedPng(options)))
        expect(difference(found, patches(options)).mean).toBeLessThan(1);
    }
  });

  test('given a profile that needs more room than the file has, when stripped, then the given buffer is wiped', () => {
    const file = codedPng({ depth: 8, type: 2, chunks: [cicp(9, 16)], encode: plain });
    const stripped = stripMetadata(file, guardFile(file, LIMITS));
    expect(stripped.buffer).not.toBe(file.buffer);
    expect(stripped.length).toBeGreaterThan(file.length);
    expect(file.every((byte) => byte === 0)).toBe(true);
  });

  test('given color chunks with any content, when decoded, then the image is accepted', async () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const common = fc.constantFrom(0, 1, 8, 9, 12, 13, 16, 18);
    const named = fc.oneof(
      bytes(4),
      fc.tuple(common, common).map(([a, b]) => Uint8Array.of(a, b, 0, 1)),
    );
    const numbers = fc
      .array(fc.integer({ min: 0, max: 120_000 }), { minLength: 8, maxLength: 8 })
      .map((values) => u32(...values));
    const said = fc.record(
      {
        cICP: named,
        cLLI: bytes(8),
        gAMA: fc.oneof(
          bytes(4),
          numbers.map((data) => data.subarray(28)),
        ),
        cHRM: fc.oneof(bytes(32), numbers),
        sRGB: bytes(1),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(said, fc.constantFrom(...KINDS), async (chunks, kind) => {
        const written = Object.entries(chunks).map(([type, data]) => pngChunk(type, data));
        await shown(codedPng({ ...kind, chunks: written, encode: plain }));
      }),
      { numRuns: 40 },
    );
  });
});
