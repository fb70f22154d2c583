import { findInstalledProgram } from './programs.mjs';
import { LauncherError } from './report.mjs';
import { installAdvice, installPackage } from './system.packages.mjs';

/**
 * Programs that the tests of a gate run, and the package of each: a proxy and its certificate, unit files; networks of
 * their own; another clock.
 * @type {Record<string, Record<string, string>>}
 */
const TOOLS = {
  faults: { faketime: 'faketime' },
  scale: { openssl: 'openssl', ip: 'iproute2' },
  deploy: { nginx: 'nginx', openssl: 'openssl', 'systemd-analyze': 'systemd' },
};

const SAME_NAME = (/** @type {string} */ name) => ({ 'apt-get': name, dnf: name, apk: name, brew: name });

/**
 * Finds the programs of these gates, or installs them from the system's packages. Only tests need them.
 * @param {readonly string[]} [gates] all by default
 * @returns {import('./setup.steps.mjs').Step[]}
 */
export const toolSteps = (gates = Object.keys(TOOLS)) =>
  Object.entries(TOOLS)
    .filter(([gate]) => gates.includes(gate))
    .map(([gate, tools]) => ({ name: `tools of ${gate}`, run: () => provide(gate, tools) }));

/**
 * @param {string} gate
 * @param {Record<string, string>} tools
 * @returns {Promise<'ready' | 'done'>}
 */
async function provide(gate, tools) {
  const missing = () => Object.entries(tools).filter(([name]) => findInstalledProgram(name) === undefined);
  const before = missing();
  if (before.length === 0) return 'ready';
  for (const [, name] of before) await installPackage(`tools of ${gate}`, SAME_NAME(name));
  const [found] = missing();
  if (found === undefined) return 'done';
  const [name, packageName] = found;
  const advice = installAdvice(SAME_NAME(packageName));
  throw new LauncherError(
    `${name} is needed by the gate ${gate} and could not be installed from here: ` +
      `${advice === undefined ? 'install it' : `run \`${advice}\``}, and run \`npm test\` again.`,
  );
}
