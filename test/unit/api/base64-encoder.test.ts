import fc from 'fast-check';
import { base64Bytes, encodeBase64 } from '../../../apps/api/src/results/base64-encoder.js';

describe('base64 without a string', () => {
  it("given any bytes, when they are encoded, then the result is what Node's own encoder gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const into = Buffer.alloc(base64Bytes(bytes.length) + 2, 0x2a);
        expect(encodeBase64(bytes, into, 1)).toBe(base64Bytes(bytes.length));
        expect(into.toString('latin1')).toBe(`*${Buffer.from(bytes).toString('base64')}*`);
      }),
    );
  });
});
