import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { SettingsError } from '#config/settings.js';
import { requirementOf } from '#config/settings-reference.js';

/** Mode bits that are refused: 0640 is the maximum. */
const REFUSED_MODE_BITS = 0o037;
/** Name of standard input. */
const STDIN = '-';

/** Settings that name a file with secrets. */
type SecretSetting = 'KEK_FILE' | 'RECEIPT_KEY_FILE' | 'KEYS_FILE' | 'REDIS_PASSWORD_FILE';

/**
 * Reads a file with secrets, which other users must not be able to read or change.
 * @param setting that names it, for error messages
 * @throws SettingsError when it cannot be read, or its mode allows others more than 0640 does
 */
export function readSecretFile(setting: SecretSetting, file: string): Buffer {
  let mode: number;
  let content: Buffer;
  try {
    const opened = openSync(file, 'r');
    try {
      mode = fstatSync(opened).mode;
      content = readFileSync(opened);
    } finally {
      closeSync(opened);
    }
  } catch {
    throw new SettingsError(`${setting} must be ${requirementOf(setting)}.`);
  }
  // Windows has no such modes.
  if ((mode & REFUSED_MODE_BITS) === 0 || process.platform === 'win32') return content;
  content.fill(0);
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  throw new SettingsError(
    `${setting} must be a private file, of mode 0600 or 0640, and its mode is ${found}: run \`chmod 600 FILE\`.`,
  );
}

/** Length of the key-encryption key. */
export const KEK_BYTES = 32;

/**
 * Reads the key-encryption key shared by API and workers.
 * @throws SettingsError when the file is missing, unreadable, open to others, or not exactly 32 bytes long
 */
export function readKek(file: string | undefined): Buffer {
  if (file === undefined) {
    throw new SettingsError('KEK_FILE is needed: a file of 32 random bytes that API and workers share.');
  }
  const key = readSecretFile('KEK_FILE', file);
  if (key.length !== KEK_BYTES) throw new SettingsError('KEK_FILE must be a file of exactly 32 bytes.');
  return key;
}

/**
 * Reads the Redis password of this process.
 * @param file path, or `-` for standard input, which its parent then closes; undefined: there is none
 * @returns the first line
 * @throws SettingsError when the file is unreadable, open to others, or empty
 */
export function readRedisPassword(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const content = file === STDIN ? readStdin() : readSecretFile('REDIS_PASSWORD_FILE', file);
  const [password = ''] = content.toString().split(/\r?\n/, 1);
  content.fill(0);
  if (password === '')
    throw new SettingsError('REDIS_PASSWORD_FILE must be a file that begins with the password.');
  return password;
}

function readStdin(): Buffer {
  try {
    return readFileSync(0);
  } catch {
    throw new SettingsError('REDIS_PASSWORD_FILE must not be `-` here: standard input cannot be read.');
  }
}

const PEM_BLOCK = /-----BEGIN (PRIVATE|PUBLIC) KEY-----[^-]+-----END \1 KEY-----/g;

/**
 * Reads the keys of deletion receipts: PEM blocks, first the private key that signs (PKCS#8), then any retired ones,
 * private or public (SPKI), whose receipts are still to be verified.
 * @throws SettingsError when the file is unreadable, open to others, or has other than Ed25519 keys, the first one private
 */
export function readReceiptKeys(file: string): [signing: KeyObject, ...retired: KeyObject[]] {
  const content = readSecretFile('RECEIPT_KEY_FILE', file);
  const pem = content.toString('latin1');
  content.fill(0);
  const [signing, ...retired] = [...pem.matchAll(PEM_BLOCK)].map(([block, kind]) => receiptKey(block, kind));
  if (signing?.type !== 'private') {
    throw new SettingsError('RECEIPT_KEY_FILE must be a file that begins with a private key (PKCS#8, PEM).');
  }
  return [signing, ...retired];
}

function receiptKey(block: string, kind: string | undefined): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = kind === 'PRIVATE' ? createPrivateKey(block) : createPublicKey(block);
  } catch {
    // OpenSSL's message has no more information.
  }
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new SettingsError('RECEIPT_KEY_FILE must be a file of intact Ed25519 keys alone.');
  }
  return key;
}
