import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { drawApiKey } from '#auth/api-key.js';
import { deriveSecrets, jobIdOf } from '#crypto/job-token.js';
import { deriveIdempotentToken, drawSalt, type IdempotencySecrets } from '#crypto/idempotent-token.js';
import { TenantIds } from '#auth/tenant-id.js';
import { sameFingerprint, UploadFingerprint } from '#crypto/upload-fingerprint.js';

const secrets = (): IdempotencySecrets => ({
  apiSecret: randomBytes(32),
  apiKey: drawApiKey(),
  salt: drawSalt(),
  idempotencyKey: 'order 7391',
});

describe('tokens of submissions that may be repeated', () => {
  it('given the same secrets, when a token is derived again, then it is the same and opens the same job', () => {
    const given = secrets();
    const token = deriveIdempotentToken(given);
    expect(token).toHaveLength(32);
    expect(deriveIdempotentToken({ ...given })).toEqual(token);
    expect(jobIdOf(token)).toBe(deriveSecrets(token).id);
  });

  it('given any one secret is another, when a token is derived, then it is another', () => {
    const given = secrets();
    const other = { ...secrets(), idempotencyKey: 'order 7392' };
    for (const name of ['apiSecret', 'apiKey', 'salt', 'idempotencyKey'] as const) {
      expect(deriveIdempotentToken({ ...given, [name]: other[name] })).not.toEqual(
        deriveIdempotentToken(given),
      );
    }
  });
});

describe('fingerprints of uploads', () => {
  const token = randomBytes(32);
  const printOf = (pieces: readonly Uint8Array[], options: object = {}, of = token): string => {
    const fingerprint = new UploadFingerprint(of);
    for (const piece of pieces) fingerprint.take('input', piece);
    return fingerprint.digest(options);
  };

  it('given the same bytes cut in other places, when they are compared, then they are the same', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
        const cut = at % (bytes.length + 1);
        const print = printOf([bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect(sameFingerprint(print, printOf([bytes, new Uint8Array()]))).toBe(true);
      }),
    );
  });

  it('given other bytes, options, roles or another token, when they are compared, then they differ', () => {
    const bytes = Buffer.from('image');
    const print = printOf([bytes], { format: 'png' });
    expect(printOf([Buffer.from('imagf')], { format: 'png' })).not.toBe(print);
    expect(printOf([bytes], { format: 'webp' })).not.toBe(print);
    expect(printOf([bytes], { format: 'png' }, randomBytes(32))).not.toBe(print);
    const two = new UploadFingerprint(token);
    two.take('input', bytes.subarray(0, 2));
    two.take('background', bytes.subarray(2));
    expect(sameFingerprint(two.digest({ format: 'png' }), print)).toBe(false);
    expect(sameFingerprint('', print)).toBe(false);
    const skipping = new UploadFingerprint(token);
    skipping.take('input', Buffer.from('another file'));
    skipping.skip('input');
    skipping.take('input', bytes);
    expect(skipping.digest({ format: 'png' })).toBe(print);
  });
});

describe('names of tenants', () => {
  it('given an API secret, when names are made, then they are stable, apart, and of 22 characters', () => {
    const apiSecret = randomBytes(32);
    const names = new TenantIds(apiSecret);
    expect(names.of('network', '203.0.113.9')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(new TenantIds(apiSecret).of('key', 'a')).toBe(names.of('key', 'a'));
    const all = [names.of('key', 'a'), names.of('network', 'a'), names.of('keya'), names.of('ke', 'ya')];
    expect(new Set([...all, new TenantIds(randomBytes(32)).of('key', 'a')]).size).toBe(5);
  });
});
