import { convolutionProbe as stored } from '#inference/provider-probe.js';
import { convolutionProbe } from '#model-builder/onnx/convolution-probe.js';

describe('probe of execution providers', () => {
  it.each([16, 32] as const)('stores the very bytes that the builder makes, in %d bits', (width) => {
    expect(Buffer.from(stored(width))).toEqual(Buffer.from(convolutionProbe(width)));
  });
});
