import { availableParallelism } from 'node:os';
import { offeredModels } from '#config/engine-plan.js';
import { loadSettings } from '#config/settings.js';
import { argument } from './figures.js';
import type { RunnerSpec, Refinement } from './runner-protocol.js';

const settings = loadSettings(process.env);
const [model = ''] = offeredModels(settings);

/** The service's model and its folder; `--model` selects another one. */
const network = { model: argument('model', model), modelDir: settings.MODEL_DIR };

/** The service's pipeline, with all cores by default. */
export const ours = (refine: Refinement, threads = availableParallelism()): RunnerSpec => ({
  kind: 'ours',
  ...network,
  threads,
  refine,
});

/** Our network alone as a contestant. */
export const ourNetwork = (threads: number): Extract<RunnerSpec, { kind: 'network' }> => ({
  kind: 'network',
  ...network,
  threads,
});

/** The straightforward version. */
export const obvious: RunnerSpec = { kind: 'obvious', modelDir: settings.MODEL_DIR };
