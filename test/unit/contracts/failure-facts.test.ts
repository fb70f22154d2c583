import fc from 'fast-check';
import { failure, failureText, parseFailure } from '#contracts/failure-facts.js';
import { failureNumbersSchema, type FailureNumbers } from '#contracts/failure-numbers.js';
import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];
const NAMES = Object.keys(failureNumbersSchema.shape) as (keyof FailureNumbers)[];

describe('numbers of a failure', () => {
  test('given any code and numbers, when stored and read, then they are the same', () => {
    const numbers = fc.dictionary(fc.constantFrom(...NAMES), fc.nat(Number.MAX_SAFE_INTEGER), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.constantFrom(...CODES), numbers, (code, given) => {
        const text = failureText(code, given);
        // A batch stores it after the state and a colon.
        expect(text).toMatch(/^[a-z0-9-]+(;[a-z_]+=\d+)*$/);
        expect(parseFailure(text)).toEqual({ code, numbers: given });
      }),
    );
  });

  test.each([
    [undefined, 'processing-failed', {}],
    ['', 'processing-failed', {}],
    ['max-bytes-too-small', 'max-bytes-too-small', {}],
    ['of-a-later-release;subjects=2', 'processing-failed', {}],
    ['subject-not-found;subjects=2;of_a_later_release=3', 'subject-not-found', { subjects: 2 }],
    ['subject-not-found;subjects=-2', 'subject-not-found', {}],
    ['subject-not-found;subjects=99999999999999999999', 'subject-not-found', {}],
    ['subject-not-found;subjects=Jane', 'subject-not-found', {}],
    [`subject-not-found;${'subjects=2;'.repeat(100)}`, 'processing-failed', {}],
    ['subject-not-found;constructor=2;__proto__=1', 'subject-not-found', {}],
  ])(
    'given %j in Redis, when read, then only a known code and known numbers are taken',
    (text, code, numbers) => {
      expect(parseFailure(text)).toEqual({ code, numbers });
    },
  );

  test('given numbers, when the problem is made, then its detail says them', () => {
    expect(failure('max-bytes-too-small', { smallest_bytes: 4321 }).toBody()).toMatchObject({
      code: 'max-bytes-too-small',
      parameter: 'max_bytes',
      detail:
        'The smallest file of this result has 4321 bytes. Use a larger "max_bytes" or a smaller "size".',
    });
    expect(failure('subject-not-found', { subjects: 1 }).toBody().detail).toBe('The image has one subject.');
    expect(failure('image-too-many-pixels', { max_pixels: 5 }).toBody()).toMatchObject({
      limit: 5,
      unit: 'pixels',
    });
    expect(failure('mask-mismatch', { mask_width: 2 }).toBody().detail).toBeUndefined();
    expect(failure('max-bytes-too-small', {}).toBody()).not.toHaveProperty('numbers');
  });
});
