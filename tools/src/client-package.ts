/** `npm run client:pack`: makes the npm package of SDK and command line: dist/client-package, and a .tgz beside it. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { readArguments } from './arguments.js';
import { clientTypes } from './client-types.js';
import { inDist, inRoot } from './paths.js';
import { runNpm } from './processes.js';
import { runCommand, say, ToolError } from './report.js';

const OUT = inDist('client-package');
const ENTRY = inRoot('libs', 'sdk', 'src', 'package-entry.ts');
const COMMAND = inRoot('apps', 'cli', 'src', 'removebg.command.ts');
/** Loaded by the command line for `removebg mcp` only. */
const MCP = inRoot('apps', 'cli', 'src', 'mcp.command.ts');

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

/** Folders of npm packages, by the file of the package that contains them. */
type Bundled = Record<string, string[]>;

/** Bundles files of the package. Resolves to the npm packages in each. */
async function bundle(options: BuildOptions): Promise<Bundled> {
  const { metafile } = await build({ ...OPTIONS, ...options, metafile: true, outdir: OUT });
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, { inputs }]) => {
      const folders = Object.keys(inputs).flatMap(
        (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [],
      );
      return [basename(path), [...new Set(folders)]];
    }),
  );
}

/** Name of the npm package in a folder. */
const packageName = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 13);

/** The license and the notices of a package. @throws ToolError if it has none */
function licenseOf(folder: string): string {
  const names = readdirSync(inRoot(folder)).filter((name) => /^(?:licen[cs]e|copying|notice)/i.test(name));
  if (!names.some((name) => !/^notice/i.test(name))) throw new ToolError(`${folder} has no license file.`);
  return names.map((name) => readFileSync(inRoot(folder, name), 'utf8').trim()).join('\n\n');
}

/** Licenses of the bundled packages. */
function notices(bundled: Bundled): string {
  const contents = Object.entries(bundled).map(
    ([file, folders]) =>
      `${file} contains ${folders.map(packageName).sort().join(', ') || 'no other package'}`,
  );
  const licenses = [...new Set(Object.values(bundled).flat())]
    .sort((a, b) => (packageName(a) < packageName(b) ? -1 : 1))
    .map((folder) => `${packageName(folder)}\n\n${licenseOf(folder)}`);
  return `${[contents.join('\n'), ...licenses].join('\n\n')}\n`;
}

/** package.json of the package, with the public address of the project where there is one. */
function manifest(): Record<string, unknown> {
  const { repository, homepage, bugs } = readJson(inRoot('package.json'));
  return { ...readJson(inRoot('libs', 'sdk', 'package', 'package.json')), repository, homepage, bugs };
}

/** Bundles the SDK for Node and for browsers, and the command line. */
async function bundleAll(): Promise<Bundled> {
  const sdk = {
    ...(await bundle({ entryPoints: { index: ENTRY }, platform: 'neutral' })),
    ...(await bundle({ entryPoints: { 'browser.min': ENTRY }, platform: 'browser', minify: true })),
  };
  const unexpected = Object.values(sdk)
    .flat()
    .map(packageName)
    .filter((name) => !SDK_PACKAGES.includes(name));
  if (unexpected.length > 0)
    throw new ToolError(
      `The SDK may bundle ${SDK_PACKAGES.join(', ')}, but bundles ${unexpected.join(', ')}.`,
    );
  // What both files use is in one more file, so that each class exists once.
  const cli = await bundle({
    ...{ entryPoints: { cli: COMMAND, mcp: MCP }, platform: 'node', target: 'node20.19' },
    ...{ splitting: true, chunkNames: 'cli-shared' },
  });
  const program = join(OUT, 'cli.js');
  writeFileSync(program, `#!/usr/bin/env node\n${readFileSync(program, 'utf8')}`);
  chmodSync(program, 0o755);
  return { ...sdk, ...cli };
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
