import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { ZipWriter } from '#zip/zip-writer.js';
import { unzip } from '../../harness/unzip.js';

/** Reads an archive front to back, as in APPNOTE 6.3.10. Accepts only stored files. */
function readStored(zip: Buffer): [name: string, data: Buffer][] {
  const files: [string, Buffer][] = [];
  const heads: { facts: Buffer; offset: number; name: Buffer }[] = [];
  let at = 0;
  while (zip.readUInt32LE(at) === 0x04034b50) {
    const [bytes, unpacked, nameBytes] = [
      zip.readUInt32LE(at + 18),
      zip.readUInt32LE(at + 22),
      zip.readUInt16LE(at + 26),
    ];
    const name = zip.subarray(at + 30, at + 30 + nameBytes);
    const data = zip.subarray(at + 30 + nameBytes, at + 30 + nameBytes + bytes);
    expect([zip.readUInt16LE(at + 6), zip.readUInt16LE(at + 8), zip.readUInt16LE(at + 28)]).toEqual([
      0x0800, 0, 0,
    ]);
    expect([unpacked, zip.readUInt32LE(at + 14)]).toEqual([data.length, crc32(data)]);
    heads.push({ facts: zip.subarray(at + 4, at + 30), offset: at, name });
    files.push([name.toString('utf8'), data]);
    at += 30 + nameBytes + bytes;
  }
  const directoryAt = at;
  for (const { facts, offset, name } of heads) {
    expect(zip.readUInt32LE(at)).toBe(0x02014b50);
    expect(zip.subarray(at + 6, at + 32).equals(facts)).toBe(true);
    expect(zip.subarray(at + 32, at + 42).every((byte) => byte === 0)).toBe(true);
    expect(zip.readUInt32LE(at + 42)).toBe(offset);
    expect(zip.subarray(at + 46, at + 46 + name.length).equals(name)).toBe(true);
    at += 46 + name.length;
  }
  const end = zip.subarray(at);
  expect([end.length, end.readUInt32LE(0), end.readUInt32LE(4), end.readUInt16LE(20)]).toEqual([
    22, 0x06054b50, 0, 0,
  ]);
  expect([end.readUInt16LE(8), end.readUInt16LE(10)]).toEqual([heads.length, heads.length]);
  expect([end.readUInt32LE(12), end.readUInt32LE(16)]).toEqual([at - directoryAt, directoryAt]);
  return files;
}

describe('ZipWriter', () => {
  test('given any files, when written, then a strict reader finds the same files', () => {
    const file = fc.tuple(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }), fc.uint8Array());
    fc.assert(
      fc.property(fc.array(file, { maxLength: 6 }), (files) => {
        const zip = new ZipWriter();
        const pieces = files.flatMap(([name, data]) => [zip.head(name, data), Buffer.from(data)]);
        const found = readStored(Buffer.concat([...pieces, zip.end()]));
        expect(found).toEqual(files.map(([name, data]) => [name, Buffer.from(data)]));
      }),
    );
  });

  test.each([
    ['2026-11-30T09:41:27', '2026-11-30 09:41:26'],
    ['1970-01-01T12:00:00', '1980-01-01 12:00:00'],
    ['2200-02-03T04:05:06', '2107-02-03 04:05:06'],
  ])('given an archive that is made at %s, when it is read, then its files are dated %s', (made, wanted) => {
    jest.useFakeTimers({ now: new Date(made) });
    const zip = new ZipWriter();
    jest.useRealTimers();
    const local = zip.head('a', Buffer.alloc(0));
    const end = zip.end();
    for (const [record, at] of [
      [local, 10],
      [end, 12],
    ] as const) {
      const [time, date] = [record.readUInt16LE(at), record.readUInt16LE(at + 2)];
      const parts = [(date >> 5) & 15, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2];
      const [month, day, hour, minute, second] = parts.map((part) => String(part).padStart(2, '0'));
      expect(`${1980 + (date >> 9)}-${month}-${day} ${hour}:${minute}:${second}`).toBe(wanted);
    }
  });

  test('given files in any chunks, when written, then a reader of the directory finds the same files', () => {
    const piece = fc.nat(200_000).map((bytes) => Buffer.alloc(bytes, String(bytes)));
    const pieces = fc.array(piece, { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 4 }), (files) => {
        const zip = new ZipWriter();
        const written = files.flatMap((data, i) => [
          ...[zip.begin(`file ${i}`), ...data.map((piece) => zip.piece(piece)), zip.finish()],
        ]);
        const report = Buffer.from('whole');
        written.push(zip.head('report', report), report, zip.end());
        const found = unzip(Buffer.concat(written));
        const wanted = [...files.map((data) => Buffer.concat(data)), report];
        expect([...found.keys()]).toEqual([...files.map((_, i) => `file ${i}`), 'report']);
        expect([...found.values()].every((data, i) => data.equals(wanted[i]!))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('given more than 65,535 files, when the archive ends, then the 64-bit records have the count and the offset', () => {
    const zip = new ZipWriter();
    const nothing = Buffer.alloc(0);
    let bytes = 0;
    for (let i = 0; i < 0x10001; i += 1) bytes += zip.head('a', nothing).length;
    const end = zip.end();
    const [plain, locator, wide] = [end.subarray(-22), end.subarray(-42, -22), end.subarray(-98, -42)];
    expect([plain.readUInt16LE(8), plain.readUInt16LE(10)]).toEqual([0xffff, 0xffff]);
    expect([locator.readUInt32LE(0), wide.readUInt32LE(0)]).toEqual([0x07064b50, 0x06064b50]);
    expect(Number(locator.readBigUInt64LE(8))).toBe(bytes + end.length - 98);
    expect(Number(wide.readBigUInt64LE(32))).toBe(0x10001);
    expect(Number(wide.readBigUInt64LE(48))).toBe(bytes);
  });

  test('given an archive over 4 GiB, when a file follows, then its entry has a 64-bit offset', () => {
    const zip = new ZipWriter();
    const piece = Buffer.alloc(64 * 1_048_576);
    let bytes = 0;
    for (let file = 0; file < 2; file += 1) {
      bytes += zip.begin('large').length;
      for (let i = 0; i < 33; i += 1) bytes += zip.piece(piece).length;
      bytes += zip.finish().length;
    }
    zip.head('far', Buffer.alloc(0));
    const end = zip.end();
    const entry = end.subarray(end.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])));
    expect(entry.readUInt32LE(42)).toBe(0xffffffff);
    expect([entry.readUInt16LE(30), entry.readUInt16LE(49), entry.readUInt16LE(51)]).toEqual([12, 1, 8]);
    expect(Number(entry.readBigUInt64LE(53))).toBe(bytes);
  });

  test('given no open file, when a chunk is added, then a RangeError is thrown', () => {
    expect(() => new ZipWriter().piece(Buffer.alloc(1))).toThrow(RangeError);
  });

  test('given file names, when the writer is closed, then its own copies are wiped', () => {
    const copies: Buffer[] = [];
    const from = jest.spyOn(Buffer, 'from');
    const zip = new ZipWriter();
    // The caller wipes what the writer returns.
    zip.begin('a-name-to-be-wiped.png').fill(0);
    zip.piece(Buffer.from([1, 2, 3]));
    zip.finish();
    for (const { value } of from.mock.results) if (Buffer.isBuffer(value)) copies.push(value);
    from.mockRestore();
    expect(copies.some((copy) => copy.includes('a-name-to-be-wiped'))).toBe(true);
    zip.close();
    expect(copies.some((copy) => copy.includes('a-name-to-be-wiped'))).toBe(false);
  });
});
