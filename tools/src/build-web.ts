/** Bundles the page: apps/web to dist/apps/web, as static files. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { docsFiles } from './docs/docs-pages.js';
import type { ApiDocument } from './docs/open-api.js';
import { filesIn } from './files.js';
import { openApiDocument } from './openapi-document.js';
import { fillTexts } from './page-templates.js';
import { inDist, inRoot, ROOT } from './paths.js';
import { runCommand } from './report.js';
import { copyPictures, shellOf, writeAppIcons, writeManifest } from './web-app.js';

const WEB = inRoot('apps', 'web');
const OUT = inDist('apps', 'web');

/** Scripts and style sheets by the name under which they are served. */
const ENTRIES = {
  main: `${WEB}/src/main.ts`,
  pixels: `${WEB}/src/pixels/pixel-worker.ts`,
  style: `${WEB}/src/style.css`,
  docs: `${WEB}/src/docs/main.ts`,
  'docs-style': `${WEB}/src/docs/docs.css`,
};

/** A classic worker, not a module: it loads the script of a library. */
const HEIC = { heic: `${WEB}/src/pixels/heic-worker.ts` };

/** Pages that are written for each language. */
const PAGES = ['index.html', 'privacy.html'];

const BROTLI_QUALITY = 9;

const OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  // Resolves `#sdk/x.js` (package.json "imports") to libs/sdk/src/x.ts.
  conditions: ['removebg-source'],
  outdir: `${OUT}/assets`,
  // Bengali as UTF-8; escapes are three times as long.
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
};

/** Loads a TypeScript module of the page. @param path below apps/web/src */
async function pageModule(path: string): Promise<unknown> {
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: [`${WEB}/src/${path}`], write: false });
  const code = outputFiles[0]?.text ?? '';
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

interface PageTexts {
  LANGUAGES: readonly string[];
  textOfPage: (language: string, key: string) => string;
}

/** Writes the pages: English at the top, other languages in a folder with their name. */
async function writePages(): Promise<void> {
  const { LANGUAGES, textOfPage } = (await pageModule('i18n/page-texts.ts')) as PageTexts;
  for (const lang of LANGUAGES) {
    const folder = lang === 'en' ? OUT : `${OUT}/${lang}`;
    const home = lang === 'en' ? '/' : `/${lang}/`;
    mkdirSync(folder, { recursive: true });
    const textOf = (key: string): string => textOfPage(lang, key);
    writeManifest({ lang, home, description: textOf('about') });
    for (const page of PAGES) {
      const html = readFileSync(`${WEB}/${page}`, 'utf8');
      writeFileSync(`${folder}/${page}`, fillTexts(html, { lang, home, textOf }));
    }
  }
}

/** Writes the documentation at /docs, in English like the API. */
function writeDocs(): void {
  for (const [file, text] of docsFiles(JSON.parse(openApiDocument()) as ApiDocument)) {
    mkdirSync(dirname(`${OUT}/${file}`), { recursive: true });
    writeFileSync(`${OUT}/${file}`, text);
  }
}

/** Writes the icons of the page into one file, as symbols with the name of the icon. */
async function writeIcons(): Promise<void> {
  const { ICONS } = (await pageModule('icons.ts')) as { ICONS: readonly string[] };
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(inRoot('node_modules', 'lucide-static', 'icons', `${name}.svg`), 'utf8');
    const shapes = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'));
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replaceAll(/\s+/g, ' ').trim()}</symbol>`;
  });
  const sprite = `<!-- Lucide (ISC license): https://lucide.dev/license -->${symbols.join('')}`;
  writeFileSync(`${OUT}/assets/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${sprite}</svg>`);
}

/** Copies the HEIC decoder unchanged, in files of its own with its license, as the LGPL requires. */
function copyLibheif(): void {
  const manifest = readFileSync(inRoot('node_modules', 'libheif-js', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  for (const file of ['libheif.js', 'libheif.wasm', 'LICENSE'])
    cpSync(inRoot('node_modules', 'libheif-js', 'libheif-wasm', file), `${OUT}/libheif/${file}`);
  writeFileSync(
    `${OUT}/libheif/SOURCE.txt`,
    `libheif.js and libheif.wasm are libheif-js ${version}, unchanged: libheif and libde265, under the GNU LGPL 3 (LICENSE).\n` +
      'Source: https://github.com/catdad-experiments/libheif-js, https://github.com/strukturag/libheif, https://github.com/strukturag/libde265\n',
  );
}

/** Bundles the service worker. It must be the last: it contains the names and a hash of the other files. */
async function buildServiceWorker(): Promise<void> {
  const { paths, version } = shellOf(filesIn(OUT).map((file) => file.slice(OUT.length + 1)));
  await build({
    ...OPTIONS,
    entryPoints: { sw: `${WEB}/src/shell/shell-worker.ts` },
    format: 'iife',
    // At the top, so that its scope is the whole site.
    outdir: OUT,
    define: { SHELL: JSON.stringify(paths), SHELL_VERSION: JSON.stringify(version) },
  });
}

/** Writes a compressed copy beside each text: the API serves it and compresses nothing itself. */
function compressTexts(): void {
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  for (const file of filesIn(OUT).filter((each) =>
    /\.(?:html|js|json|css|svg|wasm|webmanifest)$/.test(each),
  )) {
    const text = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(text, { params }));
    writeFileSync(`${file}.gz`, gzipSync(text));
  }
}

await runCommand(async () => {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  // Parts of the page that are loaded on demand become files of their own.
  await build({ ...OPTIONS, entryPoints: ENTRIES, splitting: true, chunkNames: 'part-[name]-[hash]' });
  await build({ ...OPTIONS, entryPoints: HEIC, format: 'iife' });
  await writePages();
  await writeIcons();
  writeDocs();
  copyLibheif();
  cpSync(`${WEB}/public`, OUT, { recursive: true });
  copyPictures();
  await writeAppIcons();
  await buildServiceWorker();
  compressTexts();
  return 0;
});
