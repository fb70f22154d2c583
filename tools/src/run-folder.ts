import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPrivate } from './service-keys.js';

/** A file system in memory, on Linux. */
const MEMORY = '/dev/shm';
const NAME = /^removebg-(\d+)-[A-Za-z0-9]{6}$/;

/** The private folder of one `npm start`. */
export interface RunFolder {
  path: string;
  /** Socket of the private Redis. The path of a socket has about 100 characters at most. */
  socket: string;
  remove: () => void;
}

/**
 * Makes the private folder of this run (mode 0700) and removes the folders of processes that no longer
 * run. The folder is removed when this process exits; SIGKILL leaves it to the next run.
 */
export function makeRunFolder(): RunFolder {
  removeOldFolders();
  const path = mkdtempSync(join(memoryFolder(), `removebg-${process.pid}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return { path, socket: join(path, 'redis.sock'), remove };
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
 * Folder for the keys that an API and workers share when they are started one by one: one for each boot and user, in memory,
 * readable by that user only.
 * @throws ToolError when other users can read it
 */
export function sharedFolder(): string {
  const base = process.env['XDG_RUNTIME_DIR'] || memoryFolder();
  const folder = join(base, `removebg-${process.getuid?.() ?? 'user'}`);
  mkdirSync(folder, { mode: 0o700, recursive: true });
  // Another user may have made the folder.
  checkPrivate(folder, 'folder');
  return folder;
}
