import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { SettingsError } from '#config/settings.js';
import { requirementOf } from '#config/settings-reference.js';
import { isWorkerKey, WorkerKeyring, workerPublicKey, type WorkerPublicKey } from '#crypto/worker-keys.js';

/** Mode bits that are refused for a secret: 0640 is the maximum. */
const REFUSED_FOR_SECRETS = 0o037;
/** Mode bits that are refused for a public key: others may read it, and not replace it. */
const REFUSED_FOR_PUBLIC_KEYS = 0o022;
/** Name of standard input. */
const STDIN = '-';

/** Settings that name a file with secrets. */
type SecretSetting =
  'API_SECRET_FILE' | 'WORKER_KEY_FILE' | 'RECEIPT_KEY_FILE' | 'KEYS_FILE' | 'REDIS_PASSWORD_FILE';
/** Settings that name a file that others may read and must not change. */
type PublicSetting = 'WORKER_PUBLIC_KEY_FILE';

/**
 * Reads a file with secrets, which other users must not be able to read or change.
 * @param setting that names it, for error messages
 * @throws SettingsError when it cannot be read, or its mode allows others more than 0640 does
 */
export function readSecretFile(setting: SecretSetting, file: string): Buffer {
  const { content, mode } = readWithMode(setting, file);
  if ((mode & REFUSED_FOR_SECRETS) === 0) return content;
  content.fill(0);
  throw new SettingsError(
    `${setting} must be a private file, of mode 0600 or 0640, and its mode is ${modeText(mode)}: run \`chmod 600 FILE\`.`,
  );
}

/**
 * Reads a file with a public key, which other users must not be able to change.
 * @throws SettingsError when it cannot be read, or its mode allows others to write it
 */
function readPublicFile(setting: PublicSetting, file: string): Buffer {
  const { content, mode } = readWithMode(setting, file);
  if ((mode & REFUSED_FOR_PUBLIC_KEYS) === 0) return content;
  throw new SettingsError(
    `${setting} must be a file that only its owner can write, and its mode is ${modeText(mode)}: run \`chmod 644 FILE\`.`,
  );
}

const modeText = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

/** Content and mode of a file. The mode is 0 on Windows, which has no such modes. */
function readWithMode(
  setting: SecretSetting | PublicSetting,
  file: string,
): { content: Buffer; mode: number } {
  try {
    const opened = openSync(file, 'r');
    try {
      const { mode } = fstatSync(opened);
      return { content: readFileSync(opened), mode: process.platform === 'win32' ? 0 : mode };
    } finally {
      closeSync(opened);
    }
  } catch {
    throw new SettingsError(`${setting} must be ${requirementOf(setting)}.`);
  }
}

/** Length of the API secret. */
export const API_SECRET_BYTES = 32;

/**
 * Reads the API secret shared by all APIs.
 * @throws SettingsError when the file is missing, unreadable, open to others, or not exactly 32 bytes long
 */
export function readApiSecret(file: string | undefined): Buffer {
  if (file === undefined) {
    throw new SettingsError('API_SECRET_FILE is needed: a file of 32 random bytes that all APIs share.');
  }
  const key = readSecretFile('API_SECRET_FILE', file);
  if (key.length !== API_SECRET_BYTES)
    throw new SettingsError('API_SECRET_FILE must be a file of exactly 32 bytes.');
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

/** A PEM block (RFC 7468) of any kind, also one without an end. */
const PEM_BLOCK = /-----BEGIN ([^-]+)-----[^-]*(?:-----END \1-----)?/g;

/** Keys in the PEM blocks of a file, in order. A block that OpenSSL cannot read, or that is no such key, gives undefined. */
function keysIn(content: Buffer): (KeyObject | undefined)[] {
  const pem = content.toString('latin1');
  content.fill(0);
  return [...pem.matchAll(PEM_BLOCK)].map(([block, kind]) => {
    try {
      if (kind === 'PRIVATE KEY') return createPrivateKey(block);
      return kind === 'PUBLIC KEY' ? createPublicKey(block) : undefined;
    } catch {
      // OpenSSL's message has no more information.
      return undefined;
    }
  });
}

/**
 * Reads the private keys of the workers: PEM blocks (PKCS#8), first the current key, then retired ones, which still unwrap the
 * keys of jobs that were accepted before a rotation.
 * @throws SettingsError when the file is missing, unreadable, open to others, or has other than private P-256 keys
 */
export function readWorkerKeys(file: string | undefined): WorkerKeyring {
  if (file === undefined)
    throw new SettingsError('WORKER_KEY_FILE is needed: a PEM file with the private key of the workers.');
  const keys = keysIn(readSecretFile('WORKER_KEY_FILE', file));
  const [current, ...retired] = keys.filter(
    (key): key is KeyObject => key?.type === 'private' && isWorkerKey(key),
  );
  if (current === undefined || retired.length + 1 !== keys.length)
    throw new SettingsError('WORKER_KEY_FILE must be a file of private P-256 keys alone (PKCS#8, PEM).');
  return new WorkerKeyring([current, ...retired]);
}

/**
 * Reads the public key of the workers. A process that has it can wrap the keys of jobs, and cannot unwrap them.
 * @throws SettingsError when the file is missing, unreadable, writable by others, or is not one public P-256 key
 */
export function readWorkerPublicKey(file: string | undefined): WorkerPublicKey {
  if (file === undefined)
    throw new SettingsError(
      'WORKER_PUBLIC_KEY_FILE is needed: a PEM file with the public key of the workers.',
    );
  const [key, ...more] = keysIn(readPublicFile('WORKER_PUBLIC_KEY_FILE', file));
  if (key?.type !== 'public' || !isWorkerKey(key) || more.length > 0)
    throw new SettingsError('WORKER_PUBLIC_KEY_FILE must be a file of one public P-256 key (SPKI, PEM).');
  return workerPublicKey(key);
}

/**
 * Reads the keys of deletion receipts: PEM blocks, first the private key that signs (PKCS#8), then any retired ones,
 * private or public (SPKI), whose receipts are still to be verified.
 * @throws SettingsError when the file is unreadable, open to others, or has other than Ed25519 keys, the first one private
 */
export function readReceiptKeys(file: string): [signing: KeyObject, ...retired: KeyObject[]] {
  const [signing, ...retired] = keysIn(readSecretFile('RECEIPT_KEY_FILE', file)).map(receiptKey);
  if (signing?.type !== 'private') {
    throw new SettingsError('RECEIPT_KEY_FILE must be a file that begins with a private key (PKCS#8, PEM).');
  }
  return [signing, ...retired];
}

function receiptKey(key: KeyObject | undefined): KeyObject {
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new SettingsError('RECEIPT_KEY_FILE must be a file of intact Ed25519 keys alone.');
  }
  return key;
}
