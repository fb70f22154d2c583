import fc from 'fast-check';
import { DEFAULT_REFINE, jobOptionsSchema, OUTPUT_FORMATS, OUTPUT_SIZES } from '#contracts/job-options.js';
import { parseColor } from '#contracts/option-color.js';
import {
  parseMargins,
  parsePosition,
  parseRegion,
  parseScale,
  parseSubject,
} from '#contracts/option-values.js';
import { nearestNames } from '#contracts/option-refusal.js';
import { Problem, type ProblemFacts } from '#contracts/problem-catalog.js';
import { parseOptions } from '../../../apps/api/src/uploads/upload-source.js';

/** Why a set of fields is refused. */
function refusalOf(fields: Record<string, unknown>): ProblemFacts | undefined {
  try {
    parseOptions(Object.entries(fields));
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid-parameter') return error.facts;
    throw error;
  }
  return undefined;
}

/** The parameter that a set of fields is refused for. */
const refusedFor = (fields: Record<string, unknown>): string | undefined => refusalOf(fields)?.parameter;

/** True when a margin stands without a crop, or a place or scale with one. */
function hasIdleOption(fields: Record<string, unknown>): boolean {
  const { crop, crop_margin = '0', scale = 'original', position = 'original' } = fields;
  const isCropped = crop === true || crop === 'true' || crop === '1' || crop === 'True';
  const hasMargin = /[1-9]/.test(String(crop_margin));
  return isCropped ? scale !== 'original' || position !== 'original' : hasMargin;
}

const percent = fc.integer({ min: 0, max: 50 }).map((value) => `${value}%`);
const length = fc.oneof(
  percent,
  fc.integer({ min: 0, max: 500 }).map((value) => `${value}px`),
);
const lengths = (count: number): fc.Arbitrary<string> =>
  fc.array(length, { minLength: count, maxLength: count }).map((all) => all.join(' '));
const flag = fc.constantFrom<unknown>(true, false, 'true', 'false', '1', '0', 'True');
const asked = fc.record(
  {
    format: fc.constantFrom(...OUTPUT_FORMATS),
    size: fc.constantFrom(...OUTPUT_SIZES),
    crop: flag,
    crop_margin: fc.oneof(lengths(1), lengths(2), lengths(4)),
    roi: lengths(4),
    subject: fc.oneof(fc.constantFrom<unknown>('all', 'largest', '1,3', 4, '16'), lengths(2)),
    scraps: fc.constantFrom('remove', 'keep'),
    graphics: fc.constantFrom('auto', 'AUTO'),
    holes: fc.constantFrom('open', 'fill'),
    scale: fc.integer({ min: 10, max: 100 }).map((value) => `${value}%`),
    position: fc.oneof(fc.constantFrom('original', 'center'), percent),
    bg_color: fc.constantFrom('fff', '#81d4fa77', 'RebeccaPurple', 'transparent'),
    semitransparency: flag,
    add_shadow: flag,
    refine: fc.constantFrom('none', 'edges'),
    effort: fc.constantFrom('standard', 'auto', 'best'),
    model: fc.constantFrom('isnet', 'u2net-p.1'),
  },
  { requiredKeys: [] },
);

describe('jobOptionsSchema', () => {
  test('given no option, when parsed, then the defaults are those of a plain cut-out', () => {
    expect(parseOptions([])).toEqual({
      ...{ fit: 'contain', padding: '0', margin: '0', align: 'auto', background_blur_mode: 'gaussian' },
      format: 'png',
      icc: 'srgb',
      only: 'cutout',
      bit_depth: '8',
      size: 'auto',
      crop: false,
      crop_margin: '0',
      subject: 'all',
      scraps: 'remove',
      graphics: 'auto',
      holes: 'open',
      scale: 'original',
      semitransparency: true,
      shadow: 'none',
      refine: DEFAULT_REFINE,
      effort: 'standard',
    });
  });

  test('given any valid options, when their JSON is parsed again, then the result is the same', () => {
    fc.assert(
      fc.property(asked, (fields) => {
        fc.pre(!hasIdleOption(fields));
        const once = jobOptionsSchema.parse(fields);
        expect(jobOptionsSchema.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
    );
  });

  test('given an option without effect in combination with others, when parsed, then the error names it', () => {
    fc.assert(
      fc.property(asked, (fields) => {
        const sentence = refusalOf(fields)?.detail ?? '';
        expect(/requires crop=true|cannot be combined with crop=true/.test(sentence)).toBe(
          hasIdleOption(fields),
        );
      }),
    );
  });

  test('given values in any spelling, when parsed, then they are normalized', () => {
    const written = { format: 'JPEG', size: ' HD ', crop: 'on', channels: 'RGBA', crop_margin: ' 10% 20PX ' };
    expect(parseOptions(Object.entries(written))).toMatchObject({
      ...{ format: 'jpg', size: 'hd', crop: true, only: 'cutout', crop_margin: '10% 20px' },
    });
    expect(parseOptions(Object.entries({ size: '50mp', position: 'Center', model: 'ISNET' }))).toMatchObject({
      ...{ size: '50MP', position: 'center', model: 'isnet' },
    });
  });

  test('given a wrong value of any option, when parsed, then the error lists the accepted values', () => {
    for (const option of Object.keys(jobOptionsSchema.shape)) {
      const { accepted = [], detail = '' } = refusalOf({ [option]: '?!' }) ?? {};
      expect(accepted.length).toBeGreaterThan(0);
      for (const value of accepted) expect(detail).toContain(value);
      expect(detail).toMatch(/^"[a-z_]+" must be .*\.$/);
      expect(detail).not.toContain('?!');
    }
  });

  test('given a name that resembles known ones, when it is rejected, then only those are suggested', () => {
    const known = Object.keys(jobOptionsSchema.shape);
    const near: Record<string, string> = {
      ...{ colour: 'bg_color', bgcolor: 'bg_color', cropMargin: 'crop_margin', formatt: 'format' },
      ...{ paddings: 'padding', shadows: 'shadow', 'bg-color': 'bg_color', sizes: 'size' },
    };
    for (const [name, option] of Object.entries(near))
      expect([name, nearestNames(name, known)[0]]).toEqual([name, option]);
    // Several options end with this word: the shortest is meant.
    expect(nearestNames('colour', known)).toEqual(['bg_color']);
    expect(nearestNames('mode', known)).toEqual(['model']);
    // Fields of ordinary forms that are words of longer names.
    for (const name of ['output', 'background'])
      expect([name, nearestNames(name, known)]).toEqual([name, []]);
    for (const name of ['user_id', 'file', 'submit', 'type', 'lang', 'api_key', 'csrf_token', 'name', '']) {
      expect([name, nearestNames(name, known)]).toEqual([name, []]);
    }
  });

  test('given booleans in the spelling of forms and programs, when parsed, then they are booleans', () => {
    for (const yes of [true, 'true', 'True', '1', 'on', 'Yes', 1])
      expect(parseOptions([['crop', yes]]).crop).toBe(true);
    for (const no of [false, 'false', 'FALSE', '0', 'off', 'no', 0]) {
      expect(parseOptions([['semitransparency', no]]).semitransparency).toBe(false);
    }
  });

  test('given empty fields, when parsed, then all are absent', () => {
    const empty = Object.keys(jobOptionsSchema.shape).map((name): [string, string] => [name, '']);
    expect(parseOptions(empty)).toEqual(parseOptions([]));
  });

  test.each([
    ['format', ['gif', 'p n g', 'jpegs']],
    ['channels', ['rgb']],
    ['bit_depth', ['12', '16bit', true]],
    ['size', ['4 K', '50', 'large', '1000']],
    ['crop', ['perhaps', 'constructor', '2', ['true', 'false']]],
    ['crop_margin', ['501px', '50.1%', '-1px', '10', '1px 2px 3px', '1px 2px 3px 4px 5px', '1e2px', '10 %']],
    ['roi', ['0 0 10px', '0% 0% 101% 100%', '0 0 10 10', '-1px 0 10px 10px']],
    ['scale', ['9%', '101%', '0.5', '50', 'big']],
    ['position', ['101%', '10px', 'left', '1% 2% 3%']],
    ['bg_color', ['#ff', '#fffff', 'ggg', 'nocolour', '##fff', '#red', 'constructor']],
    ['semitransparency', ['maybe']],
    ['add_shadow', ['shadow']],
    ['shadow', ['true', 'hard']],
    ['shadow_opacity', ['101', '-1', '0.5']],
    ['shadow_blur', ['-1%', '26%', '501px', '3']],
    ['shadow_offset', ['1%', '1% 2% 3%', '26% 0', '1 2']],
    ['shadow_color', ['ggg']],
    ['refine', ['all']],
    ['effort', ['high', '2', true]],
    ['output_size', ['2000', '0x100', '10001x10', 'autoxauto', '10x10x10', '100 x 100', 'constructor']],
    ['fit', ['fill']],
    ['padding', ['10', '50%', '10001px', '1px 2px 3px', '-1%']],
    ['margin', ['10em']],
    ['align', ['middle', 'left right', 'top top', 'left top center', 'constructor', '50%']],
    ['preset', ['passport', 'constructor']],
    ['bg_gradient', ['fff', 'fff 000 fff 000 fff', 'fff 45deg', 'fff ggg', 'fff 000 45']],
    ['background_blur', ['0', '101', 'strong']],
    ['background_blur_mode', ['lens']],
    ['quality', ['0', '101', '8.5', 'high', '-1', true]],
    ['start_within', ['0', '-1', '1.5', '30s', '3601', true]],
    ['keep_at_most', ['0', '3601', 'PT1M', 'never']],
    ['max_bytes', ['999', '1e6', '200kB', '1000000001', '-5']],
    ['model', ['is net', '-isnet', '../isnet', 'a'.repeat(65)]],
  ])('given bad values of %s, when parsed, then that parameter is named', (name, values) => {
    for (const value of values) expect([value, refusedFor({ [name]: value })]).toEqual([value, name]);
  });

  test('given a matte with an option that needs color, when parsed, then the error names it', () => {
    expect(refusedFor({ channels: 'alpha', bg_color: 'red' })).toBe('bg_color');
    expect(refusedFor({ channels: 'alpha', add_shadow: '1' })).toBe('shadow');
    expect(refusedFor({ only: 'foreground', bg_color: 'red' })).toBe('bg_color');
    expect(refusedFor({ only: 'mask', channels: 'alpha' })).toBe('channels');
    expect(refusedFor({ only: 'alpha', channels: 'alpha' })).toBeUndefined();
    expect(refusedFor({ channels: 'alpha', format: 'zip' })).toBe('format');
    expect(refusedFor({ only: 'both' })).toBe('only');
    expect(refusedFor({ only: 'both', format: 'zip' })).toBeUndefined();
    expect(refusedFor({ only: 'both', format: 'zip', bg_color: 'red' })).toBe('bg_color');
    expect(refusedFor({ channels: 'alpha', format: 'jpg', add_shadow: '0' })).toBeUndefined();
  });

  test('given a bit depth, when parsed, then numbers are accepted, and only a PNG with color has more than 8', () => {
    expect(parseOptions([['bit_depth', 16]]).bit_depth).toBe('16');
    expect(parseOptions([['bit_depth', 'auto']]).bit_depth).toBe('auto');
    for (const format of ['webp', 'jpg', 'zip', 'auto']) {
      expect(refusedFor({ bit_depth: '16', format })).toBe('bit_depth');
      expect(refusedFor({ bit_depth: 'auto', format })).toBe('bit_depth');
      expect(refusedFor({ bit_depth: '8', format })).toBeUndefined();
    }
    expect(refusedFor({ bit_depth: '16', channels: 'alpha' })).toBe('bit_depth');
  });

  test('given a shadow by its other name, when parsed, then it is written as shadow, and details require one', () => {
    expect(parseOptions([['add_shadow', '1']])).toMatchObject({ shadow: 'soft' });
    expect(parseOptions([['add_shadow', '1']])).not.toHaveProperty('add_shadow');
    expect(parseOptions([['add_shadow', '0']]).shadow).toBe('none');
    expect(refusedFor({ add_shadow: '1', shadow: 'drop' })).toBe('add_shadow');
    expect(refusedFor({ shadow_opacity: '50' })).toBe('shadow_opacity');
    expect(refusedFor({ shadow_color: 'red', add_shadow: 'yes' })).toBeUndefined();
    expect(refusedFor({ shadow: 'drop', shadow_offset: '-2% 4px', shadow_blur: '0' })).toBeUndefined();
  });

  test('given two backgrounds, or a blur with a moved subject, when parsed, then the error names the option', () => {
    expect(refusedFor({ bg_gradient: 'fff 000', bg_color: 'red' })).toBe('bg_gradient');
    expect(refusedFor({ background_blur: '20', bg_color: 'red' })).toBe('background_blur');
    for (const moved of [{ crop: '1' }, { scale: '50%' }, { position: '0%' }, { output_size: '10x10' }])
      expect(refusedFor({ background_blur: '20', ...moved })).toBe('background_blur');
    expect(refusedFor({ background_blur_mode: 'bokeh' })).toBe('background_blur_mode');
    expect(refusedFor({ background_blur: '20', only: 'alpha' })).toBe('background_blur');
    expect(refusedFor({ background_blur: '20', size: 'hd', shadow: 'soft' })).toBeUndefined();
  });

  test('given a quality or a maximum size, when parsed, then it is a number, and only a lossy format takes it', () => {
    expect(
      parseOptions([
        ['quality', ' 85 '],
        ['format', 'avif'],
      ]),
    ).toMatchObject({ quality: 85, format: 'avif' });
    expect(
      parseOptions([
        ['max_bytes', 200_000],
        ['format', 'jpeg'],
      ]).max_bytes,
    ).toBe(200_000);
    for (const format of ['png', 'zip']) expect(refusedFor({ quality: '85', format })).toBe('quality');
    for (const format of ['png', 'zip', 'auto'])
      expect(refusedFor({ max_bytes: '9000', format })).toBe('max_bytes');
    expect(refusedFor({ quality: '85', format: 'auto' })).toBeUndefined();
    expect(refusedFor({ quality: '85', max_bytes: '9000', format: 'webp', only: 'alpha' })).toBeUndefined();
  });

  test('given times of a job, when parsed, then they are whole seconds, and absent by default', () => {
    const given = { start_within: '30', keep_at_most: 60 };
    expect(parseOptions(Object.entries(given))).toMatchObject({ start_within: 30, keep_at_most: 60 });
    for (const name of Object.keys(given)) expect(parseOptions([])).not.toHaveProperty(name);
  });

  test('given an unknown name, when parsed, then the error lists the known ones', () => {
    expect(() => parseOptions([['colour', 'red']])).toThrow(
      expect.objectContaining({ code: 'unknown-parameter' }) as Error,
    );
  });

  test('given a choice of subjects, when parsed, then numbers have no unit and points have one', () => {
    const px = (value: number): object => ({ value, unit: 'px' });
    const percent = (value: number): object => ({ value, unit: '%' });
    expect(['all', 'largest', '2', '1,3', '1 3', '3 , 1', '2,2', '16'].map(parseSubject)).toEqual([
      ...['all', 'largest', [2], [1, 3], [1, 3], [3, 1], [2], [16]],
    ]);
    expect(['40%,60%', '400px 300px', '12.5%, 0', '0px,100%'].map(parseSubject)).toEqual([
      { x: percent(40), y: percent(60) },
      { x: px(400), y: px(300) },
      { x: percent(12.5), y: px(0) },
      { x: px(0), y: percent(100) },
    ]);
    const wrong = [
      '0',
      '17',
      '400,300',
      '0,0',
      '1,',
      ',1',
      '-1',
      '1.5',
      '40%',
      '40%,3',
      '1%,2%,3%',
      '101%,1%',
    ];
    expect([...wrong, '40em,3em', 'smallest', '', 'all,1'].map(parseSubject)).toEqual(
      Array.from({ length: wrong.length + 4 }, () => undefined),
    );
  });

  test('given a choice of subjects in any spelling, when parsed as an option, then it stays text', () => {
    for (const [written, text] of [
      [' Largest ', 'largest'],
      ['40%, 60PX', '40%, 60px'],
      [2, '2'],
    ] as const) {
      const once = parseOptions([['subject', written]]);
      expect(once.subject).toBe(text);
      expect(jobOptionsSchema.parse(once)).toEqual(once);
    }
    expect(refusalOf({ subject: '400,300' })?.detail).toContain('"400px,300px"');
    expect(refusalOf({ subject: ['1', '2'] })?.detail).toContain('more than once');
    expect(refusedFor({ scraps: 'no' })).toBe('scraps');
  });

  test('given options for drawings that exclude each other, when parsed, then the error says why', () => {
    expect(refusalOf({ graphics: 'off', holes: 'fill' })?.detail).toContain('graphics=off');
    expect(refusalOf({ graphics: 'on', model: 'isnet' })?.detail).toContain('graphics=on');
    expect(refusedFor({ graphics: 'logo' })).toBe('graphics');
    expect(refusedFor({ holes: 'close' })).toBe('holes');
    expect(parseOptions([['graphics', ' ON ']]).graphics).toBe('on');
  });

  test('given texts, when parsed, then the values have the order of CSS', () => {
    const px = (value: number) => ({ value, unit: 'px' });
    const share = (value: number) => ({ value, unit: '%' });
    expect(parseMargins('1px 2px 3px 4px')).toEqual({
      top: px(1),
      right: px(2),
      bottom: px(3),
      left: px(4),
    });
    expect(parseMargins('1px 20%')).toEqual({
      top: px(1),
      right: share(20),
      bottom: px(1),
      left: share(20),
    });
    expect(parseMargins('0')).toEqual({ top: px(0), right: px(0), bottom: px(0), left: px(0) });
    expect(parseRegion('0 10px 50.5% 20px')).toEqual({ x1: px(0), y1: px(10), x2: share(50.5), y2: px(20) });
    expect([parseScale('original'), parseScale('80%')]).toEqual(['original', 0.8]);
    expect(parsePosition('center')).toEqual({ x: 0.5, y: 0.5 });
    expect([parsePosition('25%'), parsePosition('0% 100%')]).toEqual([
      { x: 0.25, y: 0.25 },
      { x: 0, y: 1 },
    ]);
  });

  test('given colors, when parsed, then short forms are expanded, names are those of CSS and alpha is opaque by default', () => {
    const color = (red: number, green: number, blue: number, alpha: number) => ({ red, green, blue, alpha });
    expect(parseColor('#f80')).toEqual(color(255, 136, 0, 255));
    expect(parseColor('f808')).toEqual(color(255, 136, 0, 136));
    expect(parseColor('81D4FA')).toEqual(color(0x81, 0xd4, 0xfa, 255));
    expect(parseColor('#81d4fa77')).toEqual(color(0x81, 0xd4, 0xfa, 0x77));
    expect(parseColor('AliceBlue')).toEqual(color(240, 248, 255, 255));
    expect(parseColor('yellowgreen')).toEqual(color(154, 205, 50, 255));
    expect(parseColor('transparent')).toEqual(color(0, 0, 0, 0));
  });
});
