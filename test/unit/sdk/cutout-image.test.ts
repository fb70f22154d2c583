import { factsOf } from '#sdk/cutout-image.js';

const IMAGE = new Blob(['12345'], { type: 'image/png' });
const of = (headers: Record<string, string>) => factsOf(new Headers(headers), IMAGE);

describe('given the headers of a result', () => {
  it('when they name confidence and hints, then the facts have them', () => {
    expect(of({ 'x-width': '7', 'x-confidence': '0.71', 'x-hints': 'low-confidence, graphics' })).toEqual({
      ...{ bytes: 5, width: 7, height: 0, format: 'png' },
      ...{ foreground: { left: 0, top: 0, width: 0, height: 0 } },
      ...{ confidence: 0.71, hints: ['low-confidence', 'graphics'] },
    });
  });

  it('when they name none, then there is no confidence, and no hint', () => {
    const facts = of({});
    expect(facts).not.toHaveProperty('confidence');
    expect(facts.hints).toEqual([]);
  });

  it('when confidence is 0, then it is not mistaken for none', () => {
    expect(of({ 'x-confidence': '0.00', 'x-hints': 'no-subject,low-confidence' })).toMatchObject({
      ...{ confidence: 0, hints: ['no-subject', 'low-confidence'] },
    });
  });

  it('when a hint is unknown, then it is kept', () => {
    expect(of({ 'x-hints': 'a-later-hint' }).hints).toEqual(['a-later-hint']);
  });
});
