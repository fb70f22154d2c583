import { ask, findInstalledProgram } from './programs.mjs';
import { LauncherError } from './report.mjs';
import { installAdvice, installPackage } from './system.packages.mjs';

/** First version whose settings redis.conf can name. */
const NEEDED_MAJOR = 7;

const PACKAGE = { 'apt-get': 'redis-server', dnf: 'redis', apk: 'redis', brew: 'redis' };

/**
 * Finds a Redis that is new enough.
 * @returns {{ path: string | undefined, major: number }}
 */
export function findRedis() {
  const path = findInstalledProgram('redis-server');
  if (path === undefined) return { path, major: 0 };
  return { path, major: Number(/\bv=(\d+)\./.exec(ask(path, ['--version']).output)?.[1] ?? 0) };
}

/**
 * Finds Redis, or installs it from the system's packages. Not needed when REDIS_URL names one.
 * @param {number} [noticeMs] how long to wait before something is installed
 * @returns {import('./setup.steps.mjs').Step}
 */
export const redisStep = (noticeMs = 0) => ({
  name: 'redis',
  async run() {
    if (findRedis().major >= NEEDED_MAJOR) return 'ready';
    if (findRedis().path === undefined)
      await installPackage('redis', PACKAGE, { noticeMs, instead: INSTEAD });
    const { path, major } = findRedis();
    if (major >= NEEDED_MAJOR) return 'done';
    throw new LauncherError(path === undefined ? missing(installAdvice(PACKAGE)) : tooOld(path, major));
  },
});

const INSTEAD = 'REDIS_URL=redis://HOST:PORT uses a Redis of yours instead';
const INSTALL_GUIDE = 'https://redis.io/docs/latest/operate/oss_and_stack/install/';

/** @param {string | undefined} advice */
const missing = (advice) =>
  `redis-server ${NEEDED_MAJOR} or newer is needed and could not be installed automatically. ` +
  `${advice === undefined ? `Install it (${INSTALL_GUIDE})` : `Run \`${advice}\``}` +
  ', or set REDIS_URL to a Redis of yours; then run this command again.';

/**
 * @param {string} path
 * @param {number} major
 */
const tooOld = (path, major) =>
  `redis-server ${NEEDED_MAJOR} or newer is needed, and ${path} is version ${major}. Install a newer one ` +
  `(${INSTALL_GUIDE}) and put it first in PATH, or set REDIS_URL to a Redis of yours; then run this command again.`;
