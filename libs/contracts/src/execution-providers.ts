/** Execution providers, by their names in ONNX Runtime. All but `cpu` are accelerators. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;

/** One execution provider. */
export type Provider = (typeof PROVIDERS)[number];
