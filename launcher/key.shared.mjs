import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherError } from './report.mjs';
import { memoryFolder } from './run.folder.mjs';

/**
 * The key-encryption key that an API and workers share when they are started one by one: one a boot and user,
 * in memory, readable by that user alone.
 * @returns {string} path of the file, which exists and is complete
 */
export function sharedKeyFile() {
  const folder = join(
    process.env['XDG_RUNTIME_DIR'] || memoryFolder(),
    `removebg-${process.getuid?.() ?? 'user'}`,
  );
  mkdirSync(folder, { mode: 0o700, recursive: true });
  const file = join(folder, 'kek');
  // Others may have made the folder first: a key is only as private as what it lies in.
  checkPrivate(folder, 'folder');
  // Written aside and linked: whoever comes second sees a whole key, and never replaces the first one's.
  const draft = join(folder, `kek.${process.pid}`);
  writeFileSync(draft, randomBytes(32), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  checkPrivate(file, 'file');
  return file;
}

/**
 * @param {string} path
 * @param {'folder' | 'file'} kind
 */
function checkPrivate(path, kind) {
  const found = lstatSync(path);
  const isKind = kind === 'folder' ? found.isDirectory() : found.isFile();
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  if (isKind && isOwn && (found.mode & 0o077) === 0) return;
  throw new LauncherError(`${path} is not a private ${kind} of this user: remove it, or set KEK_FILE.`);
}
