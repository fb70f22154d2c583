import { node, tensor, value } from '#model-builder/onnx/onnx-build.js';
import { floatsOf } from '#model-builder/onnx/tensor-values.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor } from '#model-builder/onnx/onnx-types.js';
import { randomNumbers } from './tiny-isnet.js';

/** A change of the form of a graph that leaves what it computes. */
export type ExportForm = (graph: OnnxGraph) => OnnxGraph;

const mapNames = (graph: OnnxGraph, renamed: (name: string) => string): OnnxGraph => ({
  ...graph,
  nodes: graph.nodes.map((each) => ({
    ...each,
    name: '',
    inputs: each.inputs.map((name) => (name === '' ? '' : renamed(name))),
    outputs: each.outputs.map(renamed),
  })),
  initializers: graph.initializers.map((each) => ({ ...each, name: renamed(each.name ?? '') })),
  inputs: graph.inputs.map((each) => ({ ...each, name: renamed(each.name ?? '') })),
  outputs: graph.outputs.map((each) => ({ ...each, name: renamed(each.name ?? '') })),
});

const CLASHING = [
  'pixels',
  'mask',
  'one',
  'zero',
  'opacity',
  'twice',
  'twice_inner',
  'tail_floats',
  'zero_128',
];

/** Numbers as names, and those that recipes use; the ends are called as in rembg's files. */
export const otherNames: ExportForm = (graph) => {
  const names = new Map([
    [graph.inputs[0]?.name ?? '', 'input_image'],
    [graph.outputs[0]?.name ?? '', 'output_image'],
  ]);
  return mapNames(graph, (name) => {
    const known = names.get(name) ?? CLASHING[names.size - 2] ?? String(1000 + names.size);
    names.set(name, known);
    return known;
  });
};

/** Side outputs in front of the main one and behind it. */
export const moreOutputs: ExportForm = (graph) => {
  const inner = graph.nodes.filter(({ opType }) => opType === 'Relu').map(({ outputs }) => outputs[0] ?? '');
  const nodes = [
    node('Sigmoid', [inner[0] ?? ''], ['side_a']),
    node('Identity', [inner.at(-1) ?? ''], ['side_b']),
  ];
  const info = (name: string): OnnxGraph['outputs'][number] =>
    value(name, DataType.float, ['n', 'c', 'h', 'w']);
  return {
    ...graph,
    nodes: [...graph.nodes, ...nodes],
    outputs: [info('side_a'), ...graph.outputs, info('side_b')],
  };
};

/** Each constant becomes a node. */
export const constantNodes: ExportForm = (graph) => {
  const nodes = graph.initializers.map((each) => {
    const constant = node('Constant', [], [each.name ?? '']);
    constant.attributes.push({
      name: 'value',
      t: { ...each, name: '' },
      type: 4,
      floats: [],
      ints: [],
      rest: [],
    });
    return constant;
  });
  return { ...graph, nodes: [...nodes, ...graph.nodes], initializers: [] };
};

const integers = (name: string, ...values: number[]): OnnxTensor =>
  tensor(name, BigInt64Array.from(values.map(BigInt)));

/** The region of a Resize as an empty constant: required up to operator set 12. */
export const emptyRegions: ExportForm = (graph) => ({
  ...graph,
  initializers: [
    ...graph.initializers,
    tensor('region', new Float32Array(0)),
    tensor('factors', new Float32Array(0)),
  ],
  nodes: graph.nodes.map((each) =>
    each.opType === 'Resize'
      ? {
          ...each,
          inputs: each.inputs.map((name, i) => (name === '' ? (i === 1 ? 'region' : 'factors') : name)),
        }
      : each,
  ),
});

/** Factors of rows and columns only, as from operator set 18 on. */
export const factorsOfAxes: ExportForm = (graph) =>
  replacingResizes((resize, add) => {
    const [from = ''] = resize.inputs;
    const factors = `${resize.outputs[0] ?? ''}.factors`;
    add.constants(tensor(factors, Float32Array.of(2, 2)));
    const axes = { name: 'axes', ints: [2n, -1n], type: 7, floats: [], rest: [] };
    return { ...resize, inputs: [from, '', factors], attributes: [...resize.attributes, axes] };
  })(graph);

/** Enlargement to a size worked out from the shape: Shape → Slice → Concat with what `side` says. */
export function sizesFromShapes(sideOf: (output: string) => number): ExportForm {
  return replacingResizes((resize, add) => {
    const [from = '', , ,] = resize.inputs;
    const [to = ''] = resize.outputs;
    const side = sideOf(to);
    add.constants(integers(`${to}.0`, 0), integers(`${to}.2`, 2), integers(`${to}.side`, side, side));
    add.nodes(
      node('Shape', [from], [`${to}.shape`]),
      node('Slice', [`${to}.shape`, `${to}.0`, `${to}.2`], [`${to}.outer`]),
      node('Concat', [`${to}.outer`, `${to}.side`], [`${to}.sizes`], { attributes: { axis: 0 } }),
    );
    return { ...resize, inputs: [from, '', '', `${to}.sizes`] };
  });
}

/** Enlargement to twice the shape: Shape → Gather → Mul → Unsqueeze → Concat, one side after the other. */
export const sizesByArithmetic: ExportForm = (graph) =>
  replacingResizes((resize, add) => {
    const [from = ''] = resize.inputs;
    const [to = ''] = resize.outputs;
    const named = (part: string): string => `${to}.${part}`;
    add.constants(
      { ...integers(named('two'), 2), dims: [] },
      { ...integers(named('i2'), 2), dims: [] },
      { ...integers(named('i3'), 3), dims: [] },
      integers(named('axes'), 0),
      integers(named('i01'), 0, 1),
    );
    add.nodes(
      node('Shape', [from], [named('shape')]),
      node('Gather', [named('shape'), named('i01')], [named('nc')]),
    );
    for (const side of ['i2', 'i3']) {
      add.nodes(
        node('Gather', [named('shape'), named(side)], [named(`${side}.one`)]),
        node('Cast', [named(`${side}.one`)], [named(`${side}.float`)], {
          attributes: { to: DataType.float },
        }),
        node('Cast', [named('two')], [named(`${side}.twofloat`)], { attributes: { to: DataType.float } }),
        node('Mul', [named(`${side}.float`), named(`${side}.twofloat`)], [named(`${side}.product`)]),
        node('Floor', [named(`${side}.product`)], [named(`${side}.floor`)]),
        node('Cast', [named(`${side}.floor`)], [named(`${side}.whole`)], {
          attributes: { to: DataType.int64 },
        }),
        node('Unsqueeze', [named(`${side}.whole`), named('axes')], [named(`${side}.list`)]),
      );
    }
    add.nodes(
      node('Concat', [named('nc'), named('i2.list'), named('i3.list')], [named('sizes')], {
        attributes: { axis: 0 },
      }),
    );
    return { ...resize, inputs: [from, '', '', named('sizes')] };
  })(graph);

interface Additions {
  nodes: (...nodes: OnnxNode[]) => void;
  constants: (...constants: OnnxTensor[]) => void;
}

function replacingResizes(replace: (resize: OnnxNode, add: Additions) => OnnxNode): ExportForm {
  return (graph) => {
    const initializers = [...graph.initializers];
    const nodes = graph.nodes.flatMap((each) => {
      if (each.opType !== 'Resize') return [each];
      const before: OnnxNode[] = [];
      const changed = replace(each, {
        nodes: (...added) => void before.push(...added),
        constants: (...added) => void initializers.push(...added),
      });
      return [...before, changed];
    });
    return { ...graph, nodes, initializers };
  };
}

/** Each activated convolution without bias, followed by a BatchNormalization that is drawn at random. */
export const batchNormalization: ExportForm = (graph) => {
  const next = randomNumbers(7);
  const kernels = new Map(graph.initializers.map((each) => [each.name, each]));
  const initializers = new Map(kernels);
  const activated = new Set(
    graph.nodes.filter(({ opType }) => opType === 'Relu').map(({ inputs }) => inputs[0]),
  );
  const nodes = graph.nodes.flatMap((each) => {
    const [from = '', kernel = '', bias = ''] = each.inputs;
    const [to = ''] = each.outputs;
    if (each.opType !== 'Conv' || !activated.has(to)) return [each];
    const weights = kernels.get(kernel) as OnnxTensor;
    const shift = floatsOf(kernels.get(bias) as OnnxTensor);
    const drawn = Array.from(shift, () => ({
      gamma: 1 + next() / 2,
      mean: next(),
      variance: 1 + next() / 2,
    }));
    const factors = drawn.map(({ gamma, variance }) => gamma / Math.sqrt(variance + 1e-5));
    const size = floatsOf(weights).length / shift.length;
    const unfolded = floatsOf(weights).map((weight, i) => weight / (factors[Math.floor(i / size)] ?? 1));
    initializers.delete(bias);
    initializers.set(kernel, tensor(kernel, unfolded, weights.dims));
    const listed = (name: string, values: number[]): string => {
      initializers.set(`${to}.${name}`, tensor(`${to}.${name}`, Float32Array.from(values)));
      return `${to}.${name}`;
    };
    const parts = [
      listed(
        'gamma',
        drawn.map(({ gamma }) => gamma),
      ),
      listed(
        'beta',
        drawn.map(({ mean }, i) => (shift[i] ?? 0) + (factors[i] ?? 0) * mean),
      ),
      listed(
        'mean',
        drawn.map(({ mean }) => mean),
      ),
      listed(
        'variance',
        drawn.map(({ variance }) => variance),
      ),
    ];
    return [
      { ...each, inputs: [from, kernel], outputs: [`${to}.raw`] },
      node('BatchNormalization', [`${to}.raw`, ...parts], [to]),
    ];
  });
  return { ...graph, nodes, initializers: [...initializers.values()] };
};

/** Biases as additions of 1 × channels × 1 × 1. */
export const addedBiases: ExportForm = (graph) => ({
  ...graph,
  initializers: graph.initializers.map((each) =>
    each.dims.length === 1 && isBias(graph, each.name ?? '')
      ? { ...each, dims: [1, each.dims[0] ?? 1, 1, 1] }
      : each,
  ),
  nodes: graph.nodes.flatMap((each) => {
    const [from = '', kernel = '', bias = ''] = each.inputs;
    const [to = ''] = each.outputs;
    if (each.opType !== 'Conv' || bias === '') return [each];
    return [
      { ...each, inputs: [from, kernel], outputs: [`${to}.raw`] },
      node('Add', [bias, `${to}.raw`], [to]),
    ];
  }),
});

const isBias = (graph: OnnxGraph, name: string): boolean =>
  graph.nodes.some(({ opType, inputs }) => opType === 'Conv' && inputs[2] === name);

/** Attributes that have their default value are left out; padding is SAME_UPPER where it is the same. */
export const fewAttributes: ExportForm = (graph) => ({
  ...graph,
  nodes: graph.nodes.map((each) => {
    if (each.opType !== 'Conv') return each;
    const isPlain = each.attributes.every(
      ({ name, ints }) => name === 'pads' || ints.every((of) => of < 2n || of === 3n),
    );
    const same = {
      name: 'auto_pad',
      s: new TextEncoder().encode('SAME_UPPER'),
      type: 3,
      floats: [],
      ints: [],
      rest: [],
    };
    const kept = each.attributes.filter(({ name }) => name !== 'group' && name !== 'kernel_shape');
    return { ...each, attributes: isPlain ? [same] : kept };
  }),
});

/** Weights in 16 bits, each cast to 32 bits where it is read. */
export const halfWeights: ExportForm = (graph) => {
  const isWeight = (each: OnnxTensor): boolean => each.dims.length === 4;
  const casts = graph.initializers
    .filter(isWeight)
    .map(({ name = '' }) => node('Cast', [`${name}.half`], [name], { attributes: { to: DataType.float } }));
  return {
    ...graph,
    nodes: [...casts, ...graph.nodes],
    initializers: graph.initializers.map((each) =>
      isWeight(each) ? half(each, `${each.name ?? ''}.half`) : each,
    ),
  };
};

/** A float tensor in 16 bits; numbers below 2⁻¹⁴ become 0. */
function half(each: OnnxTensor, name: string): OnnxTensor {
  const bits = Uint16Array.from(floatsOf(each), halfBits);
  const rawData = new Uint8Array(bits.buffer);
  return { dims: each.dims, dataType: DataType.float16, name, rawData, externalData: [], rest: [] };
}

function halfBits(number: number): number {
  const sign = number < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(number);
  if (magnitude < 2 ** -14) return sign;
  const exponent = Math.floor(Math.log2(magnitude));
  return sign + ((exponent + 15) << 10) + Math.round((magnitude / 2 ** exponent - 1) * 1024);
}

/** Identity, Dropout and casts between floats at many places. */
export const idleNodes: ExportForm = (graph) => ({
  ...graph,
  nodes: graph.nodes.flatMap((each) => {
    const [to = ''] = each.outputs;
    if (each.opType !== 'Relu') return [each];
    return [
      { ...each, outputs: [`${to}.a`] },
      node('Identity', [`${to}.a`], [`${to}.b`]),
      node('Dropout', [`${to}.b`], [`${to}.c`]),
      node('Cast', [`${to}.c`], [to], { attributes: { to: DataType.float } }),
    ];
  }),
});

/** The graph ends in enlarged logits. */
export const withoutSigmoid: ExportForm = (graph) => {
  const [output] = graph.outputs;
  const sigmoid = graph.nodes.find(({ outputs }) => outputs[0] === output?.name);
  const before = sigmoid?.inputs[0] ?? '';
  return {
    ...graph,
    nodes: graph.nodes.filter((each) => each !== sigmoid),
    outputs: [{ ...output, name: before, rest: [] }],
  };
};

/** The graph normalizes by itself: it takes 0 to 255, rows × columns × channels. */
export const ownNormalization =
  (mean: number, std: number): ExportForm =>
  (graph) => {
    const [input] = graph.inputs;
    const side = input?.type?.tensorType?.shape?.dims[2]?.value ?? 0;
    const name = input?.name ?? '';
    return {
      ...graph,
      inputs: [value('rows_first', DataType.float, [1, side, side, 3])],
      initializers: [
        ...graph.initializers,
        tensor('own_mean', new Float32Array(3).fill(mean), [1, 3, 1, 1]),
        tensor('own_std', Float32Array.of(std), []),
      ],
      nodes: [
        node('Transpose', ['rows_first'], ['planes_first'], { attributes: { perm: [0, 3, 1, 2] } }),
        node('Sub', ['planes_first', 'own_mean'], ['centered']),
        node('Div', ['centered', 'own_std'], [name]),
        ...graph.nodes,
      ],
    };
  };

/** Padding by a node in front of each convolution. */
export const padNodes: ExportForm = (graph) => {
  const initializers = [...graph.initializers];
  const nodes = graph.nodes.flatMap((each) => {
    const pads = each.attributes.find(({ name }) => name === 'pads')?.ints ?? [];
    const [to = ''] = each.outputs;
    if (each.opType !== 'Conv' || pads.every((pad) => pad === 0n)) return [each];
    const [top = 0n, left = 0n, bottom = 0n, right = 0n] = pads;
    initializers.push(tensor(`${to}.pads`, BigInt64Array.of(0n, 0n, top, left, 0n, 0n, bottom, right)));
    const [from = '', ...more] = each.inputs;
    const attributes = each.attributes.filter(({ name }) => name !== 'pads');
    return [
      node('Pad', [from, `${to}.pads`], [`${to}.padded`]),
      { ...each, attributes, inputs: [`${to}.padded`, ...more] },
    ];
  });
  return { ...graph, nodes, initializers };
};

/** Another network of the same shape: weights differ by up to a share of themselves. */
export const perturbedWeights =
  (share: number): ExportForm =>
  (graph) => {
    const next = randomNumbers(99);
    const initializers = graph.initializers.map((each) =>
      each.dims.length === 4
        ? tensor(
            each.name ?? '',
            floatsOf(each).map((weight) => weight * (1 + share * next())),
            each.dims,
          )
        : each,
    );
    return { ...graph, initializers };
  };
