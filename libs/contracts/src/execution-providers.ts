/** Where a network can run, by the names of ONNX Runtime's execution providers. All but `cpu` are accelerators. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;

/** One place where a network can run. */
export type Provider = (typeof PROVIDERS)[number];
