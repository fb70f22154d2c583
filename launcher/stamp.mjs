import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT } from './places.mjs';

/**
 * Digest of files by name and content, so that touching a file or checking it out again costs nothing.
 * @param {string[]} paths files and folders, absolute; those that do not exist count as empty
 * @param {(file: string) => boolean} [wanted]
 * @returns {string} hex
 */
export function digestOf(paths, wanted = () => true) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesIn(path).filter(wanted)) {
      hash
        .update(`${relative(ROOT, file)}\0`)
        .update(readFileSync(file))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

/**
 * Every file under `path`, or `path` itself, in a stable order.
 * @param {string} path
 * @returns {string[]}
 */
export function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * True when the stamp says that the work was already done for this digest.
 * @param {string} stamp file
 * @param {string} digest
 */
export const isStamped = (stamp, digest) => existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;

/**
 * Notes that the work was done.
 * @param {string} stamp file
 * @param {string} digest
 */
export function writeStamp(stamp, digest) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}
