import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ApiKeys, parseKeyFile } from '#auth/api-keys.js';
import { ApiKeyFile } from '#auth/api-key-file.js';
import { SettingsError } from '#config/settings.js';
import { builtInTiers, UNLIMITED } from '#auth/tier-table.js';
import { drawApiKey, drawKeyId, hashApiKey, isApiKey } from '#auth/api-key.js';

const TIERS = builtInTiers({ RATE_LIMIT: 60 });
const CREATED = '2026-01-01T00:00:00Z';
const NOW = Date.parse('2026-06-01T00:00:00Z');

const entryOf = (key: string, more: object = {}): Record<string, unknown> => ({
  id: drawKeyId(),
  name: 'a customer',
  tier: 'standard',
  sha256: hashApiKey(key).toString('hex'),
  created: CREATED,
  ...more,
});
const textOf = (keys: object[], tiers: object = {}): string => JSON.stringify({ version: 1, tiers, keys });
const bookOf = (keys: object[], tiers: object = {}): ApiKeys =>
  new ApiKeys(parseKeyFile(textOf(keys, tiers)), TIERS);

const fault = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
};

describe('API keys', () => {
  it('given drawn keys, when they are looked at, then each is new, has 256 bits and begins with rb_', () => {
    const keys = Array.from({ length: 100 }, drawApiKey);
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) {
      expect(isApiKey(key)).toBe(true);
      expect(Buffer.from(key.slice(3), 'base64url')).toHaveLength(32);
    }
  });

  it('given any text but the key itself, when it is looked up, then nobody is found', () => {
    const key = drawApiKey();
    const book = bookOf([entryOf(key)]);
    expect(book.find(key, NOW)?.tierName).toBe('standard');
    const near = fc
      .nat(key.length - 1)
      .map((at) => `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        expect(book.find(text, NOW)).toBeUndefined();
      }),
    );
    expect(book.find(hashApiKey(key).toString('hex'), NOW)).toBeUndefined();
  });

  it('given a key that was revoked or has expired, when it is looked up, then nobody is found', () => {
    const key = drawApiKey();
    expect(bookOf([entryOf(key, { revoked: CREATED })]).find(key, NOW)).toBeUndefined();
    const until = bookOf([entryOf(key, { expires: '2026-06-01T00:00:00Z' })]);
    expect(until.find(key, NOW - 1)?.expiresAt).toBe(NOW);
    expect(until.find(key, NOW)).toBeUndefined();
  });
});

describe('tiers', () => {
  const GOLD = {
    weight: 8,
    requests_per_minute: 100,
    megapixels_per_minute: 900,
    images_in_flight: 5,
    megabytes_in_flight: 64,
  };

  it('given a file that changes a tier in part and adds one, when keys are found, then those limits hold', () => {
    const [standard, gold] = [drawApiKey(), drawApiKey()];
    const book = bookOf([entryOf(standard), entryOf(gold, { tier: 'gold' })], {
      standard: { requests_per_minute: 7 },
      gold: GOLD,
      anonymous: { weight: 3 },
    });
    expect(book.find(standard, NOW)?.tier).toEqual({ ...TIERS['standard'], requestsPerMinute: 7 });
    expect(book.find(gold, NOW)?.tier).toEqual({
      weight: 8,
      requestsPerMinute: 100,
      megapixelsPerMinute: 900,
      imagesInFlight: 5,
      bytesInFlight: 64 * 1_048_576,
    });
    expect(book.anonymous).toEqual({ ...TIERS.anonymous, weight: 3 });
  });

  it('given RATE_LIMIT, when nothing else is said, then anonymous clients have it; off frees them', () => {
    expect(builtInTiers({ RATE_LIMIT: 5 }).anonymous.requestsPerMinute).toBe(5);
    const { weight, ...limits } = builtInTiers({ RATE_LIMIT: 0 }).anonymous;
    expect(weight).toBe(1);
    expect(new Set(Object.values(limits))).toEqual(new Set([UNLIMITED]));
  });

  it('given wrong files, when they are read, then what is wrong is named and no value is', () => {
    const key = drawApiKey();
    const { weight, ...partial } = GOLD;
    const cases: [text: string, named: string][] = [
      ['zebra7391', 'must be a file of JSON'],
      [textOf([entryOf(key, { sha256: 'zebra7391' })]), 'keys.0.sha256'],
      [textOf([entryOf(key, { zebra7391: 1 })]), 'keys.0'],
      [textOf([entryOf(key, { tier: 'zebra7391' })]), 'keys.0.tier'],
      [textOf([entryOf(key), entryOf(key)]), 'keys.1.sha256'],
      [
        textOf([entryOf(key, { id: '0123456789' }), entryOf(drawApiKey(), { id: '0123456789' })]),
        'keys.1.id',
      ],
      [textOf([entryOf(key, { created: 'zebra7391' })]), 'keys.0.created'],
      [textOf([], { gold: partial }), 'tiers.gold: a new tier needs weight'],
      [textOf([], { gold: { ...partial, weight: 0 } }), 'tiers.gold.weight'],
    ];
    expect(weight).toBe(8);
    for (const [text, named] of cases) {
      const message = fault(() => new ApiKeys(parseKeyFile(text), TIERS));
      expect(message).toContain(named);
      expect(message).not.toContain('zebra7391');
    }
  });
});

describe('the file of keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-book-'));
  const path = join(folder, 'keys.json');
  const replace = (text: string): void => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it('given no file is named, when a key is shown, then there are none', () => {
    const file = new ApiKeyFile(undefined, TIERS);
    expect([file.isOn, file.refresh(), file.book.size]).toEqual([false, undefined, 0]);
  });

  it('given a file that is missing or broken, when it is opened, then KEYS_FILE is named', () => {
    expect(fault(() => new ApiKeyFile(join(folder, 'none'), TIERS))).toContain('KEYS_FILE');
    replace('{');
    expect(fault(() => new ApiKeyFile(path, TIERS))).toContain('KEYS_FILE');
  });

  it('given changes, when the file is looked at, then good ones are in force and bad ones leave the keys before', () => {
    const [first, second] = [drawApiKey(), drawApiKey()];
    replace(textOf([entryOf(first)]));
    const file = new ApiKeyFile(path, TIERS);
    expect(file.refresh()).toBeUndefined();
    replace(textOf([entryOf(first), entryOf(second)]));
    expect(file.refresh()).toEqual({ keys: 2 });
    expect(file.book.find(second, NOW)).toBeDefined();
    replace('{"version": 2}');
    expect(file.refresh()).toMatchObject({ fault: expect.stringContaining('version') as string });
    expect(file.refresh()).toBeUndefined();
    rmSync(path);
    expect(file.refresh()).toMatchObject({
      fault: expect.stringContaining('that this user can read') as string,
    });
    expect(file.book.find(second, NOW)).toBeDefined();
    replace(textOf([entryOf(first)]));
    expect(file.refresh()).toEqual({ keys: 1 });
    expect(file.book.find(second, NOW)).toBeUndefined();
    chmodSync(path, 0o666);
    expect(file.refresh()).toMatchObject({ fault: expect.stringContaining('a private file') as string });
    chmodSync(path, 0o640);
    expect(file.refresh()).toEqual({ keys: 1 });
  });
});
