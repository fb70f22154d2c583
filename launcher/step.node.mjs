import { LauncherError } from './report.mjs';

/** Least version of Node that the dependencies run on, as `engines` in package.json says. */
const NEEDED = { major: 20, minor: 19 };

/**
 * Checks the version of Node.
 * @type {import('./setup.steps.mjs').Step}
 */
export const nodeStep = {
  name: 'node',
  async run() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor)) return 'ready';
    throw new LauncherError(
      `Node ${NEEDED.major}.${NEEDED.minor} or newer is needed and this is ${process.versions.node}: ` +
        'get it from https://nodejs.org or with your version manager (`nvm install 24`).',
    );
  },
};
