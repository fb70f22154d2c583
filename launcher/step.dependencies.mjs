import { readFileSync } from 'node:fs';
import { inRoot } from './places.mjs';
import { performNpm } from './programs.mjs';
import { LauncherError, say } from './report.mjs';
import { digestOf, isStamped, writeStamp } from './stamp.mjs';

const LOCK = inRoot('package-lock.json');
const STAMP = inRoot('node_modules', '.setup-stamp');
/** npm's own note of what it has put into node_modules. */
const INSTALLED = inRoot('node_modules', '.package-lock.json');

/**
 * @typedef {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> }} Lock
 */

/**
 * Installs exactly what the lock file names, when that is not what node_modules holds.
 * @type {import('./setup.steps.mjs').Step}
 */
export const dependenciesStep = {
  name: 'dependencies',
  async run() {
    // Platform binaries differ: a folder carried over from another machine must not pass.
    const digest = `${process.platform}-${process.arch} ${digestOf([LOCK])}`;
    if (isStamped(STAMP, digest)) return 'ready';
    if (!isInstalled()) {
      say('dependencies: installing from package-lock.json (first time: about a minute)');
      const { ok } = await performNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], {
        // Its install script would download CUDA libraries; npm before 11.16 does not know "allowScripts".
        env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: 'development' },
      });
      if (!ok) {
        throw new LauncherError(
          'The dependencies could not be installed: see what npm says above, check that the registry can be ' +
            'reached (`npm ping`), and run the command again.',
        );
      }
    }
    writeStamp(STAMP, digest);
    return 'done';
  },
};

/** True when npm's note agrees with the lock file, so that somebody's own `npm ci` is not done over. */
function isInstalled() {
  const installed = read(INSTALLED);
  const lock = read(LOCK);
  if (installed === undefined || lock === undefined) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    const found = installed.packages[path];
    if (path === '' || (found === undefined && (wanted.optional ?? wanted.devOptional) === true)) return true;
    return found !== undefined && found.version === wanted.version;
  });
}

/**
 * @param {string} file
 * @returns {Lock | undefined}
 */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
