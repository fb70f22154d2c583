import fc from 'fast-check';
import {
  frameHead,
  FrameDecoder,
  FrameError,
  type Frame,
} from '../../../apps/worker/src/engine/frame-codec.js';

const LIMITS = { maxHeaderBytes: 4096, maxPayloadBytes: 4096 };

const frame = fc.record({
  header: fc.record({ type: fc.string(), id: fc.nat() }),
  payload: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
});

const plain = ({ header, payload }: Frame): unknown => [header, [...payload]];

describe('frame-codec', () => {
  test('given any frames cut into any pieces, when decoded, then the same frames are returned in order', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Buffer.concat(
            frames.flatMap(({ header, payload }) => [frameHead(header, payload.length), payload]),
          );
          const decoder = new FrameDecoder(LIMITS);
          const out: Frame[] = [];
          for (let at = 0, i = 0; at < stream.length; i += 1) {
            const end = at + cuts[i % cuts.length]!;
            const piece = Buffer.from(stream.subarray(at, end));
            out.push(...decoder.push(piece));
            piece.fill(0);
            at = end;
          }
          expect(out.map(plain)).toEqual(frames.map(plain));
        },
      ),
    );
  });

  test('given any bytes, when decoded, then the result is frames or a FrameError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (pieces) => {
        const decoder = new FrameDecoder({ maxHeaderBytes: 64, maxPayloadBytes: 64 });
        try {
          for (const piece of pieces) decoder.push(piece);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });

  test('given a header or payload over its limit, when its length is read, then it is rejected before it arrives', () => {
    const prefix = frameHead({ type: 'x' }, 5000);
    expect(() => new FrameDecoder(LIMITS).push(prefix)).toThrow(FrameError);
    expect(() => new FrameDecoder({ ...LIMITS, maxHeaderBytes: 4 }).push(prefix)).toThrow(FrameError);
  });

  test('given an unfinished frame, when discarded, then the next frame is read from its start', () => {
    const decoder = new FrameDecoder(LIMITS);
    const payload = Buffer.from('payload');
    const prefix = frameHead({ type: 'x' }, payload.length);
    expect(decoder.push(Buffer.concat([prefix, payload.subarray(0, 3)]))).toEqual([]);
    decoder.discard();
    expect(decoder.push(Buffer.concat([prefix, payload])).map(plain)).toEqual([
      [{ type: 'x' }, [...payload]],
    ]);
  });
});
