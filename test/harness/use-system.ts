import { ApiClient } from './api-client.js';
import { modelFolder } from './model-folder.js';
import { CONTAINED } from './redis-process.js';
import { meanNetwork } from './small-networks.js';
import { TestSystem } from './system.js';

/** The service that the tests of a file share, and a client of its first API. */
export interface SharedSystem {
  system: TestSystem;
  api: ApiClient;
}

/** A start takes two seconds; on a machine that is busy with other things, minutes. */
const START_MS = 240_000;

/** Starts the service before the first test of the file, and stops it after the last. */
export function useSystem(
  overrides: Record<string, string> = {},
  workers = 1,
  launch = CONTAINED,
): SharedSystem {
  const system = new TestSystem(overrides, launch);
  beforeAll(() => system.start(workers), START_MS);
  afterAll(() => system.stop());
  return { system, api: new ApiClient(system) };
}

/** The same with the model of `startLightSystem`. */
export function useLightSystem(overrides: Record<string, string> = {}, workers = 1): SharedSystem {
  const model = modelFolder(meanNetwork(), 'isnet');
  const shared = useSystem({ ...model.settings, ...overrides }, workers, model.launch);
  shared.system.onceStopped(model.remove);
  return shared;
}
