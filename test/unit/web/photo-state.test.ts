import { RESULT_HINTS } from '#contracts/result-hints.js';
import { checkText } from '../../../apps/web/src/photo/photo-state.js';

describe('given the hints of a cutout', () => {
  it('when there is none, then there is nothing to check', () => {
    expect(checkText({ hints: [] })).toBeUndefined();
  });

  it('when it is a drawing, and nothing else is said, then there is nothing to check', () => {
    expect(checkText({ hints: ['graphics'] })).toBeUndefined();
  });

  it.each(RESULT_HINTS)(
    'when the confidence is low, and the hint %s is given, then it is the reason',
    (hint) => {
      expect(checkText({ hints: ['low-confidence', hint] })).toEqual([`check.${hint}`]);
    },
  );

  it('when no subject was found, then this is the reason, whatever else is said', () => {
    expect(checkText({ hints: [...RESULT_HINTS] })).toEqual(['check.no-subject']);
  });
});
