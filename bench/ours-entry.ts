import { availableParallelism } from 'node:os';
import { offeredModels } from '#config/engine-plan.js';
import { loadSettings } from '#config/settings.js';
import type { Entry, Refinement } from './contestant-entry.js';
import { argument } from './figures.js';

const settings = loadSettings(process.env);
const [model = ''] = offeredModels(settings);

/** Where and with what the service's network is loaded; `--model` chooses another than the service's. */
const network = { model: argument('model', model), modelDir: settings.MODEL_DIR };

/** Our pipeline as a contestant, with every core unless told otherwise. */
export const ours = (refine: Refinement, threads = availableParallelism()): Entry => ({
  kind: 'ours',
  ...network,
  threads,
  refine,
});

/** Our network alone as a contestant. */
export const ourNetwork = (threads: number): Extract<Entry, { kind: 'network' }> => ({
  kind: 'network',
  ...network,
  threads,
});

/** The obvious pipeline as a contestant. */
export const obvious: Entry = { kind: 'obvious', modelDir: settings.MODEL_DIR };
