import { jobOptionsSchema } from '#contracts/job-options.js';
import { isProblemCode, Problem, PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { rembgOptions } from '../../../apps/api/src/compat/rembg/rembg-request.js';
import { asRemovebgError } from '../../../apps/api/src/compat/removebg/removebg-errors.js';
import {
  parseRemovebgFields,
  type RemovebgRequest,
} from '../../../apps/api/src/compat/removebg/removebg-request.js';

const parse = (fields: Record<string, string>): RemovebgRequest =>
  parseRemovebgFields(new Map(Object.entries(fields)));

function refusalOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return error instanceof Problem ? `${error.code} ${error.facts.parameter ?? ''}` : String(error);
  }
}

describe('fields of remove.bg', () => {
  test('given no field, when parsed, then the defaults are those of remove.bg', () => {
    const { options, type } = parse({});
    expect(options).toEqual({ ...jobOptionsSchema.parse({}), size: 'preview', format: 'auto' });
    expect(type).toBe('other');
  });

  test.each([
    ['size', ['preview', 'small', 'regular', 'medium', 'hd', 'full', '4k', '50MP', 'auto'], 'large'],
    ['type', ['auto', 'person', 'product', 'car', 'animal', 'graphic', 'transportation', 'other'], 'zebra'],
    ['type_level', ['none', '1', '2', 'latest'], '3'],
    ['format', ['auto', 'png', 'jpg', 'zip', 'webp'], 'gif'],
    ['channels', ['rgba', 'alpha'], 'rgb'],
    ['roi', ['0% 0% 100% 100%', '10px 20px 300px 400px'], '10px 20px'],
    ['crop', ['true', 'false', '1', '0', 'True'], 'maybe'],
    ['crop_margin', ['0', '30px', '10%', '10% 5%', '1px 2px 3px 4px'], '600px'],
    ['scale', ['original', '10%', '100%'], '5%'],
    ['position', ['original', 'center', '50%', '20% 80%'], '120%'],
    ['bg_color', ['81d4fa', '#fff', 'fffa', '81d4fa77', 'green'], '#ggg'],
    ['semitransparency', ['true', 'false'], '2'],
    ['add_shadow', ['true', 'false'], 'big'],
    ['shadow_type', ['none', 'auto', 'drop', 'car', '3D'], 'neon'],
  ])(
    'given %s, when parsed, then its values are accepted and others are rejected with its name',
    (name, values, wrong) => {
      for (const value of values)
        expect([value, refusalOf(() => parse({ [name]: value }))]).toEqual([value, 'none']);
      expect(refusalOf(() => parse({ [name]: wrong }))).toBe(`invalid-parameter ${name}`);
    },
  );

  test('given an option without effect in remove.bg, when parsed, then it is ignored, as remove.bg documents', () => {
    expect(parse({ crop_margin: '10%' })).toEqual(parse({}));
    expect(parse({ crop: 'on', scale: '50%', position: '10%' })).toEqual(parse({ crop: 'true' }));
    expect(parse({ crop: 'on', crop_margin: '10%' }).options.crop_margin).toBe('10%');
    expect(parse({ size: 'HD', format: 'JPEG', type: 'Person' })).toMatchObject({
      options: { size: 'hd', format: 'jpg' },
      type: 'person',
    });
  });

  test('given a type, when parsed, then it is the value of X-Type, unless type_level is none', () => {
    expect(parse({ type: 'car' }).type).toBe('car');
    expect(parse({ type: 'auto', type_level: 'latest' }).type).toBe('other');
    expect(parse({ type: 'car', type_level: 'none' }).type).toBeUndefined();
  });

  test('given unknown fields, when parsed, then they are ignored', () => {
    expect(parse({ shadow_opacity: '50', some_field_of_tomorrow: 'x' })).toEqual(parse({}));
    for (const [type, shadow] of [
      ['auto', 'soft'],
      ['drop', 'drop'],
      ['car', 'contact'],
      ['3D', 'contact'],
    ])
      expect(parse({ shadow_type: type! }).options.shadow).toBe(shadow);
    expect(parse({ shadow_type: 'none', add_shadow: 'true' }).options.shadow).toBe('none');
    expect(parse({ add_shadow: 'true', shadow_opacity: '50' }).options).toMatchObject({
      ...{ shadow: 'soft', shadow_opacity: 50 },
    });
  });
});

describe('errors of remove.bg', () => {
  const codes = Object.keys(PROBLEMS).filter(isProblemCode);

  test.each(codes)(
    'given %s, when it is rendered, then it has a status and a code in the style of remove.bg',
    (code: ProblemCode) => {
      const { status, body } = asRemovebgError(new Problem(code, { parameter: 'roi' }));
      expect([400, 403, 404, 405, 408, 409, 410, 429, 500, 503]).toContain(status);
      expect(body.errors).toEqual([
        { title: PROBLEMS[code][1], code: expect.stringMatching(/^[a-z0-9]+(_[a-z0-9]+)*$/) as string },
      ]);
    },
  );

  test('given an invalid parameter, when it is rendered, then the code contains its name', () => {
    const codeOf = (parameter?: string): string | undefined =>
      asRemovebgError(new Problem('invalid-parameter', { parameter })).body.errors[0]?.code;
    expect([codeOf('bg_color'), codeOf('Idempotency-Key'), codeOf()]).toEqual([
      'invalid_bg_color',
      'invalid_idempotency_key',
      'invalid_parameter',
    ]);
  });
});

describe('parameters of rembg', () => {
  const MODELS = ['u2-small', 'isnet-fp16', 'isnet'];
  const read = (fields: Record<string, string>, models = MODELS) =>
    rembgOptions(new Map(Object.entries(fields)), models);

  test('given no parameter, when parsed, then the result is a full-size PNG with the defaults of this service', () => {
    expect(read({})).toEqual(jobOptionsSchema.parse({}));
  });

  test('given names of models, when parsed, then each is mapped to an available model or rejected', () => {
    expect(read({ model: 'u2-small' }).model).toBe('u2-small');
    expect(read({ model: 'isnet-general-use' }).model).toBe('isnet-fp16');
    expect(read({ model: 'isnet-general-use' }, ['u2-small', 'isnet-anime']).model).toBeUndefined();
    for (const general of ['u2net', 'u2netp', 'silueta', 'birefnet-general'])
      expect(read({ model: general }).model).toBeUndefined();
    for (const other of ['u2net_cloth_seg', 'isnet-anime', 'sam', 'zebra'])
      expect(refusalOf(() => read({ model: other }))).toBe('model-unknown model');
  });

  test('given a mask, a color or matting, when parsed, then they have the meaning of rembg', () => {
    expect(read({ om: 'True', bgc: '1,2,3,4' })).toEqual(jobOptionsSchema.parse({ channels: 'alpha' }));
    expect(read({ bgc: '255, 128,0,16' }).bg_color).toBe('ff800010');
    expect(read({ bgc: '1,2,3' }).bg_color).toBe('010203');
    expect(read({ a: 'yes', af: '240', ab: '10', ae: '10', ppm: 'true', extras: '{}' }).refine).toBe('edges');
  });

  test.each([
    ['om', 'maybe'],
    ['a', '2'],
    ['bgc', '256,0,0,0'],
    ['bgc', '1,2'],
    ['bgc', 'red'],
    ['bgc', '1,2,3,-4'],
  ])('given %s=%s, when it is read, then it is refused by name', (name, value) => {
    expect(refusalOf(() => read({ [name]: value }))).toBe(`invalid-parameter ${name}`);
  });
});
