import { createDecipheriv, type DecipherGCM } from 'node:crypto';
import fc from 'fast-check';
import { customIdSchema } from '#contracts/batch-view.js';
import { BatchSecrets, batchIdOf, opensBatch } from '#crypto/batch-token.js';
import { drawToken, jobIdOf } from '#crypto/job-token.js';
import { TamperedError } from '#crypto/sealed-box.js';

const decipherPrototype = Object.getPrototypeOf(
  createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12)),
) as DecipherGCM;

describe('batch.token', () => {
  test('given a token, when it is shown for a batch, then it opens that one and no other', () => {
    const token = drawToken();
    expect(opensBatch(token, batchIdOf(token))).toBe(true);
    expect(opensBatch(drawToken(), batchIdOf(token))).toBe(false);
    expect(batchIdOf(token)).not.toBe(jobIdOf(token));
  });

  test('given any custom id, when it is sealed, then its batch alone reads it, and opens its job', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }), (text) => {
        const token = drawToken();
        const secrets = new BatchSecrets(Buffer.from(token));
        const job = secrets.drawJob();
        const sealed = secrets.seal(text, job.salt);
        expect(secrets.open(sealed.sealedEntry)).toEqual({ customId: text, token: job.token });
        expect(secrets.customIdOf(sealed.sealedEntry)).toBe(text);
        expect(new BatchSecrets(token).nameOf(text)).toBe(sealed.name);
        const stranger = new BatchSecrets(drawToken());
        expect(stranger.nameOf(text)).not.toBe(sealed.name);
        expect(() => stranger.open(sealed.sealedEntry)).toThrow(TamperedError);
        expect(Buffer.from(sealed.sealedEntry, 'base64url').includes(Buffer.from(`${text}.`))).toBe(false);
      }),
    );
  });

  test('given an entry, when it has been read, then the bytes in which it was opened are wiped', () => {
    const secrets = new BatchSecrets(drawToken());
    const { sealedEntry } = secrets.seal('shoes/47 11.jpg', secrets.drawJob().salt);
    const opened = jest.spyOn(decipherPrototype, 'update');
    try {
      expect(secrets.open(sealedEntry).customId).toBe('shoes/47 11.jpg');
      expect(secrets.customIdOf(sealedEntry)).toBe('shoes/47 11.jpg');
      const copies = opened.mock.results.map(({ value }) => value as Buffer);
      expect(copies).toHaveLength(2);
      expect(copies.filter((copy) => copy.some((byte) => byte !== 0))).toEqual([]);
    } finally {
      opened.mockRestore();
    }
  });

  test('given secrets that are wiped, when they are used, then they are those of nobody', () => {
    const token = drawToken();
    const secrets = new BatchSecrets(token);
    const { sealedEntry } = secrets.seal('a', secrets.drawJob().salt);
    secrets.wipe();
    expect(token.every((byte) => byte === 0)).toBe(true);
    expect(() => secrets.open(sealedEntry)).toThrow(TamperedError);
  });

  test('given names that could break a line or a log, when they are parsed, then they are refused', () => {
    for (const bad of ['', 'a\nb', 'a\u0000', '\u0085', '\ud800', 'x'.repeat(201)]) {
      expect([bad, customIdSchema.safeParse(bad).success]).toEqual([bad, false]);
    }
    for (const good of ['a', 'shoes/47 11.jpg', 'মীনা', '👩🏽‍🚀.png']) {
      expect(customIdSchema.safeParse(good).success).toBe(true);
    }
  });
});
