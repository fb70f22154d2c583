import { configurationPage } from './configuration-page.js';
import { errorsPage } from './errors-page.js';
import { limitsPage } from './limits-page.js';
import { metricsPage } from './metrics-page.js';
import { optionsPage } from './options-page.js';
import { pythonTypes } from './python-types.js';

/** Every generated text: its path in the repository, and how it is made. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/limits.md': limitsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/options.md': optionsPage,
  'clients/python/src/removebg_bd/_wire.py': pythonTypes,
};
