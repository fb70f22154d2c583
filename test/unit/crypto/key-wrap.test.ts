import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { UnknownWorkerKeyError, unwrapKeys, wrapKeys } from '#crypto/key-wrap.js';
import { TamperedError } from '#crypto/sealed-box.js';
import { drawWorkerKey, WorkerKeyring, workerPublicKey } from '#crypto/worker-keys.js';

const drawKey = () => createPrivateKey(drawWorkerKey().privatePem);
const key = drawKey();
const keyring = new WorkerKeyring([key]);
const secrets = deriveSecrets(drawToken());
const { id, outputKey } = secrets;

it('given wrapped keys, when the workers unwrap them for the same job, then both come back', () => {
  const { wrappedKeys, inputKey } = wrapKeys(keyring.current, secrets);
  expect(unwrapKeys(keyring, id, wrappedKeys)).toEqual({ inputKey, outputKey });
});

it('given one job, when its keys are wrapped twice, then the input keys and the texts differ', () => {
  const [first, second] = [wrapKeys(keyring.current, secrets), wrapKeys(keyring.current, secrets)];
  expect(first.inputKey.equals(second.inputKey)).toBe(false);
  expect(first.wrappedKeys).not.toBe(second.wrappedKeys);
});

it('given the public key alone, when it is tried on wrapped keys, then OpenSSL has nothing to agree with', () => {
  const { wrappedKeys } = wrapKeys(keyring.current, secrets);
  const held = workerPublicKey(createPublicKey(drawWorkerKey().publicPem));
  expect(held.key.type).toBe('public');
  expect(() => unwrapKeys(new WorkerKeyring([keyring.current.key]), id, wrappedKeys)).toThrow(TamperedError);
});

it('given keys wrapped before a rotation, when the new keyring has the old key, then they come back', () => {
  const { wrappedKeys, inputKey } = wrapKeys(keyring.current, secrets);
  const rotated = new WorkerKeyring([drawKey(), key]);
  expect(unwrapKeys(rotated, id, wrappedKeys).inputKey).toEqual(inputKey);
  expect(() => unwrapKeys(new WorkerKeyring([drawKey()]), id, wrappedKeys)).toThrow(UnknownWorkerKeyError);
});

it('given another job, when it is unwrapped, then it is refused', () => {
  const { wrappedKeys } = wrapKeys(keyring.current, secrets);
  expect(() => unwrapKeys(keyring, deriveSecrets(drawToken()).id, wrappedKeys)).toThrow(TamperedError);
});

it('given any flipped bit or cut, when the keys are unwrapped, then they are refused', () => {
  const bytes = Buffer.from(wrapKeys(keyring.current, secrets).wrappedKeys, 'base64url');
  // The first bits name the key.
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const forged = Buffer.from(bytes);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => unwrapKeys(keyring, id, forged.toString('base64url'))).toThrow(
        bit < 256 ? UnknownWorkerKeyError : TamperedError,
      );
    }),
  );
  for (const length of [0, 31, 96, 97, bytes.length - 1])
    expect(() => unwrapKeys(keyring, id, bytes.subarray(0, length).toString('base64url'))).toThrow(
      TamperedError,
    );
});
