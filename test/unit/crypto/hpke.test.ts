import { createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { AEAD_EXPORT_ONLY, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_P256_HKDF_SHA256 } from 'hpke';
import { ENC_BYTES, rawPoint, setUpReceiver, setUpSender } from '#crypto/hpke.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const info = Buffer.from('a job');

/** RFC 9180, appendix A.3.1: base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. */
const VECTOR = {
  aead: 1,
  info: '4f6465206f6e2061204772656369616e2055726e',
  privateKey: 'f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2',
  publicKey:
    '04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0',
  enc: '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4',
  exports: [
    ['', '5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d'],
    ['00', '6cff87658931bda83dc857e6353efe4987a201b849658d9b047aab4cf216e796'],
    ['54657374436f6e74657874', 'd8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a'],
  ],
} as const;

it('given the vectors of RFC 9180 for P-256, when the receiver exports, then the secrets are those of the RFC', () => {
  const point = hex(VECTOR.publicKey);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const d = hex(VECTOR.privateKey).toString('base64url');
  const key = { kty: 'EC', crv: 'P-256', ...{ x: x!, y: y! }, d };
  const privateKey = createPrivateKey({ format: 'jwk', key });
  const receiver = setUpReceiver({ privateKey, enc: hex(VECTOR.enc) }, hex(VECTOR.info), VECTOR);
  const exported = VECTOR.exports.map(([label]) => receiver.export(hex(label), 32).toString('hex'));
  expect(exported).toEqual(VECTOR.exports.map(([, value]) => value));
});

describe('beside an independent implementation, which exports only', () => {
  const suite = new CipherSuite(KEM_DHKEM_P256_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' };

  it('given its sender, when this receiver exports, then both have the same secret, of any length', async () => {
    const theirs = await webcrypto.subtle.importKey('raw', rawPoint(publicKey), algorithm, true, []);
    for (const bytes of [1, 32, 33, 200]) {
      const sent = await suite.SendExport(theirs, Buffer.from('label'), bytes, { info });
      const enc = Buffer.from(sent.encapsulatedSecret);
      const received = setUpReceiver({ privateKey, enc }, info).export('label', bytes);
      expect(received).toEqual(Buffer.from(sent.exportedSecret));
    }
  });

  it('given this sender, when its receiver exports, then both have the same secret', async () => {
    const sender = setUpSender(publicKey, info);
    expect(sender.enc).toHaveLength(ENC_BYTES);
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    const theirs = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['deriveBits']);
    const received = await suite.ReceiveExport(theirs, sender.enc, Buffer.from('label'), 32, { info });
    expect(sender.export('label', 32)).toEqual(Buffer.from(received));
  });
});

it('given two senders to one key, another label or other info, when they export, then all secrets differ', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sender = setUpSender(publicKey, info);
  const receiver = setUpReceiver({ privateKey, enc: sender.enc }, info);
  expect(receiver.export('a', 32)).toEqual(sender.export('a', 32));
  const others = [
    sender.export('b', 32),
    setUpSender(publicKey, info).export('a', 32),
    setUpReceiver({ privateKey, enc: sender.enc }, Buffer.from('another')).export('a', 32),
  ];
  for (const other of others) expect(other.equals(sender.export('a', 32))).toBe(false);
});

it('given no point of the curve, when it is received, then it is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  for (const enc of [Buffer.alloc(ENC_BYTES), Buffer.alloc(ENC_BYTES, 4), Buffer.alloc(0)])
    expect(() => setUpReceiver({ privateKey, enc }, info)).toThrow();
});

it('given a wiped context, when it exports, then the secret is another one', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sender = setUpSender(publicKey, info);
  const before = sender.export('a', 32);
  sender.wipe();
  expect(sender.export('a', 32).equals(before)).toBe(false);
});
