import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_SECRET_BYTES } from '#auth/secret-file.js';
import type { Settings } from '#config/settings.schema.js';
import { drawWorkerKey } from '#crypto/worker-keys.js';
import { ToolError } from './report.js';

/** The settings that name the keys of a service. */
export type KeyFiles = Record<'API_SECRET_FILE' | 'WORKER_KEY_FILE' | 'WORKER_PUBLIC_KEY_FILE', string>;

/** Settings with secrets that only one of the two applications needs. The other one does not get them. */
export const OWN_SECRETS = {
  api: ['API_SECRET_FILE', 'RECEIPT_KEY_FILE', 'KEYS_FILE'],
  worker: ['WORKER_KEY_FILE'],
} as const;

/**
 * The key files of a service: those that the settings name, and new ones in a private folder for the others. Processes that call
 * this at the same time get the same keys.
 * @param folder of mode 0700, in memory
 * @throws ToolError when other users can read a file
 */
export function keyFilesIn(
  folder: string,
  given: Partial<Pick<Settings, 'API_SECRET_FILE' | 'WORKER_KEY_FILE' | 'WORKER_PUBLIC_KEY_FILE'>> = {},
): KeyFiles {
  const { API_SECRET_FILE = join(folder, 'api-secret'), WORKER_KEY_FILE = join(folder, 'worker-key.pem') } =
    given;
  if (given.API_SECRET_FILE === undefined) drawOnce(API_SECRET_FILE, randomBytes(API_SECRET_BYTES));
  if (given.WORKER_KEY_FILE === undefined) drawOnce(WORKER_KEY_FILE, drawWorkerKey().privatePem);
  const { WORKER_PUBLIC_KEY_FILE = writePublicKey(folder, WORKER_KEY_FILE) } = given;
  return { API_SECRET_FILE, WORKER_KEY_FILE, WORKER_PUBLIC_KEY_FILE };
}

/** Writes a new file to a draft and links it: a process that comes second finds a complete file and never replaces it. */
function drawOnce(file: string, content: string | Buffer): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  checkPrivate(file, 'file');
}

/** Writes the public part of the current worker key. Returns the file. */
function writePublicKey(folder: string, privateFile: string): string {
  const file = join(folder, 'worker-public-key.pem');
  const draft = `${file}.${process.pid}`;
  const publicKey = createPublicKey(createPrivateKey(readFileSync(privateFile)));
  writeFileSync(draft, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 });
  renameSync(draft, file);
  return file;
}

/** @throws ToolError when a folder or file is not this user's alone */
export function checkPrivate(path: string, kind: 'folder' | 'file'): void {
  const found = lstatSync(path);
  const isKind = kind === 'folder' ? found.isDirectory() : found.isFile();
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  if (isKind && isOwn && (found.mode & 0o077) === 0) return;
  throw new ToolError(
    `${path} is not a private ${kind} of this user. Remove it, or set API_SECRET_FILE, WORKER_KEY_FILE and WORKER_PUBLIC_KEY_FILE.`,
  );
}
