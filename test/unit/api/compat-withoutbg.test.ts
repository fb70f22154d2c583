import { jobOptionsSchema } from '#contracts/job-options.js';
import { isProblemCode, Problem, PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { withoutbgErrorSchema } from '#contracts/withoutbg-view.js';
import {
  renderCloudProblem,
  renderLocalProblem,
  statusOfCloud,
} from '../../../apps/api/src/compat/withoutbg/withoutbg-errors.js';
import {
  appOptions,
  localOptions,
  localPairOptions,
} from '../../../apps/api/src/compat/withoutbg/withoutbg-request.js';
import type { FastifyReply } from 'fastify';

const fields = (values: Record<string, string>): Map<string, string> => new Map(Object.entries(values));
const reply = {} as FastifyReply;
const codes = Object.keys(PROBLEMS).filter(isProblemCode);

const refused = (parameter: string): object => ({ code: 'invalid-parameter', facts: { parameter } });
const refusalOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

test('given output, when parsed, then it is the cut-out or its alpha', () => {
  expect(localOptions(fields({}))).toEqual(jobOptionsSchema.parse({}));
  expect(localOptions(fields({ output: 'processed' })).only).toBe('cutout');
  expect(localOptions(fields({ output: 'MATTE' })).only).toBe('alpha');
  expect(refusalOf(() => localOptions(fields({ output: 'zebra' })))).toMatchObject(refused('output'));
});

test('given a body in JSON, when parsed, then the result is the cut-out and its alpha', () => {
  expect(localPairOptions(fields({}))).toMatchObject({ only: 'both', format: 'zip' });
  expect(localPairOptions(fields({ subject: 'largest' })).subject).toBe('largest');
});

test('given format and quality of the web app, when parsed, then a PNG has no quality', () => {
  expect(appOptions(fields({ format: 'png', quality: '95' }))).toEqual(jobOptionsSchema.parse({}));
  expect(appOptions(fields({ format: 'JPEG' }))).toMatchObject({ format: 'jpg', quality: 95 });
  expect(appOptions(fields({ format: 'webp', quality: '80' }))).toMatchObject({
    format: 'webp',
    quality: 80,
  });
  expect(appOptions(fields({ bit_depth: '16' })).bit_depth).toBe('16');
  for (const format of ['png', 'jpg'])
    expect(refusalOf(() => appOptions(fields({ format, quality: '0' })))).toMatchObject(refused('quality'));
  expect(refusalOf(() => appOptions(fields({ format: 'gif' })))).toMatchObject(refused('format'));
});

test.each(codes)('given %s, when it is rendered, then local clients read `error`', (code: ProblemCode) => {
  const { status, body } = renderLocalProblem(new Problem(code), reply);
  const { error, detail } = withoutbgErrorSchema.parse(body);
  expect([400, 401, 403, 404, 405, 408, 409, 410, 413, 429, 500, 503]).toContain(status);
  expect([error, detail]).toEqual([PROBLEMS[code][1], PROBLEMS[code][1]]);
});

test.each(codes)('given %s, when it is rendered, then cloud clients read `detail`', (code: ProblemCode) => {
  const { status, body } = renderCloudProblem(new Problem(code), reply);
  const { detail } = withoutbgErrorSchema.parse(body);
  expect([401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 421, 422, 429, 431, 500, 503]).toContain(status);
  expect(Array.isArray(detail)).toBe(PROBLEMS[code][0] === 400);
});

test('given a request that is not valid, when it is rendered, then the faults are listed as by FastAPI', () => {
  expect(statusOfCloud('missing-image')).toBe(422);
  const problem = new Problem('missing-image', { expected: ['file'], detail: 'Send one.' });
  expect(renderCloudProblem(problem, reply).body).toEqual({
    error: 'No image was sent. Send one.',
    code: 'missing_image',
    detail: [{ loc: ['body', 'file'], msg: 'No image was sent. Send one.', type: 'value_error.missing' }],
  });
});
