import { findInstalledProgram } from './programs.mjs';
import { LauncherError } from './report.mjs';
import { installAdvice, installPackage } from './system.packages.mjs';

const SAME_NAME = (/** @type {string} */ name) => ({ 'apt-get': name, dnf: name, apk: name, brew: name });

/** Programs that the tests of deploy/nginx run: the proxy, and what makes a certificate for it. */
const PROGRAMS = ['nginx', 'openssl'];

const missing = () => PROGRAMS.filter((name) => findInstalledProgram(name) === undefined);

/**
 * Finds nginx and openssl, or installs them from the system's packages. Only tests need them.
 * @type {import('./setup.steps.mjs').Step}
 */
export const nginxStep = {
  name: 'nginx',
  async run() {
    const before = missing();
    if (before.length === 0) return 'ready';
    for (const name of before) await installPackage('nginx', SAME_NAME(name));
    const [name] = missing();
    if (name === undefined) return 'done';
    const advice = installAdvice(SAME_NAME(name));
    throw new LauncherError(
      `${name} is needed by the tests of what is deployed and could not be installed from here: ` +
        `${advice === undefined ? 'install it' : `run \`${advice}\``}, and run \`npm test\` again.`,
    );
  },
};
