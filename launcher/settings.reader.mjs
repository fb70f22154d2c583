import { EXIT_CONFIG } from './child.keeper.mjs';
import { LauncherError } from './report.mjs';

/** @typedef {import('#settings/settings.schema.js').Settings} Settings */

/**
 * Reads the settings with the applications' own reader, which exists once they are built. A wrong one is said
 * before anything is started.
 * @returns {Promise<Settings>}
 */
export async function readSettings() {
  const { loadSettings } = await import('#settings/settings.js');
  try {
    return loadSettings(process.env);
  } catch (error) {
    throw new LauncherError(error instanceof Error ? error.message : String(error), EXIT_CONFIG);
  }
}

/**
 * How many workers this machine is to run, and with how many threads each.
 * @param {Settings} settings
 * @returns {Promise<import('#settings/process.layout.js').ProcessLayout>}
 */
export async function readLayout(settings) {
  const { machineOf, processLayout } = await import('#settings/process.layout.js');
  return processLayout(settings, machineOf());
}
