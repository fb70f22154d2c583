import { EOI, exifSegment, jpegSegment, SOI } from './jpeg-maker.js';

/** A change to a JPEG that leaves its pixels as they are. */
export type Blemish = (intact: Buffer) => Buffer;

interface Part {
  marker: number;
  from: number;
  to: number;
}

/** Segments of an intact JPEG before its coded pixels; `pixels` is their offset. */
function partsOf(file: Buffer): { parts: Part[]; pixels: number } {
  const parts: Part[] = [];
  for (let at = 2; ;) {
    const [marker, to] = [file[at + 1]!, at + 2 + file.readUInt16BE(at + 2)];
    parts.push({ marker, from: at, to });
    at = to;
    if (marker === 0xda) return { parts, pixels: at };
  }
}

const partOf = (file: Buffer, marker: number): Part =>
  partsOf(file).parts.find((part) => part.marker === marker)!;

const before =
  (marker: number, ...bytes: Uint8Array[]): Blemish =>
  (file) => {
    const { from } = partOf(file, marker);
    return Buffer.concat([file.subarray(0, from), ...bytes, file.subarray(from)]);
  };

const without =
  (...markers: number[]): Blemish =>
  (file) => {
    const { parts, pixels } = partsOf(file);
    const kept = parts.filter(({ marker }) => !markers.includes(marker));
    return Buffer.concat([
      SOI,
      ...kept.map(({ from, to }) => file.subarray(from, to)),
      file.subarray(pixels),
    ]);
  };

/** Puts bytes between the coded pixels and the end marker. */
const beforeEnd =
  (...bytes: Uint8Array[]): Blemish =>
  (file) =>
    Buffer.concat([file.subarray(0, -2), ...bytes, EOI]);

/** Puts bytes in the place of the end marker. */
const insteadOfEnd =
  (...bytes: Uint8Array[]): Blemish =>
  (file) =>
    Buffer.concat([file.subarray(0, -2), ...bytes]);

const trailing =
  (...bytes: Uint8Array[]): Blemish =>
  (file) =>
    Buffer.concat([file, ...bytes]);

const changed = (file: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
};

/** Sets the last three bytes of every scan header: first and last coefficient, bits. */
export const scanRange =
  (...range: readonly [first: number, last: number, bits: number]): Blemish =>
  (file) =>
    changed(file, (copy) => {
      for (let at = copy.indexOf(SOS); at !== -1; at = copy.indexOf(SOS, at + 1))
        copy.set(range, at + 2 + copy.readUInt16BE(at + 2) - 3);
    });

/** Sets bytes of a segment, counted from its marker. */
const setIn =
  (marker: number, at: number, ...bytes: number[]): Blemish =>
  (file) =>
    changed(file, (copy) => copy.set(bytes, partOf(copy, marker).from + at));

const both =
  (first: Blemish, second: Blemish): Blemish =>
  (file) =>
    second(first(file));

const SOS = Buffer.from([0xff, 0xda]);
const text = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');
const adobe = (transform: number): Buffer =>
  jpegSegment(0xee, Buffer.from([...text('Adobe'), 0, 100, 0, 0, 0, 0, transform]));
const jfif = (major: number, minor: number, side = 0): Buffer =>
  jpegSegment(
    0xe0,
    Buffer.concat([
      text('JFIF\0'),
      Buffer.from([major, minor, 1, 0, 72, 0, 72, side, side]),
      Buffer.alloc(3 * side * side, 99),
    ]),
  );
const replacedJfif = (...segments: Buffer[]): Blemish => both(without(0xe0), before(0xdb, ...segments));
/** What lies in a buffer that a camera uses again: bytes of all values, and some that look like markers. */
const STALE = Buffer.concat([
  Buffer.from(Array.from({ length: 700 }, (_, i) => (i * 73 + (i >> 3)) % 251)),
  Buffer.from([0xff, 0xc4, 0, 99, 0xff, 0xda, 0, 3, 0xff, 0xe1, 0xff, 0xff, 1, 2, 3, 0xff]),
]);

/** Kinds that people send and browsers show, of any JPEG. */
export const ANY_BLEMISHES: readonly (readonly [name: string, blemish: Blemish])[] = [
  ['JFIF revision 2.01', replacedJfif(jfif(2, 1))],
  ['JFIF revision 0.00', replacedJfif(jfif(0, 0))],
  ['JFIF without its last bytes', replacedJfif(jpegSegment(0xe0, text('JFIF\0\x01\x01\0')))],
  ['a JFIF thumbnail', replacedJfif(jfif(1, 2, 5))],
  ['two starts', (file) => Buffer.concat([SOI, file])],
  ['bytes between segments', before(0xdb, Buffer.alloc(16, 0x20))],
  ['bytes before the scan', before(0xda, Buffer.from([1, 2, 3, 4]))],
  ['zeros before the quantizers', before(0xdb, Buffer.alloc(7))],
  ['fill bytes', before(0xdb, Buffer.alloc(300, 0xff))],
  ['fill bytes before the end', beforeEnd(Buffer.alloc(9, 0xff))],
  ['a comment before the end', beforeEnd(jpegSegment(0xfe, text('by hand')))],
  ['no end marker', insteadOfEnd()],
  ['half an end marker', insteadOfEnd(Buffer.from([0xff]))],
  ['rubbish after its end', trailing(Buffer.alloc(512, 0xab))],
  ['zeros after its end', trailing(Buffer.alloc(70_000))],
  ['another picture after its end', (file) => Buffer.concat([file, file])],
  ['a film after its end', trailing(text('\0\0\0\x18ftypmp42'), Buffer.alloc(3000, 0xff))],
  ['broken EXIF', before(0xdb, exifSegment(text('II\x09\x09\x09\x09\x09\x09')))],
  ['a part of a profile', before(0xdb, jpegSegment(0xe2, text('ICC_PROFILE\0\x01\x02..')))],
  ['a profile of rubbish', before(0xdb, jpegSegment(0xe2, text(`ICC_PROFILE\0\x01\x01${'?'.repeat(400)}`)))],
];

/** Kinds of YCbCr images alone. */
export const COLOR_BLEMISHES: typeof ANY_BLEMISHES = [
  ['no JFIF segment', without(0xe0)],
  ['an Adobe transform of 2', replacedJfif(adobe(2))],
  ['an Adobe transform of 255', replacedJfif(adobe(255))],
];

/** Kinds of sequential images alone. */
export const SEQUENTIAL_BLEMISHES: typeof ANY_BLEMISHES = [
  ['a scan header of Se = 0', scanRange(0, 0, 0)],
  ['a scan header of Ss = 1', scanRange(1, 63, 0)],
  ['a scan header of Ah and Al', scanRange(0, 63, 0x11)],
  ['a scan header of 255', scanRange(255, 255, 255)],
  ['zeros before the end', beforeEnd(Buffer.alloc(5))],
  ['a kilobyte before the end', beforeEnd(Buffer.alloc(1024, 0x55))],
  ['stale bytes before the end', beforeEnd(STALE)],
  ['stale bytes and no end marker', insteadOfEnd(STALE)],
  ['zeros and no end marker', insteadOfEnd(Buffer.alloc(4096))],
  ['one zero and no end marker', insteadOfEnd(Buffer.alloc(1))],
];

/** Kinds of baseline images with one scan of three components and the tables of the standard. */
export const BASELINE_BLEMISHES: typeof ANY_BLEMISHES = [
  ['no Huffman tables', without(0xc4)],
  ['no Huffman tables, and stale bytes before its end', both(without(0xc4), beforeEnd(STALE))],
  ['an extended frame', setIn(0xc0, 1, 0xc1)],
  [
    'its height once more',
    (file) =>
      beforeEnd(jpegSegment(0xdc, file.subarray(partOf(file, 0xc0).from + 5, partOf(file, 0xc0).from + 7)))(
        file,
      ),
  ],
  [
    'components 0, 1 and 2',
    (file) =>
      changed(file, (copy) => {
        for (const id of [0, 1, 2]) {
          copy[partOf(copy, 0xc0).from + 10 + 3 * id] = id;
          copy[partOf(copy, 0xda).from + 5 + 2 * id] = id;
        }
      }),
  ],
];

/** Places of the restart markers of a JPEG with one scan. */
function restartsOf(file: Buffer): number[] {
  const found: number[] = [];
  for (let at = file.indexOf(0xff, partsOf(file).pixels); at !== -1; at = file.indexOf(0xff, at + 1))
    if (file[at + 1]! >= 0xd0 && file[at + 1]! <= 0xd7) found.push(at);
  return found;
}

/** Puts bytes before the restart markers that are chosen by their number. */
const beforeRestarts =
  (bytes: Uint8Array, isChosen: (number: number) => boolean): Blemish =>
  (file) => {
    const pieces: Uint8Array[] = [];
    let from = 0;
    restartsOf(file).forEach((at, i) => {
      if (!isChosen(i)) return;
      pieces.push(file.subarray(from, at), bytes);
      from = at;
    });
    return Buffer.concat([...pieces, file.subarray(from)]);
  };

/** Kinds of sequential images with restart markers, at least six of them. */
export const RESTART_BLEMISHES: typeof ANY_BLEMISHES = [
  [
    'a restart marker of another number',
    (file) => changed(file, (copy) => copy.writeUInt8(0xd0, restartsOf(file)[5]! + 1)),
  ],
  [
    'restart markers all numbered 0',
    (file) => changed(file, (copy) => restartsOf(file).forEach((at) => copy.writeUInt8(0xd0, at + 1))),
  ],
  [
    'restart markers numbered from 1',
    (file) =>
      changed(file, (copy) =>
        restartsOf(file).forEach((at, i) => copy.writeUInt8(0xd0 + ((i + 1) & 7), at + 1)),
      ),
  ],
  ['a zero before each restart marker', beforeRestarts(Buffer.alloc(1), () => true)],
  ['bytes before a restart marker', beforeRestarts(Buffer.from([1, 2, 3, 4, 5, 6]), (i) => i === 3)],
  ['fill bytes before each restart marker', beforeRestarts(Buffer.alloc(2, 0xff), () => true)],
];

/** Takes a restart marker out; takes the pixels between two out. */
export const LOST_RESTARTS: typeof ANY_BLEMISHES = [
  [
    'a lost restart marker',
    (file) => Buffer.concat([file.subarray(0, restartsOf(file)[3]), file.subarray(restartsOf(file)[3]! + 2)]),
  ],
  [
    'a lost interval',
    (file) => Buffer.concat([file.subarray(0, restartsOf(file)[3]), file.subarray(restartsOf(file)[4])]),
  ],
];
