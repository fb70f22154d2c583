import { problemOfAnswer, retryAfterMs } from '#client/removebg.error.js';

describe('given an answer that is not a success', () => {
  it('when it is problem+json of the catalogue, then its code, title and wait are kept', () => {
    const body = JSON.stringify({ code: 'rate-limited', title: 'Too many', status: 429, retry_after: 4 });
    const problem = problemOfAnswer({ status: 429, retryAfter: null, body });
    expect(problem).toMatchObject({ code: 'rate-limited', message: 'Too many', retryAfterMs: 4000 });
    expect(problem.isTemporary).toBe(true);
  });

  it.each(['', '<html>502</html>', 'null', '[]', '{"code":"no-such-code"}', '{"code":7}'])(
    'when its body is %j, then it is an unexpected answer with its status',
    (body) => {
      const problem = problemOfAnswer({ status: 404, retryAfter: null, body });
      expect(problem).toMatchObject({ code: 'unexpected-answer', status: 404, isTemporary: false });
    },
  );

  it('when header and body name a wait, then the header counts', () => {
    const body = JSON.stringify({ code: 'capacity-exhausted', retry_after: 9 });
    expect(problemOfAnswer({ status: 503, retryAfter: '2', body }).retryAfterMs).toBe(2000);
  });
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
  ])('when it says %j, then the wait is %j ms', (header, waitMs) => {
    expect(retryAfterMs(header, nowMs)).toBe(waitMs);
  });
});
