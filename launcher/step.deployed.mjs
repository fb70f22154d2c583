import { findInstalledProgram } from './programs.mjs';
import { LauncherError } from './report.mjs';
import { installAdvice, installPackage } from './system.packages.mjs';

/** Programs that the tests of what is deployed run, and the package of each: a proxy, its certificate, unit files. */
const PROGRAMS = { nginx: 'nginx', openssl: 'openssl', 'systemd-analyze': 'systemd' };

const SAME_NAME = (/** @type {string} */ name) => ({ 'apt-get': name, dnf: name, apk: name, brew: name });

const missing = () => Object.entries(PROGRAMS).filter(([name]) => findInstalledProgram(name) === undefined);

/**
 * Finds these programs, or installs them from the system's packages. Only tests need them.
 * @type {import('./setup.steps.mjs').Step}
 */
export const deployedStep = {
  name: 'deployed',
  async run() {
    const before = missing();
    if (before.length === 0) return 'ready';
    for (const [, name] of before) await installPackage('deployed', SAME_NAME(name));
    const [found] = missing();
    if (found === undefined) return 'done';
    const [name, packageName] = found;
    const advice = installAdvice(SAME_NAME(packageName));
    throw new LauncherError(
      `${name} is needed by the tests of what is deployed and could not be installed from here: ` +
        `${advice === undefined ? 'install it' : `run \`${advice}\``}, and run \`npm test\` again.`,
    );
  },
};
