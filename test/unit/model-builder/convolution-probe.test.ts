import { convolutionProbe as stored } from '#inference/session-factory.js';
import { convolutionProbe } from '#model-builder/onnx/convolution-probe.js';

describe('probe of execution providers', () => {
  it.each([16, 32] as const)('stores exactly the bytes that the builder makes, in %d bits', (width) => {
    expect(Buffer.from(stored(width))).toEqual(Buffer.from(convolutionProbe(width)));
  });
});
