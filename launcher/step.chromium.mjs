import { existsSync } from 'node:fs';
import { findInstalledProgram } from './programs.mjs';
import { LauncherError } from './report.mjs';
import { installAdvice, installPackage } from './system.packages.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const PACKAGE = { 'apt-get': 'chromium', dnf: 'chromium', apk: 'chromium', brew: 'chromium' };

/**
 * The browser that the browser tests drive: CHROMIUM_PATH, or the first one found on this system.
 * @returns {string | undefined} its absolute path
 */
export function findChromium() {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && existsSync(given)) return given;
  const found = NAMES.map(findInstalledProgram).find((path) => path !== undefined);
  return found ?? (existsSync(MAC) ? MAC : undefined);
}

/**
 * Finds Chromium, or installs it from the system's packages. Only tests need it.
 * @type {import('./setup.steps.mjs').Step}
 */
export const chromiumStep = {
  name: 'chromium',
  async run() {
    if (findChromium() !== undefined) return 'ready';
    await installPackage('chromium', PACKAGE);
    if (findChromium() !== undefined) return 'done';
    const advice = installAdvice(PACKAGE);
    throw new LauncherError(
      'Chromium is needed by the browser tests and could not be installed from here: ' +
        `${advice === undefined ? 'install Chromium or Google Chrome' : `run \`${advice}\``}` +
        ', or set CHROMIUM_PATH to the program, and run `npm test` again.',
    );
  },
};
