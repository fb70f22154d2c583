import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { ZipWriter } from '#imaging/zip.writer.js';

/** Reads an archive as APPNOTE 6.3.10 has it, front to back, and accepts nothing but what stored files need. */
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

describe('zip.writer', () => {
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

  test('given the same files at different times, when written, then the bytes are the same: no time is told', () => {
    const write = (): Buffer => {
      const zip = new ZipWriter();
      return Buffer.concat([zip.head('a', Buffer.from('x')), Buffer.from('x'), zip.end()]);
    };
    jest.useFakeTimers({ now: 0 });
    const early = write();
    jest.setSystemTime(new Date('2040-05-06'));
    expect(write().equals(early)).toBe(true);
    jest.useRealTimers();
  });

  test('given more files than the plain format counts, when one more is added, then it is refused', () => {
    const zip = new ZipWriter();
    const nothing = Buffer.alloc(0);
    for (let i = 0; i < 0xfffe; i += 1) zip.head('a', nothing);
    expect(() => zip.head('a', nothing)).toThrow(RangeError);
  });
});
