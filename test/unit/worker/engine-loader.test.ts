/** @jest-environment ./test/harness/onnx-environment.cjs */
import type { Segmentation } from '#imaging/cutout-pipeline.js';
import { squareFrame } from '#imaging/decode/decode.js';
import { modelFor, type LoadedEngine } from '../../../apps/worker/src/engine/engine-loader.js';

const standIn = (): Segmentation => ({
  inputFor: () => squareFrame(8),
  segment: () => Promise.resolve({ data: new Uint8Array(64), width: 8, height: 8 }),
});

function engineWith(...names: string[]): LoadedEngine {
  const models = new Map(names.map((name) => [name, standIn()]));
  const facts = {
    provider: 'cpu',
    threads: 1,
    batch: 1,
    models: names,
    loadMs: 0,
    warmUpMs: 0,
    declined: [],
  };
  return { models, facts } as unknown as LoadedEngine;
}

describe('models of an engine', () => {
  const engine = engineWith('light', 'heavy', 'last');

  test('given no name, when a model is chosen, then it is the first, and the second comes next', () => {
    expect(modelFor(engine, undefined)).toEqual({
      model: 'light',
      segmentation: engine.models.get('light'),
      next: engine.models.get('heavy'),
    });
  });

  test('given the name of the last model, when it is chosen, then none comes next', () => {
    expect(modelFor(engine, 'last').next).toBeUndefined();
    expect(modelFor(engineWith('only'), undefined).next).toBeUndefined();
  });

  test('given a name that is not loaded, when it is chosen, then it is refused', () => {
    expect(() => modelFor(engine, 'other')).toThrow(
      expect.objectContaining({ code: 'model-unknown' }) as Error,
    );
  });
});
