/** `npm run client:pack`: makes the npm package of SDK and command line: dist/client-package, and a .tgz beside it. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { readArguments } from './arguments.js';
import { clientTypes } from './client-types.js';
import { inDist, inRoot } from './paths.js';
import { runNpm } from './processes.js';
import { runCommand, say, ToolError } from './report.js';

const OUT = inDist('client-package');
const ENTRY = inRoot('libs', 'sdk', 'src', 'package-entry.ts');
const COMMAND = inRoot('apps', 'cli', 'src', 'removebg.command.ts');

/** Packages that are bundled into the SDK: small, without dependencies, and under the MIT license. */
const SDK_PACKAGES = ['eventsource-parser'];

const OPTIONS: BuildOptions = {
  absWorkingDir: inRoot(),
  bundle: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['removebg-source'],
  legalComments: 'inline',
  logLevel: 'warning',
};

const readJson = (...path: string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>;

/** Bundles one file of the package. Resolves to the names of the npm packages in it. */
async function bundle(name: string, options: BuildOptions): Promise<string[]> {
  const { metafile } = await build({ ...OPTIONS, ...options, metafile: true, outfile: join(OUT, name) });
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  return [...new Set(packages)];
}

/** Licenses of the bundled packages. @param packages by the file that contains them */
function notices(packages: Readonly<Record<string, string[]>>): string {
  const contents = Object.entries(packages).map(
    ([file, names]) => `${file} contains ${names.sort().join(', ')}`,
  );
  const licenses = [...new Set(Object.values(packages).flat())]
    .sort()
    .map((name) => `${name}\n\n${readFileSync(inRoot('node_modules', name, 'LICENSE'), 'utf8').trim()}`);
  return `${[contents.join('\n'), ...licenses].join('\n\n')}\n`;
}

/** package.json of the package, with the public address of the project where there is one. */
function manifest(): Record<string, unknown> {
  const { repository, homepage, bugs } = readJson(inRoot('package.json'));
  return { ...readJson(inRoot('libs', 'sdk', 'package', 'package.json')), repository, homepage, bugs };
}

/** Bundles the SDK for Node and for browsers, and the command line. */
async function bundleAll(): Promise<Record<string, string[]>> {
  const sdk = await bundle('index.js', { entryPoints: [ENTRY], platform: 'neutral' });
  const browser = await bundle('browser.min.js', { entryPoints: [ENTRY], platform: 'browser', minify: true });
  const unexpected = [...sdk, ...browser].filter((name) => !SDK_PACKAGES.includes(name));
  if (unexpected.length > 0)
    throw new ToolError(
      `The SDK may bundle ${SDK_PACKAGES.join(', ')}, but bundles ${unexpected.join(', ')}.`,
    );
  const cli = await bundle('cli.js', {
    ...{ entryPoints: [COMMAND], platform: 'node', target: 'node20.19' },
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync(join(OUT, 'cli.js'), 0o755);
  return { 'index.js': sdk, 'browser.min.js': browser, 'cli.js': cli };
}

await runCommand(async () => {
  readArguments({});
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const own = manifest();
  writeFileSync(join(OUT, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`);
  cpSync(inRoot('libs', 'sdk', 'package', 'README.md'), join(OUT, 'README.md'));
  cpSync(inRoot('LICENSE'), join(OUT, 'LICENSE'));
  writeFileSync(join(OUT, 'THIRD-PARTY.txt'), notices(await bundleAll()));
  writeFileSync(join(OUT, 'index.d.ts'), await clientTypes());
  const { ok } = await runNpm(['pack', '--silent', OUT, '--pack-destination', inDist()]);
  if (!ok) return 1;
  const name = String(own['name']).replace('@', '').replace('/', '-');
  const tarball = inDist(`${name}-${String(own['version'])}.tgz`);
  say(`packed ${tarball}`);
  say(`try it: npx --package ${tarball} removebg photo.jpg`);
  say(`install it: npm install ${tarball}`);
  return 0;
});
