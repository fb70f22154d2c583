import { EXIT_CONFIG } from './child.keeper.mjs';
import { LauncherError } from './report.mjs';

/**
 * Reads the settings with the applications' own reader, which exists once they are built. A wrong one is said
 * before anything is started.
 * @returns {Promise<import('#settings/settings.schema.js').Settings>}
 */
export async function readSettings() {
  const { loadSettings } = await import('#settings/settings.js');
  try {
    return loadSettings(process.env);
  } catch (error) {
    throw new LauncherError(error instanceof Error ? error.message : String(error), EXIT_CONFIG);
  }
}
