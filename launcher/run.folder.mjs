import { randomBytes } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory, not a disk, where Linux offers it. */
const MEMORY = '/dev/shm';
const NAME = /^removebg-(\d+)-[A-Za-z0-9]{6}$/;

/**
 * @typedef {object} RunFolder
 * @property {string} path
 * @property {string} socket path of the private Redis's socket; sockets allow about 100 characters
 * @property {string} kek file with this run's key-encryption key
 * @property {() => void} remove
 */

/**
 * Makes the private folder of one run (mode 0700, a new key in it) and removes those whose launcher is dead.
 * The folder goes when this process ends in whatever way, short of SIGKILL.
 * @returns {RunFolder}
 */
export function makeRunFolder() {
  sweepRunFolders();
  const path = mkdtempSync(join(memoryFolder(), `removebg-${process.pid}-`));
  const kek = join(path, 'kek');
  writeFileSync(kek, randomBytes(32), { mode: 0o600, flag: 'wx' });
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return { path, socket: join(path, 'redis.sock'), kek, remove };
}

/** Where files may live that must not reach a disk; the temporary folder where there is no such place. */
export function memoryFolder() {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    return MEMORY;
  } catch {
    return tmpdir();
  }
}

/** Removes the run folders of launchers that were killed before they could do so. */
function sweepRunFolders() {
  for (const folder of new Set([memoryFolder(), tmpdir()])) {
    for (const name of readdirSync(folder)) {
      const pid = NAME.exec(name)?.[1];
      // A folder with this process's own number is an earlier one's: in containers numbers repeat.
      if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
      const path = join(folder, name);
      if (isOurs(path)) rmSync(path, { recursive: true, force: true });
    }
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
}

/** @param {string} path */
function isOurs(path) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.();
}
