import { setTimeout as sleep } from 'node:timers/promises';
import { ask, findInstalledProgram, perform } from './programs.mjs';
import { duration, say } from './report.mjs';

/**
 * A package manager and how it installs, as a script for `sh` that gets the package names as arguments.
 * @typedef {object} Manager
 * @property {string} program
 * @property {string} script
 * @property {boolean} asRoot
 * @property {(names: string[]) => string} advice what a person would type
 */

/**
 * Debian starts a service as soon as its package is there; `policy-rc.d` forbids that for as long as the
 * install runs, because the launcher runs a Redis of its own and leaves none behind.
 */
const APT = `
export DEBIAN_FRONTEND=noninteractive
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
fi
install_packages() { apt-get install -y -q --no-install-recommends "$@" </dev/null; }
install_packages "$@" >/dev/null 2>&1 || { apt-get update -q && install_packages "$@"; }
`;

/** @type {readonly Manager[]} */
const MANAGERS = [
  manager('apt-get', APT),
  manager('dnf', 'dnf install -y -q "$@"'),
  manager('apk', 'apk add --no-progress "$@"'),
  manager('brew', 'brew install --quiet "$@"', false),
];

/**
 * @param {string} program
 * @param {string} script
 * @param {boolean} [asRoot] brew refuses to run as root
 * @returns {Manager}
 */
function manager(program, script, asRoot = true) {
  const verb = program === 'apk' ? 'add' : 'install';
  const advice = (/** @type {string[]} */ names) =>
    `${asRoot && process.getuid?.() !== 0 ? 'sudo ' : ''}${program} ${verb} ${names.join(' ')}`;
  return { program, script, asRoot, advice };
}

/** The package manager of this system, if it is one we know. */
const systemManager = () => MANAGERS.find(({ program }) => findInstalledProgram(program) !== undefined);

/**
 * Names of one thing in the packages of each manager.
 * @typedef {Readonly<Record<'apt-get' | 'dnf' | 'apk' | 'brew', string>>} PackageNames
 */

/**
 * The command that a person would type to install it.
 * @param {PackageNames} names
 */
export function installAdvice(names) {
  const found = systemManager();
  return found?.advice([nameFor(found, names)]);
}

/**
 * Installs a package if the rights to do so are there: as root, or with sudo that asks for no password.
 * Whether that worked is for the caller to see: a content package manager is not yet the program wanted.
 * @param {string} step name of the step that says what is going on
 * @param {PackageNames} names
 * @param {{ noticeMs?: number, instead?: string }} [notice] how long to wait first, so that a person can say no, and
 *   what they can do instead
 */
export async function installPackage(step, names, { noticeMs = 0, instead } = {}) {
  const found = systemManager();
  if (found === undefined) return;
  const needsSudo = found.asRoot && process.getuid?.() !== 0;
  if (needsSudo && !maySudo()) return;
  const name = nameFor(found, names);
  say(`${step}: not found; installing the system package ${name} (${found.advice([name])})`);
  if (noticeMs > 0) {
    const hint = instead === undefined ? '' : ` ${instead}.`;
    say(`${step}: starting in ${duration(noticeMs)}. Press Ctrl-C to stop.${hint}`);
    await sleep(noticeMs);
  }
  const command = ['sh', '-c', found.script, 'sh', name];
  await (needsSudo ? perform('sudo', ['-n', ...command]) : perform('sh', command.slice(1)));
}

/** True when sudo is there and asks for no password. */
const maySudo = () => findInstalledProgram('sudo') !== undefined && ask('sudo', ['-n', 'true']).ok;

/**
 * @param {Manager} found
 * @param {PackageNames} names
 */
const nameFor = (found, names) => names[/** @type {keyof PackageNames} */ (found.program)];
