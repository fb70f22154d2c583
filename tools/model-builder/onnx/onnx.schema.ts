/** A message: which field numbers it has, and under which property each goes. */
export type Schema = ReadonlyMap<number, Field>;

/** One field. `whole` is an integer that JavaScript's numbers hold exactly, `integer` a bigint. */
export interface Field {
  key: string;
  kind: 'whole' | 'integer' | 'float' | 'text' | 'bytes' | Schema;
  many: boolean;
}

const one = (key: string, kind: Field['kind']): Field => ({ key, kind, many: false });
const many = (key: string, kind: Field['kind']): Field => ({ key, kind, many: true });
const schema = (fields: Record<number, Field>): Schema =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));

const tensor = schema({
  1: many('dims', 'whole'),
  2: one('dataType', 'whole'),
  4: one('floatData', 'bytes'),
  8: one('name', 'text'),
  9: one('rawData', 'bytes'),
});

const attribute = schema({
  1: one('name', 'text'),
  2: one('f', 'float'),
  3: one('i', 'integer'),
  4: one('s', 'bytes'),
  5: one('t', tensor),
  7: many('floats', 'float'),
  8: many('ints', 'integer'),
  20: one('type', 'whole'),
});

const node = schema({
  1: many('inputs', 'text'),
  2: many('outputs', 'text'),
  3: one('name', 'text'),
  4: one('opType', 'text'),
  5: many('attributes', attribute),
  7: one('domain', 'text'),
});

const dimension = schema({ 1: one('value', 'whole'), 2: one('parameter', 'text') });
const shape = schema({ 1: many('dims', dimension) });
const tensorType = schema({ 1: one('elemType', 'whole'), 2: one('shape', shape) });
const type = schema({ 1: one('tensorType', tensorType) });
const valueInfo = schema({ 1: one('name', 'text'), 2: one('type', type) });

const graph = schema({
  1: many('nodes', node),
  2: one('name', 'text'),
  5: many('initializers', tensor),
  11: many('inputs', valueInfo),
  12: many('outputs', valueInfo),
  13: many('valueInfo', valueInfo),
});

const opset = schema({ 1: one('domain', 'text'), 2: one('version', 'whole') });

/** Field numbers of ModelProto and what is in it; the properties are those of `OnnxModel`. */
export const MODEL_SCHEMA: Schema = schema({
  1: one('irVersion', 'whole'),
  2: one('producerName', 'text'),
  3: one('producerVersion', 'text'),
  7: one('graph', graph),
  8: many('opsets', opset),
});
