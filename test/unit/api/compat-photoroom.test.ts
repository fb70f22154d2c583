import { jobOptionsSchema } from '#contracts/job-options.js';
import { isProblemCode, Problem, PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { photoroomErrorSchema } from '#contracts/photoroom-view.js';
import { asPhotoroomError } from '../../../apps/api/src/compat/photoroom/photoroom-errors.js';
import {
  parsePhotoroomFields,
  type PhotoroomRequest,
} from '../../../apps/api/src/compat/photoroom/photoroom-request.js';
import { uncertaintyHeader } from '../../../apps/api/src/compat/photoroom/photoroom.controller.js';
import type { OutputFacts } from '#broker/records/job-record.js';

const parse = (fields: Record<string, string>): PhotoroomRequest =>
  parsePhotoroomFields(new Map(Object.entries(fields)));

function refusalOf(fields: Record<string, string>): string {
  try {
    parse(fields);
    return 'none';
  } catch (error) {
    return error instanceof Problem ? `${error.code} ${error.facts.parameter ?? ''}` : String(error);
  }
}

test('given no field, when parsed, then the result is a PNG of full size', () => {
  expect(parse({})).toEqual({ options: jobOptionsSchema.parse({}), ignored: [] });
});

test.each([
  ['format', ['png', 'jpg', 'webp'], 'zip'],
  ['channels', ['rgba', 'alpha'], 'rgb'],
  ['bg_color', ['#FF00FF', 'red', 'green'], '#ggg'],
  ['size', ['preview', 'medium', 'hd', 'full'], 'auto'],
  ['crop', ['true', 'false'], 'maybe'],
  ['despill', ['true', 'false'], 'maybe'],
])(
  'given %s, when parsed, then its documented values are accepted, and others refused',
  (name, values, bad) => {
    for (const value of values) expect([value, refusalOf({ [name]: value })]).toEqual([value, 'none']);
    expect(refusalOf({ [name]: bad })).toBe(`invalid-parameter ${name}`);
  },
);

test('given options, when parsed, then they are options of this service', () => {
  expect(parse({ channels: 'alpha', size: 'hd', crop: 'true', format: 'webp' }).options).toMatchObject({
    ...{ only: 'alpha', size: 'hd', crop: true, format: 'webp' },
  });
  expect(refusalOf({ channels: 'alpha', bg_color: 'red' })).toBe('invalid-parameter bg_color');
});

test('given despill, when parsed, then it is reported as ignored', () => {
  expect(parse({ despill: 'true' }).ignored).toEqual(['despill']);
  expect(parse({ despill: 'false' }).ignored).toEqual([]);
});

test.each(Object.keys(PROBLEMS).filter(isProblemCode))(
  'given %s, when it is rendered, then it has the members of an error of Photoroom',
  (code: ProblemCode) => {
    const error = photoroomErrorSchema.parse(asPhotoroomError(new Problem(code)));
    expect([400, 403, 404, 405, 408, 409, 410, 429, 500, 503]).toContain(error.status_code);
    expect(error.type).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/);
    expect(error.detail).toContain(PROBLEMS[code][1]);
    expect(error.error).toEqual(code === 'key-invalid' ? { message: 'Unauthorized' } : undefined);
  },
);

test('given no image, when the error is rendered, then its type is that of the documentation', () => {
  expect(asPhotoroomError(new Problem('missing-image', { detail: 'Send one.' }))).toEqual({
    detail: 'No image was sent. Send one.',
    status_code: 400,
    type: 'missing_image',
  });
});

test.each([
  [1, '0.00'],
  [0.91, '0.09'],
  [0, '1.00'],
  [undefined, '-1'],
])('given a confidence of %s, when the result is sent, then its uncertainty is %s', (confidence, score) => {
  expect(uncertaintyHeader({ confidence } as OutputFacts)).toEqual({ 'X-Uncertainty-Score': score });
});
