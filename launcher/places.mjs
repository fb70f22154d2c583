import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top folder of the repository. (`import.meta.dirname` would need Node 20.11, and step.node must get to speak.) */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Absolute path of something in the repository.
 * @param {string[]} parts
 */
export const inRoot = (...parts) => join(ROOT, ...parts);

/**
 * Entry file of a built application.
 * @param {'api' | 'worker'} app
 */
export const appEntry = (app) => inRoot('dist', 'apps', app, 'src', 'main.js');

/** Built command line of the model registry: `list`, `prepare`, `verify`. */
export const MODELS_COMMAND = inRoot('dist', 'tools', 'model-builder', 'models.command.js');

/** Built program that checks whether the accelerator asked for works. */
export const ACCELERATOR_COMMAND = inRoot('dist', 'libs', 'inference', 'src', 'accelerator.command.js');

/** Built command line of API keys: `create`, `list`, `revoke`. */
export const KEYS_COMMAND = inRoot('dist', 'libs', 'auth', 'src', 'keys.command.js');

/** Built command line that tells all settings. */
export const SETTINGS_COMMAND = inRoot('dist', 'libs', 'config', 'src', 'settings.command.js');

/** Built command that writes the generated pages of docs/reference. */
export const REFERENCE_COMMAND = inRoot('dist', 'tools', 'src', 'reference', 'reference.command.js');
