import fc from 'fast-check';

/** A change to a file. Places are fractions of its length, so that a change fits every file. */
type Change =
  | { kind: 'set'; at: number; bytes: Uint8Array }
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number }
  | { kind: 'remove' | 'repeat'; at: number; length: number }
  | { kind: 'move'; at: number; to: number; length: number };

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

/** Values at which readers of lengths and sizes err. */
const edges = fc.constantFrom(
  ...[
    '00',
    'ff',
    '0000',
    '0001',
    'ffff',
    '7fff',
    '00000000',
    '7fffffff',
    '80000000',
    'ffffffff',
    'ffd8',
    'ffd9',
    'ffda',
    'ffc0',
    'ffc2',
    'ffe1',
    'ff00',
  ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
  ...[
    'IDAT',
    'IEND',
    'PLTE',
    'eXIf',
    'iCCP',
    'ANMF',
    'VP8X',
    'VP8L',
    'ALPH',
    'EXIF',
    'av01',
    'grid',
    'iden',
    'iloc',
    'mdat',
    'free',
  ].map((type) => Uint8Array.from(Buffer.from(type))),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    at: place,
    bytes: fc.oneof(edges, fc.uint8Array({ minLength: 1, maxLength: 8 })),
  }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({
    kind: fc.constantFrom('remove' as const, 'repeat' as const),
    at: place,
    length: fc.integer({ min: 1, max: 64 }),
  }),
  fc.record({
    kind: fc.constant('move' as const),
    at: place,
    to: place,
    length: fc.integer({ min: 1, max: 64 }),
  }),
);

/** One of the seeds with some changes, most of them in its first bytes, where its structure is. */
export const mutated = (seeds: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }), fc.boolean())
    .map(([seed, changes, early]) =>
      changes.reduce<Buffer>((file, each) => apply(file, each, early), Buffer.from(seed)),
    );

function apply(file: Buffer, change: Change, early: boolean): Buffer {
  const span = early ? Math.min(file.length, 128) : file.length;
  const at = Math.floor(change.at * span);
  switch (change.kind) {
    case 'set':
      return Buffer.concat([file.subarray(0, at), change.bytes, file.subarray(at + change.bytes.length)]);
    case 'flip': {
      const flipped = Buffer.from(file);
      if (at < flipped.length) flipped[at]! ^= 1 << change.bit;
      return flipped;
    }
    case 'cut':
      return file.subarray(0, at);
    case 'remove':
      return Buffer.concat([file.subarray(0, at), file.subarray(at + change.length)]);
    case 'repeat':
      return Buffer.concat([file.subarray(0, at + change.length), file.subarray(at)]);
    case 'move': {
      const piece = file.subarray(at, at + change.length);
      const rest = Buffer.concat([file.subarray(0, at), file.subarray(at + change.length)]);
      const to = Math.floor(change.to * rest.length);
      return Buffer.concat([rest.subarray(0, to), piece, rest.subarray(to)]);
    }
  }
}
