import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign } from 'jose';
import { isJobId } from '#contracts/job-id.js';
import type { ReceiptClaims } from '#contracts/receipt-claims.js';
import { RECEIPT_TYPE } from '#contracts/receipt-kind.js';
import { readReceiptKeys } from '#auth/secret-file.js';
import { SettingsError } from '#config/settings.js';
import { deriveReceiptKey } from '#crypto/receipt-keys.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';
import { verifyReceipt } from '#crypto/receipt-verifier.js';

const id = 'q83vASNFZ4mrze8BI0VniQ';
if (!isJobId(id)) throw new Error('no job id');
const CLAIMS: ReceiptClaims = {
  iss: 'removebg-bd',
  jti: id,
  state: 'delivered',
  input_bytes: 1234,
  output_bytes: 5678,
  accepted_at: '2026-01-01T00:00:00.000Z',
  ended_at: '2026-01-01T00:00:01.000Z',
  purged_at: '2026-01-01T00:00:01.002Z',
  keys_removed: 2,
  iat: 1_767_225_602,
};
const newKey = () => generateKeyPairSync('ed25519').privateKey;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Signs anything at all with the signer's key. */
const signed = (key: ReturnType<typeof newKey>, header: object, payload: unknown): Promise<string> =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: RECEIPT_TYPE, ...header })
    .sign(key);

describe('a deletion receipt', () => {
  const key = newKey();
  let signer: ReceiptSigner;
  beforeAll(async () => (signer = await ReceiptSigner.over([key])));

  it('given facts, when they are signed, then the public key verifies them', async () => {
    const receipt = await signer.sign(CLAIMS);
    const verdict = await verifyReceipt(receipt, signer.keySet);
    expect(verdict).toEqual({ valid: true, claims: CLAIMS, kid: signer.keySet.keys[0]!.kid });
    const header: unknown = JSON.parse(Buffer.from(receipt.split('.')[0]!, 'base64url').toString());
    expect(header).toEqual({ alg: 'EdDSA', typ: RECEIPT_TYPE, kid: signer.keySet.keys[0]!.kid });
  });

  it('given a receipt, when any one character is changed, then it is not valid', async () => {
    const receipt = await signer.sign(CLAIMS);
    for (let at = 0; at < receipt.length; at++) {
      const now = receipt[at]!;
      // The neighbour differs in its last bit, which the last character of a part may not even use.
      const other = now === '.' ? 'A' : BASE64URL[BASE64URL.indexOf(now) ^ 1]!;
      const verdict = await verifyReceipt(
        receipt.slice(0, at) + other + receipt.slice(at + 1),
        signer.keySet,
      );
      expect([at, verdict.valid]).toEqual([at, false]);
    }
    for (const text of [
      '',
      '..',
      receipt.slice(0, -1),
      `${receipt}A`,
      ` ${receipt}`,
      `${receipt}.${receipt}`,
    ]) {
      expect(await verifyReceipt(text, signer.keySet)).toMatchObject({ valid: false });
    }
  });

  it('given another service’s key, or one no longer published, then its key is not known', async () => {
    const other = await ReceiptSigner.over([newKey()]);
    const unknown = { valid: false, fault: 'unknown-key' };
    expect(await verifyReceipt(await other.sign(CLAIMS), signer.keySet)).toEqual(unknown);
    expect(await verifyReceipt(await signer.sign(CLAIMS), { keys: [] })).toEqual(unknown);
  });

  it('given another key under the name of ours, then the signature is bad', async () => {
    const forged = await signed(newKey(), { kid: signer.keySet.keys[0]!.kid }, CLAIMS);
    expect(await verifyReceipt(forged, signer.keySet)).toEqual({ valid: false, fault: 'bad-signature' });
  });

  it('given a rotation, when the retired key is still published, then old and new receipts are valid', async () => {
    const rotated = await ReceiptSigner.over([newKey(), createPublicKey(key)]);
    expect(rotated.keySet.keys).toHaveLength(2);
    for (const receipt of [await signer.sign(CLAIMS), await rotated.sign(CLAIMS)]) {
      expect(await verifyReceipt(receipt, rotated.keySet)).toMatchObject({ valid: true });
    }
  });

  it('given something else that the key has signed, then it is no receipt', async () => {
    const { kid } = signer.keySet.keys[0]!;
    const tries = [
      [{ kid, typ: 'JWT' }, CLAIMS, 'wrong-type'],
      [{}, CLAIMS, 'unknown-key'],
      [{ kid }, { ...CLAIMS, sha256: 'x' }, 'bad-claims'],
      [{ kid }, { ...CLAIMS, purged_at: undefined }, 'bad-claims'],
      [{ kid }, { ...CLAIMS, state: 'ready' }, 'bad-claims'],
      [{ kid }, [], 'bad-claims'],
    ] as const;
    for (const [header, payload, fault] of tries) {
      const receipt = await signed(key, header, payload);
      expect(await verifyReceipt(receipt, signer.keySet)).toEqual({ valid: false, fault });
    }
  });

  it('given what is published, then it holds no private part', () => {
    expect(Object.keys(signer.keySet.keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });
});

describe('the key of receipts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-receipt-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (...parts: string[]): string => {
    const path = join(folder, randomBytes(6).toString('hex'));
    writeFileSync(path, parts.join('\n'), { mode: 0o600 });
    return path;
  };
  const pem = (key = newKey()) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('given one API secret, when several instances derive the key, then it is the same; another secret gives another', async () => {
    const apiSecret = randomBytes(32);
    const before = Buffer.from(apiSecret);
    const [one, same] = [deriveReceiptKey(apiSecret), deriveReceiptKey(apiSecret)];
    expect(one.equals(same)).toBe(true);
    expect(one.equals(deriveReceiptKey(randomBytes(32)))).toBe(false);
    expect(apiSecret.equals(before)).toBe(true);
    const receipt = await (await ReceiptSigner.over([one])).sign(CLAIMS);
    const { keySet } = await ReceiptSigner.over([same]);
    expect(await verifyReceipt(receipt, keySet)).toMatchObject({ valid: true });
  });

  it('given a file with a key and a retired one, when it is read, then the first one signs', () => {
    const [signing, old] = [newKey(), newKey()];
    const retired = createPublicKey(old).export({ type: 'spki', format: 'pem' }).toString();
    const read = readReceiptKeys(file(pem(signing), retired, pem(old)));
    expect(read[0].equals(signing)).toBe(true);
    expect(read.map(({ type }) => type)).toEqual(['private', 'public', 'private']);
  });

  it('given a file of anything else, when it is read, then it is refused without a word of its content', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const open = createPublicKey(newKey()).export({ type: 'spki', format: 'pem' }).toString();
    const damaged = pem().replace(/\n(.)/, '\n!');
    for (const path of [
      file(''),
      '/nowhere',
      file(pem(rsa)),
      file(open),
      file('-----zebra7391'),
      file(damaged),
    ]) {
      const read = () => readReceiptKeys(path);
      expect(read).toThrow(SettingsError);
      expect(read).toThrow(/^RECEIPT_KEY_FILE must (?!.*(zebra|nowhere))/);
    }
  });
});
