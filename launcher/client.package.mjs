/** `npm run client:pack`: makes the npm package of SDK and command line: dist/client-package, and beside it the .tgz. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { clientTypes } from './client.types.mjs';
import { inRoot } from './places.mjs';
import { performNpm } from './programs.mjs';
import { LauncherError, runCommand, say } from './report.mjs';
import { BUILD_STEPS, setUp } from './setup.steps.mjs';

const OUT = inRoot('dist', 'client-package');
const ENTRY = inRoot('libs', 'client', 'src', 'package.entry.ts');
const COMMAND = inRoot('libs', 'client', 'src', 'cli', 'removebg.command.ts');

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
 * Licences of what is bundled into the command line.
 * @param {string[]} packages
 */
function notices(packages) {
  const texts = packages.map(
    (name) => `${name}\n\n${readFileSync(inRoot('node_modules', name, 'LICENSE'), 'utf8')}`,
  );
  return `cli.js contains:\n\n${texts.join('\n\n')}`;
}

await runCommand(async () => {
  await setUp(BUILD_STEPS);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  for (const file of ['package.json', 'README.md'])
    cpSync(inRoot('libs', 'client', 'package', file), join(OUT, file));
  cpSync(inRoot('LICENSE'), join(OUT, 'LICENSE'));
  const inside = [
    ...(await bundle('index.js', { entryPoints: [ENTRY], platform: 'neutral' })),
    ...(await bundle('browser.min.js', { entryPoints: [ENTRY], platform: 'browser', minify: true })),
  ];
  if (inside.length > 0)
    throw new LauncherError(`The SDK must bring nothing along, but has ${inside.join(', ')}.`);
  const banner = { js: '#!/usr/bin/env node' };
  const cli = await bundle('cli.js', {
    entryPoints: [COMMAND],
    platform: 'node',
    target: 'node20.19',
    banner,
  });
  chmodSync(join(OUT, 'cli.js'), 0o755);
  writeFileSync(join(OUT, 'THIRD-PARTY.txt'), notices(cli));
  for (const [name, text] of await clientTypes()) {
    const path = join(OUT, 'types', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const { ok } = await performNpm(['pack', '--silent', OUT, '--pack-destination', inRoot('dist')]);
  if (!ok) return 1;
  const { name, version } = JSON.parse(readFileSync(join(OUT, 'package.json'), 'utf8'));
  const tarball = inRoot('dist', `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  say(`packed ${tarball}`);
  say(`try it: npx --package ${tarball} removebg photo.jpg`);
  say(`install it: npm install ${tarball}`);
  return 0;
});
