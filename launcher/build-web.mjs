/** Bundles the page: apps/web → dist/apps/web, ready to be served as static files. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import sharp from 'sharp';
import { fillExamples } from './page.examples.mjs';
import { fillPage } from './page.template.mjs';
import { inRoot, ROOT } from './places.mjs';
import { LauncherError, runCommand } from './report.mjs';
import { filesIn } from './stamp.mjs';

const WEB = inRoot('apps', 'web');
const OUT = inRoot('dist', 'apps', 'web');

/** Scripts and style sheets by the name they are served under. */
const ENTRIES = {
  main: `${WEB}/src/main.ts`,
  pixels: `${WEB}/src/pixels/pixel-worker.ts`,
  style: `${WEB}/src/style.css`,
  docs: `${WEB}/src/docs/main.ts`,
  'docs-style': `${WEB}/src/docs/docs.css`,
};

/** A worker that is no module: it loads the script of a library. */
const HEIC = { heic: `${WEB}/src/pixels/heic-worker.ts` };

/** Pages that are written once for each language. */
const PAGES = ['index.html', 'privacy.html'];

/** @type {import('esbuild').BuildOptions} */
const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  // `#sdk/x.js` (package.json "imports") then means libs/sdk/src/x.ts.
  conditions: ['removebg-source'],
  outdir: `${OUT}/assets`,
  // Bengali as it is, not as escapes of thrice the length.
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * The texts of the pages, which are TypeScript like everything else of the page.
 * @returns {Promise<{ LANGUAGES: readonly string[], textOfPage: (language: string, key: string) => string }>}
 */
async function pageTexts() {
  const entryPoints = [`${WEB}/src/i18n/page-texts.ts`];
  const { outputFiles } = await build({ ...OPTIONS, entryPoints, write: false });
  const code = outputFiles?.[0]?.text ?? '';
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

/** English pages lie at the top, those of other languages in a folder of that name. */
async function writePages() {
  const { LANGUAGES, textOfPage } = await pageTexts();
  for (const lang of LANGUAGES) {
    const folder = lang === 'en' ? OUT : `${OUT}/${lang}`;
    const home = lang === 'en' ? '/' : `/${lang}/`;
    mkdirSync(folder, { recursive: true });
    for (const page of PAGES) {
      const html = readFileSync(`${WEB}/${page}`, 'utf8');
      const say = (/** @type {string} */ key) => textOfPage(lang, key);
      writeFileSync(`${folder}/${page}`, fillPage(html, { lang, home, say }));
    }
  }
}

/** The page at /docs, in English alone as the API is, with the program that draws the reference. */
function writeDocs() {
  mkdirSync(`${OUT}/docs`, { recursive: true });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    cpSync(inRoot('node_modules', 'swagger-ui-dist', file), `${OUT}/docs/${file}`);
  writeFileSync(`${OUT}/docs/index.html`, fillExamples(readFileSync(`${WEB}/docs.html`, 'utf8')));
}

/** The decoder of HEIC photos, unchanged and in files of its own with its license, as the LGPL wants it. */
function copyLibheif() {
  const { version } = JSON.parse(readFileSync(inRoot('node_modules', 'libheif-js', 'package.json'), 'utf8'));
  for (const file of ['libheif.js', 'libheif.wasm', 'LICENSE'])
    cpSync(inRoot('node_modules', 'libheif-js', 'libheif-wasm', file), `${OUT}/libheif/${file}`);
  writeFileSync(
    `${OUT}/libheif/SOURCE.txt`,
    `libheif.js and libheif.wasm are libheif-js ${version}, unchanged: libheif and libde265, under the GNU LGPL 3 (LICENSE).\n` +
      'Source: https://github.com/catdad-experiments/libheif-js, https://github.com/strukturag/libheif, https://github.com/strukturag/libde265\n',
  );
}

/** The icon under the name that browsers and feed readers ask for unasked: one PNG in an ICO file. */
async function writeFavicon() {
  const side = 48;
  const png = await sharp(`${WEB}/public/favicon.svg`, { density: 144 }).resize(side, side).png().toBuffer();
  const head = Buffer.alloc(22);
  // Type 1, one image; its sides, color planes, bits a pixel, length and place.
  for (const [at, value] of [
    [2, 1],
    [4, 1],
    [10, 1],
    [12, 32],
  ])
    head.writeUInt16LE(value ?? 0, at ?? 0);
  head.writeUInt8(side, 6);
  head.writeUInt8(side, 7);
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  writeFileSync(`${OUT}/favicon.ico`, Buffer.concat([head, png]));
}

/** Packs every text beside itself: it is served to whoever takes it so, and packed by no process that serves. */
function packTexts() {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  for (const file of filesIn(OUT).filter((one) => /\.(?:html|js|css|svg|wasm)$/.test(one))) {
    const text = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(text, { params }));
    writeFileSync(`${file}.gz`, gzipSync(text));
  }
}

await runCommand(async () => {
  if (!existsSync(ENTRIES.main)) throw new LauncherError('apps/web/src/main.ts is missing.');
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  await build({ ...OPTIONS, entryPoints: ENTRIES });
  await build({ ...OPTIONS, entryPoints: HEIC, format: 'iife' });
  await writePages();
  writeDocs();
  copyLibheif();
  cpSync(`${WEB}/public`, OUT, { recursive: true });
  await writeFavicon();
  packTexts();
});
