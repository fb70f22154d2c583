/** `npm run client:pack`: makes the npm package of SDK and command line: dist/client-package, and beside it the .tgz. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { clientTypes } from './client.types.mjs';
import { inRoot } from './places.mjs';
import { performNpm } from './programs.mjs';
import { LauncherError, runCommand, say } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

const OUT = inRoot('dist', 'client-package');
const ENTRY = inRoot('libs', 'sdk', 'src', 'package-entry.ts');
const COMMAND = inRoot('apps', 'cli', 'src', 'removebg.command.ts');

/** What the SDK is made of besides its own files: small, without dependencies, and under the MIT license. */
const SDK_BRINGS = ['eventsource-parser'];

/** @type {import('esbuild').BuildOptions} */
const OPTIONS = {
  absWorkingDir: inRoot(),
  bundle: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['removebg-source'],
  legalComments: 'inline',
  logLevel: 'warning',
  metafile: true,
};

/**
 * Bundles one file of the package.
 * @param {string} name
 * @param {import('esbuild').BuildOptions} options
 * @returns {Promise<string[]>} packages that went into it
 */
async function bundle(name, options) {
  const { metafile } = await build({ ...OPTIONS, ...options, outfile: join(OUT, name) });
  const packages = Object.keys(metafile?.inputs ?? {}).flatMap(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  return [...new Set(packages)];
}

/**
 * Licenses of what is bundled.
 * @param {Record<string, string[]>} packages by the file they are in
 */
function notices(packages) {
  const names = [...new Set(Object.values(packages).flat())].sort();
  const places = Object.entries(packages).map(
    ([file, inside]) => `${file} contains ${inside.sort().join(', ')}`,
  );
  const texts = names.map(
    (name) => `${name}\n\n${readFileSync(inRoot('node_modules', name, 'LICENSE'), 'utf8').trim()}`,
  );
  return `${[places.join('\n'), ...texts].join('\n\n')}\n`;
}

/** The package's description of itself; where the project has a public address, with that. */
function manifest() {
  const own = JSON.parse(readFileSync(inRoot('libs', 'sdk', 'package', 'package.json'), 'utf8'));
  const { repository, homepage, bugs } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  return `${JSON.stringify({ ...own, repository, homepage, bugs }, undefined, 2)}\n`;
}

await runCommand(async () => {
  await setUp(BUILD_STEPS);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, 'package.json'), manifest());
  cpSync(inRoot('libs', 'sdk', 'package', 'README.md'), join(OUT, 'README.md'));
  cpSync(inRoot('LICENSE'), join(OUT, 'LICENSE'));
  const sdk = await bundle('index.js', { entryPoints: [ENTRY], platform: 'neutral' });
  const page = await bundle('browser.min.js', { entryPoints: [ENTRY], platform: 'browser', minify: true });
  const unexpected = [...sdk, ...page].filter((name) => !SDK_BRINGS.includes(name));
  if (unexpected.length > 0)
    throw new LauncherError(`The SDK brings ${SDK_BRINGS.join(', ')} along, not ${unexpected.join(', ')}.`);
  const banner = { js: '#!/usr/bin/env node' };
  const cli = await bundle('cli.js', {
    entryPoints: [COMMAND],
    platform: 'node',
    target: 'node20.19',
    banner,
  });
  chmodSync(join(OUT, 'cli.js'), 0o755);
  const inside = { 'index.js': sdk, 'browser.min.js': page, 'cli.js': cli };
  writeFileSync(join(OUT, 'THIRD-PARTY.txt'), notices(inside));
  writeFileSync(join(OUT, 'index.d.ts'), await clientTypes());
  const { ok } = await performNpm(['pack', '--silent', OUT, '--pack-destination', inRoot('dist')]);
  if (!ok) return 1;
  const { name, version } = JSON.parse(readFileSync(join(OUT, 'package.json'), 'utf8'));
  const tarball = inRoot('dist', `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  say(`packed ${tarball}`);
  say(`try it: npx --package ${tarball} removebg photo.jpg`);
  say(`install it: npm install ${tarball}`);
  return 0;
});
