import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CommandError } from './exit-codes.js';

const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  avif: 'image/avif',
  tif: 'image/tiff',
  tiff: 'image/tiff',
};

/** The bytes of a file, or with `-` of the standard input. @throws what reading throws */
export async function readPhoto(path: string, stdin: NodeJS.ReadableStream): Promise<Blob> {
  const bytes = path === '-' ? await buffer(stdin) : await readFile(path);
  if (bytes.length === 0)
    throw new CommandError(path === '-' ? 'The standard input is empty.' : 'the file is empty');
  const type = TYPES[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? '';
  return new Blob([bytes], { type });
}
