import type { WalkedModel } from '../onnx/graph-walk.js';

/** Domains whose operators ONNX Runtime has. */
const KNOWN_DOMAINS = new Set([
  '',
  'ai.onnx.ml',
  'com.microsoft',
  'com.microsoft.nchwc',
  'com.ms.internal.nhwc',
]);

/** Operator set that exporters use by default and that ONNX Runtime 1.30 runs in full. */
const USUAL_OPSET = 17;

/** The newest operator set that ONNX Runtime 1.30 accepts. */
const NEWEST_OPSET = 25;

/** Operators of domains that ONNX Runtime does not have, as `domain:name`, each once. */
export function foreignOperators({ operations, functions }: WalkedModel): string[] {
  const foreign = operations
    .filter(({ domain, opType }) => !KNOWN_DOMAINS.has(domain) && !functions.has(`${domain}:${opType}`))
    .map(({ domain, opType }) => `${domain}:${opType}`);
  return [...new Set(foreign)].sort();
}

/**
 * Why ONNX Runtime cannot load a model, and what to do.
 * @param reason first line of its own message
 */
export function loadReason(model: WalkedModel, reason: string): string {
  const foreign = foreignOperators(model);
  if (foreign.length > 0) {
    return `The model needs custom operators that ONNX Runtime does not have: ${foreign.join(', ')}. Export it with standard operators, such as DeformConv of operator set 19`;
  }
  const version = model.opsets.get('') ?? 0;
  if (version > NEWEST_OPSET) {
    return `The model is made for operator set ${version}, and ONNX Runtime 1.30 has up to ${NEWEST_OPSET}: export it with operator set ${USUAL_OPSET}`;
  }
  if (model.operations.length === 0) return 'The graph is empty: the file is damaged or incomplete';
  const short = reason.replace(/^.*?(?:failed:|error:)\s*/i, '').slice(0, 300);
  return `ONNX Runtime cannot load the model (${short}): export it again, with operator set ${USUAL_OPSET}`;
}

/** Notes on operators that matter for speed. */
export function operatorNotes({ operations, opsets }: WalkedModel): string[] {
  const hasDeform = operations.some(({ domain, opType }) => domain === '' && opType === 'DeformConv');
  if (!hasDeform) return [];
  return [
    `DeformConv of operator set ${opsets.get('') ?? 0} runs natively: faster and in less memory than its usual replacement`,
  ];
}
