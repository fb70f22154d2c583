import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeyFile } from '#auth/api-key-file.js';
import {
  readApiSecret,
  readReceiptKeys,
  readRedisPassword,
  readWorkerKeys,
  readWorkerPublicKey,
} from '#auth/secret-file.js';
import { SettingsError } from '#config/settings.js';
import { drawWorkerKey } from '#crypto/worker-keys.js';
import { builtInTiers } from '#auth/tier-table.js';

const folder = mkdtempSync(join(tmpdir(), 'removebg-zebra7391-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
const tiers = builtInTiers({ RATE_LIMIT: 60 });
/** Each setting that names a file with secrets: a good content, and how it is read. */
const SETTINGS: Record<string, { content: string | Buffer; read: (file: string) => unknown }> = {
  API_SECRET_FILE: { content: randomBytes(32), read: readApiSecret },
  WORKER_KEY_FILE: { content: drawWorkerKey().privatePem, read: readWorkerKeys },
  RECEIPT_KEY_FILE: { content: pem, read: readReceiptKeys },
  REDIS_PASSWORD_FILE: { content: 'a password\n', read: readRedisPassword },
  KEYS_FILE: {
    content: '{"version":1,"tiers":{},"keys":[]}',
    read: (file) => new ApiKeyFile(file, tiers).book.size,
  },
};
const MODES = Array.from({ length: 0o1000 }, (_, mode) => mode);

describe.each(Object.entries(SETTINGS))('the file of %s', (setting, { content, read }) => {
  const path = join(folder, setting);
  beforeAll(() => writeFileSync(path, content));

  it('given every mode that its owner can read, when it is read, then 0640 and less pass and no other', () => {
    for (const mode of MODES.filter((each) => (each & 0o400) !== 0)) {
      chmodSync(path, mode);
      let refusal: unknown;
      try {
        expect(read(path)).toBeDefined();
      } catch (error) {
        refusal = error;
      }
      const isPrivate = (mode & 0o037) === 0;
      expect([mode.toString(8), refusal === undefined]).toEqual([mode.toString(8), isPrivate]);
      if (isPrivate) continue;
      expect(refusal).toBeInstanceOf(SettingsError);
      expect(String(refusal)).toContain(`${setting} must be a private file`);
      expect(String(refusal)).toContain('chmod 600');
      expect(String(refusal)).not.toContain('zebra7391');
    }
  });

  it('given no file, when it is read, then the setting is named and the path is not', () => {
    const missing = join(folder, 'none');
    expect(() => read(missing)).toThrow(SettingsError);
    expect(() => read(missing)).toThrow(
      new RegExp(`^${setting} must be the path of a file that this user can read\\.$`),
    );
  });
});

describe('the keys of the workers', () => {
  const path = join(folder, 'worker.pem');
  const write = (content: string): void => writeFileSync(path, content, { mode: 0o600 });
  const [current, retired] = [drawWorkerKey(), drawWorkerKey()];
  const sec1 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'sec1',
    format: 'pem',
  });

  it('given the current key and a retired one, when they are read, then the first is what the APIs wrap for', () => {
    write(`${current.privatePem}${retired.privatePem}`);
    const keyring = readWorkerKeys(path);
    write(retired.publicPem);
    expect(keyring.find(readWorkerPublicKey(path).id)?.type).toBe('private');
    write(current.publicPem);
    expect(readWorkerPublicKey(path).id).toEqual(keyring.current.id);
  });

  it('given other keys, none, or a damaged one, when they are read, then they are refused', () => {
    for (const content of [
      '',
      'no key',
      String(pem),
      current.publicPem,
      `${current.privatePem}${String(pem)}`,
      `${current.privatePem}${String(sec1)}`,
      `${current.privatePem}${retired.privatePem.slice(0, -30)}`,
      `${retired.privatePem.slice(0, -30)}\n${current.privatePem}`,
    ]) {
      write(content);
      expect(() => readWorkerKeys(path)).toThrow(
        /^WORKER_KEY_FILE must be a file of private P-256 keys alone/,
      );
    }
    for (const content of [
      '',
      current.privatePem,
      current.publicPem.replace('M', '*'),
      `${current.publicPem}${retired.publicPem}`,
    ]) {
      write(content);
      expect(() => readWorkerPublicKey(path)).toThrow(
        /^WORKER_PUBLIC_KEY_FILE must be a file of one public P-256/,
      );
    }
    expect(() => readWorkerKeys(undefined)).toThrow(/^WORKER_KEY_FILE is needed/);
    expect(() => readWorkerPublicKey(undefined)).toThrow(/^WORKER_PUBLIC_KEY_FILE is needed/);
  });

  it('given every mode of a public key, when it is read, then others may read it and not write it', () => {
    write(current.publicPem);
    for (const mode of MODES.filter((each) => (each & 0o400) !== 0)) {
      chmodSync(path, mode);
      const read = (): unknown => readWorkerPublicKey(path);
      if ((mode & 0o022) === 0) expect(read).not.toThrow();
      else expect(read).toThrow(/^WORKER_PUBLIC_KEY_FILE must be a file that only its owner can write/);
    }
    chmodSync(path, 0o600);
  });
});

describe('the password of Redis', () => {
  const path = join(folder, 'password');
  const write = (content: string): void => writeFileSync(path, content, { mode: 0o600 });

  it('given a file, when it is read, then the password is its first line', () => {
    for (const content of ['secret', 'secret\n', 'secret\r\n', 'secret\nand more\n']) {
      write(content);
      expect(readRedisPassword(path)).toBe('secret');
    }
    expect(readRedisPassword(undefined)).toBeUndefined();
  });

  it('given an empty file, when it is read, then it is refused', () => {
    for (const content of ['', '\n', '\nsecret']) {
      write(content);
      expect(() => readRedisPassword(path)).toThrow(/^REDIS_PASSWORD_FILE must be a file that begins/);
    }
  });

  it('given "-", when it is read, then it comes from standard input', () => {
    const script = `import('./dist/libs/auth/src/secret-file.js').then(({ readRedisPassword }) => {
      process.stdout.write(readRedisPassword('-'));
    });`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { input: 'secret\n', encoding: 'utf8' });
    expect(stdout).toBe('secret');
  });
});

it('given the units and manifests, when files with secrets are named, then their modes are ones that pass', () => {
  const manifests = ['api', 'worker', 'redis-control', 'redis-payload', 'edge'].map((name) =>
    readFileSync(`deploy/kubernetes/base/${name}.yaml`, 'utf8'),
  );
  const modes = manifests.flatMap((text) => [...text.matchAll(/secretName: \S+, defaultMode: (\d+)/g)]);
  expect(modes.map(([, mode]) => mode)).toEqual(modes.map(() => '0440'));
  expect(modes.length).toBe(manifests.join('').split('secretName:').length - 1);
});
