import { existsSync, rmSync } from 'node:fs';
import { appEntry, inRoot } from './places.mjs';
import { performNode } from './programs.mjs';
import { LauncherError, say } from './report.mjs';
import { digestOf, isStamped, writeStamp } from './stamp.mjs';

/** Inside dist, so that deleting dist asks for a build. */
const STAMP = inRoot('dist', '.setup-stamp');
const COMPILER_MEMORY = inRoot('.cache', 'build.tsbuildinfo');

/** Whatever decides what a build makes. */
const INPUTS = [
  'apps',
  'libs',
  'tools/src',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
  'nest-cli.json',
  'launcher/build-web.mjs',
  'launcher/page.examples.mjs',
  'launcher/page.template.mjs',
  'docs/examples',
];

/**
 * Compiles the applications and bundles the page, when a source has changed since the last time.
 * @type {import('./setup.steps.mjs').Step}
 */
export const buildStep = {
  name: 'build',
  async run() {
    const digest = digestOf(INPUTS.map((path) => inRoot(path)));
    if (isStamped(STAMP, digest) && existsSync(appEntry('api')) && existsSync(appEntry('worker')))
      return 'ready';
    // The compiler emits only what changed by its own memory, and would leave an emptied dist empty.
    if (!existsSync(STAMP)) rmSync(COMPILER_MEMORY, { force: true });
    say('build: compiling the applications and the page');
    const compiled = await performNode([inRoot('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build']);
    if (!compiled.ok) throw new LauncherError('The build failed: see the messages above.');
    const bundled = await performNode([inRoot('launcher', 'build-web.mjs')]);
    if (!bundled.ok) throw new LauncherError('The page could not be bundled: see the messages above.');
    writeStamp(STAMP, digest);
    return 'done';
  },
};
