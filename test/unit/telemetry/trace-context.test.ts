import fc from 'fast-check';
import { drawTrace, parseTraceparent, traceparent } from '#telemetry/trace-context.js';
import { Tracer } from '#telemetry/tracer.js';

const ID = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);

describe('trace context', () => {
  it('given a context, when it is written and read, then it is the same and sampled', () => {
    const context = drawTrace();
    expect(parseTraceparent(traceparent(context))).toEqual({ ...context, sampled: true });
  });

  it('given what is no traceparent, when it is read, then there is none', () => {
    const wrong = [
      ...[
        '',
        'x',
        `00-${ID}-${SPAN}`,
        `ff-${ID}-${SPAN}-01`,
        `00-${ID}-${SPAN}-01-more`,
        `00-${ID}-${SPAN}-1`,
      ],
      ...[
        `00-${'0'.repeat(32)}-${SPAN}-01`,
        `00-${ID}-${'0'.repeat(16)}-01`,
        `00-${ID.toUpperCase()}-${SPAN}-01`,
      ],
    ];
    for (const text of wrong) expect([text, parseTraceparent(text)]).toEqual([text, undefined]);
    fc.assert(fc.property(fc.string(), (text) => parseTraceparent(text) === undefined));
  });

  it('given a later version with more at its end, when it is read, then what is known of it counts', () => {
    expect(parseTraceparent(`01-${ID}-${SPAN}-00-later`)).toEqual({
      traceId: ID,
      spanId: SPAN,
      sampled: false,
    });
  });

  it('given a share, when traces begin, then about that share does, and none without a sink', () => {
    const tracer = new Tracer({ take: () => undefined }, 0.25);
    const started = Array.from({ length: 4000 }, () => tracer.begin()).filter(
      (one) => one !== undefined,
    ).length;
    expect(started / 4000).toBeGreaterThan(0.2);
    expect(started / 4000).toBeLessThan(0.3);
    expect(new Tracer(undefined, 1).begin()).toBeUndefined();
  });
});
