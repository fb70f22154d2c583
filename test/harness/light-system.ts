import { modelFolder } from './model-folder.js';
import { meanNetwork } from './small-networks.js';
import { startSystem, type TestSystem } from './system.js';

/**
 * The whole service, whose one model is a network that computes next to nothing: for tests in which the cut-out is not
 * the matter. Engine, decoding and encoding are those of any service, and so is the model's name.
 */
export async function startLightSystem(
  overrides: Record<string, string> = {},
  workers = 1,
): Promise<TestSystem> {
  const folder = modelFolder(meanNetwork(), 'isnet');
  try {
    const system = await startSystem({ ...folder.settings, ...overrides }, workers, folder.launch);
    system.onceStopped(folder.remove);
    return system;
  } catch (error) {
    folder.remove();
    throw error;
  }
}
