import { readFileSync } from 'node:fs';
import { SettingsError } from './settings.js';

/** Length of the key-encryption key. */
export const KEK_BYTES = 32;

/**
 * Reads the key-encryption key shared by API and workers.
 * @throws SettingsError when the file is missing, unreadable, open to others, or not exactly 32 bytes long
 */
export function readKek(file: string | undefined): Buffer {
  if (file === undefined) {
    throw new SettingsError('KEK_FILE: needed, a file of 32 random bytes shared by API and workers');
  }
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch {
    throw new SettingsError('KEK_FILE: the file cannot be read');
  }
  if (key.length !== KEK_BYTES) throw new SettingsError('KEK_FILE: the file must hold exactly 32 bytes');
  return key;
}
