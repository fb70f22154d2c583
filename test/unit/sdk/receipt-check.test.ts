import { generateKeyPairSync } from 'node:crypto';
import { CompactSign } from 'jose';
import { receiptClaimsSchema, type ReceiptClaims } from '#contracts/receipt-claims.js';
import { RECEIPT_TYPE } from '#contracts/receipt-kind.js';
import { CLAIM_CHECKS, checkReceipt, receiptKeysIn } from '#sdk/receipt-check.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';
import { verifyReceipt } from '#crypto/receipt-verifier.js';

const CLAIMS = receiptClaimsSchema.parse({
  iss: 'https://example.org',
  jti: 'q83vASNFZ4mrze8BI0VniQ',
  state: 'cancelled',
  input_bytes: 1234,
  output_bytes: 0,
  accepted_at: '2026-01-01T00:00:00.000Z',
  ended_at: '2026-01-01T00:00:01.000Z',
  purged_at: '2026-01-01T00:00:01.002Z',
  keys_removed: 1,
  iat: 1_767_225_602,
});
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const key = generateKeyPairSync('ed25519').privateKey;
let signer: ReceiptSigner;
beforeAll(async () => (signer = await ReceiptSigner.over([key])));

const signed = (header: object, payload: unknown): Promise<string> =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: RECEIPT_TYPE, ...header })
    .sign(key);

/** What the client's check and the service's own both say. */
async function bothSay(receipt: string, keys = signer.keySet): Promise<unknown> {
  const ours = await checkReceipt(receipt, keys);
  expect(ours.valid).toBe((await verifyReceipt(receipt, keys)).valid);
  return ours;
}

describe('given the receipt check of the client and that of jose', () => {
  it('when it is compared with the schema of receipts, then both have the same claims', () => {
    expect(Object.keys(CLAIM_CHECKS).sort()).toEqual(Object.keys(receiptClaimsSchema.shape).sort());
  });

  it('when a receipt is valid, then both accept it and return the same claims', async () => {
    const kid = signer.keySet.keys[0]!.kid;
    const verdict = { valid: true, claims: CLAIMS, kid };
    expect(await bothSay(await signer.sign(CLAIMS))).toEqual(verdict);
  });

  it('when it has the deadlines of the request, then both accept it, but no other numbers', async () => {
    const deadlines = { start_within: 30, keep_at_most: 3600 };
    const claims = { ...CLAIMS, ...deadlines };
    expect(await bothSay(await signer.sign(claims))).toMatchObject({ valid: true, claims });
    for (const wrong of [{ start_within: 0 }, { keep_at_most: 3601 }, { start_within: '30' }]) {
      const receipt = await signed({ kid: signer.keySet.keys[0]!.kid }, { ...claims, ...wrong });
      expect(await bothSay(receipt)).toEqual({ valid: false, fault: 'bad-claims' });
    }
  });

  it('when any character is changed, then both reject it', async () => {
    const receipt = await signer.sign(CLAIMS);
    for (let at = 0; at < receipt.length; at++) {
      const now = receipt[at]!;
      const other = now === '.' ? 'A' : BASE64URL[BASE64URL.indexOf(now) ^ 1]!;
      expect(await bothSay(receipt.slice(0, at) + other + receipt.slice(at + 1))).toMatchObject({
        valid: false,
      });
    }
    for (const text of ['', '..', receipt.slice(0, -1), `${receipt}A`, ` ${receipt}`, `${receipt}.x`]) {
      expect(await bothSay(text)).toEqual({ valid: false, fault: expect.any(String) as string });
    }
  });

  it('when another document was signed, then both reject it, and the client says why', async () => {
    const { kid } = signer.keySet.keys[0]!;
    const changed = (change: Partial<Record<keyof ReceiptClaims | 'sha256', unknown>>): unknown => ({
      ...CLAIMS,
      ...change,
    });
    const tries: [object, unknown, string][] = [
      [{ kid, typ: 'JWT' }, CLAIMS, 'wrong-type'],
      [{}, CLAIMS, 'unknown-key'],
      [{ kid }, [], 'bad-claims'],
      [{ kid }, changed({ sha256: 'x' }), 'bad-claims'],
      [{ kid }, changed({ purged_at: undefined }), 'bad-claims'],
      [{ kid }, changed({ purged_at: '2026-02-31T00:00:00.000Z' }), 'bad-claims'],
      [{ kid }, changed({ ended_at: '2026-01-01T00:00:00Z' }), 'bad-claims'],
      [{ kid }, changed({ state: 'ready' }), 'bad-claims'],
      [{ kid }, changed({ iat: -1 }), 'bad-claims'],
      [{ kid }, changed({ input_bytes: 1.5 }), 'bad-claims'],
      [{ kid }, changed({ jti: 'short' }), 'bad-claims'],
    ];
    for (const [header, payload, fault] of tries) {
      expect(await bothSay(await signed(header, payload))).toEqual({ valid: false, fault });
    }
  });

  it('when a text is not a key set, then an error is thrown', () => {
    for (const text of ['', '[]', '{"keys":[{"kty":"RSA"}]}', 'null']) {
      expect(() => receiptKeysIn(text)).toThrow('not a set of receipt keys');
    }
    expect(receiptKeysIn(JSON.stringify(signer.keySet))).toEqual(signer.keySet);
  });
});
