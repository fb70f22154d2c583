/** Width of the numbers that a model computes in, in bits. */
export type FloatWidth = 16 | 32;

/**
 * Networks of one convolution, as ONNX in base64: a device that runs one computes what segmentation models consist of.
 * `tools/model-builder/onnx/convolution-probe.ts` makes them.
 */
const PROBES: Record<FloatWidth, string> = {
  16:
    'CAgSC3JlbW92ZWJnLWJkOsQBClUKBWlucHV0Cgd3ZWlnaHRzEgZvdXRwdXQaC291dHB1dDpDb252IgRDb252KhUKDGtlcm5lbF9z' +
    'aGFwZUADQAOgAQcqEQoEcGFkc0ABQAFAAUABoAEHEgVwcm9iZVofCgVpbnB1dBIWChQIChIQCgIIAQoCCAgKAggICgIICFohCgd3' +
    'ZWlnaHRzEhYKFAgKEhAKAggICgIICAoCCAMKAggDYiAKBm91dHB1dBIWChQIChIQCgIIAQoCCAgKAggICgIICEIECgAQD0IRCg1j' +
    'b20ubWljcm9zb2Z0EAE=',
  32:
    'CAgSC3JlbW92ZWJnLWJkOsQBClUKBWlucHV0Cgd3ZWlnaHRzEgZvdXRwdXQaC291dHB1dDpDb252IgRDb252KhUKDGtlcm5lbF9z' +
    'aGFwZUADQAOgAQcqEQoEcGFkc0ABQAFAAUABoAEHEgVwcm9iZVofCgVpbnB1dBIWChQIARIQCgIIAQoCCAgKAggICgIICFohCgd3' +
    'ZWlnaHRzEhYKFAgBEhAKAggICgIICAoCCAMKAggDYiAKBm91dHB1dBIWChQIARIQCgIIAQoCCAgKAggICgIICEIECgAQD0IRCg1j' +
    'b20ubWljcm9zb2Z0EAE=',
};

/** The probe of this width, as an ONNX file. */
export const convolutionProbe = (width: FloatWidth): Uint8Array => Buffer.from(PROBES[width], 'base64');
