/** What makes the page installable: icons, manifests and the service worker. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { inDist, inRoot } from './paths.js';

const OUT = inDist('apps', 'web');
const ICON = inRoot('apps', 'web', 'public', 'favicon.svg');

/** Green of the icon, which fills it to the edges where a system cuts its own shape. */
const ICON_GREEN = '#006a4e';

/** Part of the side that the drawing takes in a maskable icon: its safe zone is a circle of 80 %. */
const MASKABLE_PART = 0.72;

const FAVICON_SIDE = 48;

/** Samples of the page that are also pictures of models: their names and sources. */
const SAMPLES = { portrait: 'grace-hopper', animal: 'chelsea', product: 'coffee' };

/** Media types that can be shared to the page. */
const SHARED_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/bmp',
  'image/avif',
  'image/heic',
  'image/heif',
];

const iconOf = (side: number): Promise<Buffer> =>
  sharp(ICON, { density: (72 * side) / 32 })
    .resize(side, side)
    .png()
    .toBuffer();

/** An icon without transparent corners. @param part side of the drawing, as a part of the side of the icon */
async function fullIcon(side: number, part: number): Promise<Buffer> {
  const input = await iconOf(Math.round(side * part));
  const ground = { width: side, height: side, channels: 3, background: ICON_GREEN } as const;
  return sharp({ create: ground }).composite([{ input }]).png({ palette: true }).toBuffer();
}

/** Writes favicon.ico, which browsers and feed readers request by default: an ICO file with one PNG. */
async function writeFavicon(): Promise<void> {
  const png = await iconOf(FAVICON_SIDE);
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2); // type: icon
  head.writeUInt16LE(1, 4); // images
  head.writeUInt8(FAVICON_SIDE, 6);
  head.writeUInt8(FAVICON_SIDE, 7);
  head.writeUInt16LE(1, 10); // color planes
  head.writeUInt16LE(32, 12); // bits per pixel
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18); // offset of the PNG
  writeFileSync(`${OUT}/favicon.ico`, Buffer.concat([head, png]));
}

/** Writes the icons of the installed page, all from the drawing of the favicon. */
export async function writeAppIcons(): Promise<void> {
  await writeFavicon();
  writeFileSync(`${OUT}/icon-192.png`, await iconOf(192));
  writeFileSync(`${OUT}/icon-512.png`, await iconOf(512));
  writeFileSync(`${OUT}/icon-maskable-512.png`, await fullIcon(512, MASKABLE_PART));
  writeFileSync(`${OUT}/apple-touch-icon.png`, await fullIcon(180, 1));
}

/** Copies the photographs of the page: those in apps/web/pictures, and the samples that the repository has elsewhere. */
export function copyPictures(): void {
  const folder = `${OUT}/assets/pictures`;
  mkdirSync(folder, { recursive: true });
  cpSync(inRoot('apps', 'web', 'pictures'), folder, { recursive: true });
  for (const [name, source] of Object.entries(SAMPLES))
    cpSync(inRoot('models', 'pictures', `${source}.jpg`), `${folder}/${name}.jpg`);
}

/** What the manifest of a language needs. */
export interface ManifestParts {
  lang: string;
  /** Path of the first page in this language. */
  home: string;
  description: string;
}

/** Writes the web app manifest of a language (https://www.w3.org/TR/appmanifest/). */
export function writeManifest({ lang, home, description }: ManifestParts): void {
  const icon = (name: string, side: number, purpose: string): object => ({
    src: `/${name}.png`,
    sizes: `${side}x${side}`,
    type: 'image/png',
    purpose,
  });
  const manifest = {
    ...{ id: home, lang, dir: 'ltr', name: 'Removebg BD', short_name: 'Removebg BD', description },
    ...{ start_url: home, scope: '/', display: 'standalone' },
    ...{ background_color: '#f2f6f4', theme_color: '#f2f6f4' },
    categories: ['photo', 'utilities'],
    icons: [
      icon('icon-192', 192, 'any'),
      icon('icon-512', 512, 'any'),
      icon('icon-maskable-512', 512, 'maskable'),
    ],
    // Photos that another app shares: the service worker receives them, and no server.
    share_target: {
      ...{ action: `${home}share`, method: 'POST', enctype: 'multipart/form-data' },
      params: { files: [{ name: 'photos', accept: SHARED_TYPES }] },
    },
    // A share opens a new page: the photos of an open one stay.
    launch_handler: { client_mode: ['navigate-new', 'auto'] },
  };
  writeFileSync(`${OUT}/manifest-${lang}.webmanifest`, JSON.stringify(manifest));
}

/** Files of the page without those of /docs, of the HEIC decoder, and pictures. */
const SHELL_FILE = /^(?:(?:\w\w\/)?index\.html|favicon\.svg|assets\/(?!docs|heic)[\w-]+\.(?:js|css|svg))$/;

/**
 * Paths of the files that the service worker caches, and a hash of their contents.
 * @param files paths below the folder of the built page
 */
export function shellOf(files: readonly string[]): { paths: string[]; version: string } {
  const shell = files.filter((file) => SHELL_FILE.test(file)).sort();
  const hash = createHash('sha256');
  for (const file of shell)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(`${OUT}/${file}`));
  return {
    paths: shell.map((file) => `/${file.replace(/index\.html$/, '')}`),
    version: hash.digest('hex').slice(0, 12),
  };
}
