import { extractApiKey, hasApiKey } from '../../../apps/api/src/http/request-preferences.js';

describe('extractApiKey', () => {
  it.each([
    [{ 'x-api-key': 'rb_a' }, 'rb_a'],
    [{ authorization: 'Bearer rb_a' }, 'rb_a'],
    [{ authorization: 'bearer  rb_a ' }, 'rb_a'],
    [{ 'x-api-key': 'rb_a', authorization: 'Bearer other' }, 'rb_a'],
    [{ 'x-api-key': '' }, ''],
    [{ authorization: 'Bearer mistyped' }, 'mistyped'],
    [{ authorization: 'Basic cmI6cGFzcw==' }, undefined],
    [{ authorization: 'Bearer ' }, undefined],
    [{}, undefined],
  ])('given %j, then it is %j', (headers, key) => {
    expect(extractApiKey(headers)).toBe(key);
  });

  it('given the token of a job, when a head is checked, then it is not a key', () => {
    expect(hasApiKey({ authorization: `Bearer ${'a'.repeat(43)}` })).toBe(false);
    expect(hasApiKey({ authorization: `Bearer rb_${'a'.repeat(43)}` })).toBe(true);
    expect(hasApiKey({ 'x-api-key': 'anything' })).toBe(true);
  });
});
