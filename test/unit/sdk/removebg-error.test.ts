import { problemOfAnswer, retryAfterMs, RemoveBgError } from '#sdk/removebg-error.js';

const answered = (status: number, body: object, retryAfter: string | null = null): RemoveBgError =>
  problemOfAnswer({ status, retryAfter, body: JSON.stringify(body) });

describe('given an error answer', () => {
  it('when it is a problem, then the error has all its facts and a message that says how to fix it', () => {
    const problem = answered(400, {
      ...{
        type: '/problems/invalid-parameter',
        code: 'invalid-parameter',
        title: 'Not allowed',
        status: 400,
      },
      ...{ parameter: 'format', accepted: ['png', 'webp'] },
    });
    expect(problem).toBeInstanceOf(Error);
    expect(problem).toMatchObject({
      ...{ name: 'RemoveBgError', code: 'invalid-parameter', status: 400 },
      ...{ parameter: 'format', accepted: ['png', 'webp'], isTemporary: false },
      message: 'Not allowed. `format` accepts: png, webp.',
    });
  });

  it.each([
    [{ limit: 23_068_672, unit: 'bytes' }, 'Too large. The limit is 22 MiB.'],
    [{ limit: 50_000_000, unit: 'pixels' }, 'Too large. The limit is 50,000,000 pixels.'],
    [{ limit: 5, unit: 'images', detail: 'At most 5 images.' }, 'Too large. At most 5 images.'],
    [{ parameter: 'crop' }, 'Too large. Parameter: `crop`.'],
    [
      { expected: ['image'], found: ['photo'] },
      'Too large. Send the image in the field `image`, not in `photo`.',
    ],
    [{}, 'Too large'],
  ])('when its facts are %j, then the message contains them once', (facts, message) => {
    const problem = answered(413, { type: '/problems/x', code: 'x', title: 'Too large', ...facts });
    expect(problem.message).toBe(message);
  });

  it('when its code is unknown to this client, then it is passed through', () => {
    const problem = answered(422, {
      type: 'https://example.org/problems/new-code',
      code: 'new-code',
      title: 'New',
    });
    expect(problem).toMatchObject({ code: 'new-code', message: 'New' });
  });

  it.each([
    '',
    '<html>502</html>',
    'null',
    '[]',
    '{"code":"job-not-found"}',
    '{"type":"/problems/7","code":7}',
  ])('when its body is %j, then it is an unexpected answer with the status and the origin', (body) => {
    const origin = 'http://example.org';
    const problem = problemOfAnswer({ status: 404, retryAfter: null, body, origin });
    expect(problem).toMatchObject({ code: 'unexpected-answer', status: 404, isTemporary: false });
    expect(problem.message).toContain('http://example.org answered with status 404');
  });

  it('when header and body have a delay, then the header is used', () => {
    const body = { type: '/problems/capacity-exhausted', code: 'capacity-exhausted', retry_after: 9 };
    expect(answered(503, body)).toMatchObject({ retryAfterMs: 9000, isTemporary: true });
    expect(answered(503, body, '2').retryAfterMs).toBe(2000);
  });
});

it('given a job that was not started in time, then it may be sent again, but nothing repeats the request by itself', () => {
  const error = RemoveBgError.of({ code: 'not-started-in-time', status: 503 });
  expect([error.isTemporary, error.isRepeatable, error.isLostImage]).toEqual([true, false, false]);
});

describe('given a Retry-After header', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['12', 12_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('when it is %j, then the delay is %j ms', (header, waitMs) => {
    expect(retryAfterMs(header, nowMs)).toBe(waitMs);
  });
});
