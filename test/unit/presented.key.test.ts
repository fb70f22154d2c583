import { presentedKey, showsApiKey } from '../../apps/api/src/tenancy/presented.key.js';

describe('the API key that a request shows', () => {
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
    expect(presentedKey(headers)).toBe(key);
  });

  it('given the token of a job, when a head is looked at, then it is no key', () => {
    expect(showsApiKey({ authorization: `Bearer ${'a'.repeat(43)}` })).toBe(false);
    expect(showsApiKey({ authorization: `Bearer rb_${'a'.repeat(43)}` })).toBe(true);
    expect(showsApiKey({ 'x-api-key': 'anything' })).toBe(true);
  });
});
