import { distance, readArguments } from './arguments.mjs';
import { EXIT_CONFIG } from './child.keeper.mjs';
import { LauncherError, say } from './report.mjs';

/** @typedef {import('#config/settings.schema.js').Settings} Settings */

/** @param {string} name of a setting, `METRICS_PORT` @returns {string} of its option, `metrics-port` */
const optionOf = (name) => name.toLowerCase().replaceAll('_', '-');

/**
 * Takes the options of the command line over into the environment, where every process of the service reads its
 * settings: `--metrics-port 9464` is METRICS_PORT=9464. The applications must be built.
 * @param {string[]} [args]
 * @returns {Promise<{ yes: boolean }>} whether system packages may be installed without a pause
 */
export async function takeSettingOptions(args = process.argv.slice(2)) {
  const { settingsSchema } = await import('#config/settings.schema.js');
  const names = Object.keys(settingsSchema.shape);
  const options = Object.fromEntries(
    names.map((name) => [optionOf(name), { type: /** @type {const} */ ('string') }]),
  );
  const { values } = readArguments({ ...options, yes: { type: 'boolean', short: 'y' } }, { args });
  for (const name of names) {
    const value = values[optionOf(name)];
    if (typeof value === 'string') process.env[name] = value;
  }
  return { yes: values['yes'] === true };
}

/** Shorter names are too often those of other programs. */
const MIN_NAME_LENGTH = 6;

/**
 * Says which variables of the environment have nearly the name of a setting that is not set: `METRIC_PORT`. They may
 * belong to other programs, so nothing is refused.
 * @returns {Promise<void>}
 */
export async function warnOfMisspelled() {
  const { settingsSchema } = await import('#config/settings.schema.js');
  const names = Object.keys(settingsSchema.shape);
  const unset = names.filter((name) => name.length >= MIN_NAME_LENGTH && (process.env[name] ?? '') === '');
  for (const found of Object.keys(process.env).filter((name) => !names.includes(name))) {
    const meant = unset.find((name) => distance(found, name) === 1);
    if (meant !== undefined) say(`${found} in the environment is not a setting. Did you mean ${meant}?`);
  }
}

/**
 * Reads the settings with the applications' own reader, which exists once they are built. A wrong one is said
 * before anything is started.
 * @returns {Promise<Settings>}
 */
export async function readSettings() {
  const { loadSettings } = await import('#config/settings.js');
  try {
    return loadSettings(process.env);
  } catch (error) {
    throw new LauncherError(error instanceof Error ? error.message : String(error), EXIT_CONFIG);
  }
}

/**
 * How many workers this machine is to run, and with how many threads each.
 * @param {Settings} settings
 * @returns {Promise<import('#config/process-layout.js').ProcessLayout>}
 */
export async function readLayout(settings) {
  const { machineOf, processLayout } = await import('#config/process-layout.js');
  return processLayout(settings, machineOf());
}
