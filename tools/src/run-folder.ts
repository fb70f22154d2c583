import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError } from './report.js';

/** A file system in memory, on Linux. */
const MEMORY = '/dev/shm';
const NAME = /^removebg-(\d+)-[A-Za-z0-9]{6}$/;
const KEY_BYTES = 32;

/** The private folder of one `npm start`. */
export interface RunFolder {
  path: string;
  /** Socket of the private Redis. The path of a socket has about 100 characters at most. */
  socket: string;
  /** File with the key-encryption key of this run. */
  kek: string;
  remove: () => void;
}

/**
 * Makes the private folder of this run (mode 0700, with a new key) and removes the folders of processes that no longer
 * run. The folder is removed when this process exits; SIGKILL leaves it to the next run.
 */
export function makeRunFolder(): RunFolder {
  removeOldFolders();
  const path = mkdtempSync(join(memoryFolder(), `removebg-${process.pid}-`));
  const kek = join(path, 'kek');
  writeFileSync(kek, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return { path, socket: join(path, 'redis.sock'), kek, remove };
}

/** Folder for files that must not reach a disk; the temporary folder on systems without one. */
function memoryFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    return MEMORY;
  } catch {
    return tmpdir();
  }
}

function removeOldFolders(): void {
  for (const folder of new Set([memoryFolder(), tmpdir()])) {
    for (const name of readdirSync(folder)) {
      const pid = NAME.exec(name)?.[1];
      // A folder with the id of this process belongs to an earlier one: containers reuse process ids.
      if (pid === undefined || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
      const path = join(folder, name);
      if (isOwnFolder(path)) rmSync(path, { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs as another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function isOwnFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.();
}

/**
 * File with the key-encryption key that an API and workers share when they are started one by one: one key for each
 * boot and user, in memory, readable by that user only.
 * @throws ToolError when other users can read it
 */
export function sharedKeyFile(): string {
  const base = process.env['XDG_RUNTIME_DIR'] || memoryFolder();
  const folder = join(base, `removebg-${process.getuid?.() ?? 'user'}`);
  mkdirSync(folder, { mode: 0o700, recursive: true });
  const file = join(folder, 'kek');
  // Another user may have made the folder: the key is as private as its folder.
  checkPrivate(folder, 'folder');
  // Written to a draft and linked: a process that comes second finds a complete key and never replaces it.
  const draft = join(folder, `kek.${process.pid}`);
  writeFileSync(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  checkPrivate(file, 'file');
  return file;
}

function checkPrivate(path: string, kind: 'folder' | 'file'): void {
  const found = lstatSync(path);
  const isKind = kind === 'folder' ? found.isDirectory() : found.isFile();
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  if (isKind && isOwn && (found.mode & 0o077) === 0) return;
  throw new ToolError(`${path} is not a private ${kind} of this user. Remove it, or set KEK_FILE.`);
}
