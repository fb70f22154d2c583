import fc from 'fast-check';
import { base64Bytes, encodeBase64 } from '../../../apps/api/src/results/base64-encoder.js';

describe('encodeBase64', () => {
  it("given any bytes, when they are encoded, then the result equals that of Node's encoder", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const into = Buffer.alloc(base64Bytes(bytes.length) + 2, 0x2a);
        expect(encodeBase64(bytes, into, 1)).toBe(base64Bytes(bytes.length));
        expect(into.toString('latin1')).toBe(`*${Buffer.from(bytes).toString('base64')}*`);
      }),
    );
  });
});
