import { model, node, tensor, value } from '#model-builder/onnx/onnx-build.js';
import {
  DataType,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '#model-builder/onnx/onnx-types.js';

/** Side of the tiny network's input; its deepest values have a side of 4. */
export const TINY_SIDE = 64;

const CHANNELS = 8;
const INNER = 4;

/** Numbers between -1 and 1 that look random and are the same every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Collects nodes and constants of a network in PyTorch's plainest export. */
class Builder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [tensor('doubled', Float32Array.of(1, 1, 2, 2))];
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomNumbers(seed);
  }

  convolution(
    from: string,
    to: string,
    [inputs, outputs]: [number, number],
    more: { stride?: number; dilation?: number } = {},
  ): string {
    const { stride = 1, dilation = 1 } = more;
    const reach = Math.sqrt(6 / (9 * inputs));
    const weights = Float32Array.from({ length: 9 * inputs * outputs }, () => reach * this.next());
    const bias = Float32Array.from({ length: outputs }, () => this.next() / 10);
    this.initializers.push(
      tensor(`${to}.weight`, weights, [outputs, inputs, 3, 3]),
      tensor(`${to}.bias`, bias),
    );
    const attributes = {
      dilations: [dilation, dilation],
      group: 1,
      kernel_shape: [3, 3],
      pads: [dilation, dilation, dilation, dilation],
      strides: [stride, stride],
    };
    this.nodes.push(node('Conv', [from, `${to}.weight`, `${to}.bias`], [to], { attributes }));
    return to;
  }

  activated(from: string, to: string, channels: [number, number], dilation = 1): string {
    const conv = this.convolution(from, `${to}.conv`, channels, { dilation });
    this.nodes.push(node('Relu', [conv], [to]));
    return to;
  }

  pool(from: string, to: string): string {
    const attributes = { ceil_mode: 1, kernel_shape: [2, 2], pads: [0, 0, 0, 0], strides: [2, 2] };
    this.nodes.push(node('MaxPool', [from], [to], { attributes }));
    return to;
  }

  enlarge(from: string, to: string): string {
    const attributes = { coordinate_transformation_mode: 'pytorch_half_pixel', mode: 'linear' };
    this.nodes.push(node('Resize', [from, '', 'doubled'], [to], { attributes }));
    return to;
  }

  join(first: string, second: string, to: string): string {
    this.nodes.push(node('Concat', [first, second], [to], { attributes: { axis: 1 } }));
    return to;
  }

  /** A residual U-block with one pooling inside. */
  block(from: string, name: string, inputs: number): string {
    const start = this.activated(from, `${name}.in`, [inputs, CHANNELS]);
    const first = this.activated(start, `${name}.1`, [CHANNELS, INNER]);
    const second = this.activated(this.pool(first, `${name}.pool`), `${name}.2`, [INNER, INNER]);
    const third = this.activated(second, `${name}.3`, [INNER, INNER], 2);
    const up = this.activated(this.join(third, second, `${name}.j2`), `${name}.2d`, [2 * INNER, INNER]);
    const joined = this.join(this.enlarge(up, `${name}.up`), first, `${name}.j1`);
    const last = this.activated(joined, `${name}.1d`, [2 * INNER, CHANNELS]);
    this.nodes.push(node('Add', [last, start], [`${name}.sum`]));
    return `${name}.sum`;
  }
}

/**
 * A network of ISNet's structure with few channels: a bare convolution of stride 2, three residual U-blocks down and
 * two up again, a convolution to one channel, Resize, Sigmoid. Weights look random.
 */
export function tinyIsnet(seed = 1): OnnxGraph {
  const build = new Builder(seed);
  const stem = build.convolution('input', 'stem', [3, CHANNELS], { stride: 2 });
  const e1 = build.block(stem, 'e1', CHANNELS);
  const e2 = build.block(build.pool(e1, 'p1'), 'e2', CHANNELS);
  const e3 = build.block(build.pool(e2, 'p2'), 'e3', CHANNELS);
  const d2 = build.block(build.join(build.enlarge(e3, 'u3'), e2, 'j2'), 'd2', 2 * CHANNELS);
  const d1 = build.block(build.join(build.enlarge(d2, 'u2'), e1, 'j1'), 'd1', 2 * CHANNELS);
  const logits = build.convolution(d1, 'logits', [CHANNELS, 1]);
  build.enlarge(logits, 'large');
  build.nodes.push(node('Sigmoid', ['large'], ['output']));
  return {
    nodes: build.nodes,
    name: 'tiny',
    initializers: build.initializers,
    inputs: [value('input', DataType.float, [1, 3, TINY_SIDE, TINY_SIDE])],
    outputs: [value('output', DataType.float, [1, 1, TINY_SIDE, TINY_SIDE])],
    valueInfo: [],
    rest: [],
  };
}

/** A model of a graph, with another version of ONNX's operators. */
export function modelOf(graph: OnnxGraph, opset = 15): OnnxModel {
  const { nodes, initializers, inputs, outputs } = graph;
  const made = model({ name: graph.name ?? '', nodes, initializers, inputs, outputs });
  return { ...made, opsets: [{ domain: '', version: opset, rest: [] }] };
}
