/** Bundles the page: apps/web → dist/apps/web, ready to be served as static files. */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import { inRoot, ROOT } from './places.mjs';
import { LauncherError, runCommand } from './report.mjs';

const WEB = inRoot('apps', 'web');
const OUT = inRoot('dist', 'apps', 'web');
const ENTRY = inRoot('apps', 'web', 'src', 'main.ts');
const STYLE = inRoot('apps', 'web', 'src', 'style.css');

/** @type {import('esbuild').BuildOptions} */
const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  // `#client/x.js` (package.json "imports") then means libs/client/src/x.ts.
  conditions: ['source'],
  outdir: `${OUT}/assets`,
  legalComments: 'none',
  logLevel: 'warning',
};

/** The style sheet is bundled by main.ts when that imports it, and on its own otherwise; main.css either way. */
async function bundle() {
  const { metafile } = await build({ ...OPTIONS, entryPoints: { main: ENTRY }, metafile: true });
  const hasStyle = Object.keys(metafile.outputs).some((file) => file.endsWith('main.css'));
  if (!hasStyle && existsSync(STYLE)) await build({ ...OPTIONS, entryPoints: { main: STYLE } });
}

await runCommand(async () => {
  if (!existsSync(ENTRY)) throw new LauncherError('apps/web/src/main.ts is missing.');
  mkdirSync(OUT, { recursive: true });
  await bundle();
  cpSync(`${WEB}/index.html`, `${OUT}/index.html`);
  if (existsSync(`${WEB}/public`)) cpSync(`${WEB}/public`, OUT, { recursive: true });
});
