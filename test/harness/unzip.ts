import { crc32, inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const HEAD = 0x04034b50;

/** Files of an archive by name, found as most programs do: by its directory (APPNOTE §4.3.12). Checksums are checked. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || archive.readUInt32LE(end) !== END) throw new Error('no archive, or a shortened one');
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error('no entry where one should be');
    const nameBytes = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    if (files.has(name)) throw new Error(`${name} is there twice`);
    files.set(name, fileAt(archive, at));
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

function fileAt(archive: Buffer, entry: number): Buffer {
  const head = archive.readUInt32LE(entry + 42);
  if (archive.readUInt32LE(head) !== HEAD) throw new Error('no file where one should be');
  const from = head + 30 + archive.readUInt16LE(head + 26) + archive.readUInt16LE(head + 28);
  const packed = archive.subarray(from, from + archive.readUInt32LE(entry + 20));
  const plain = archive.readUInt16LE(entry + 10) === 8 ? inflateRawSync(packed) : packed;
  if (plain.length !== archive.readUInt32LE(entry + 24)) throw new Error('a file has not its size');
  if (crc32(plain) !== archive.readUInt32LE(entry + 16)) throw new Error('a file has not its checksum');
  return plain;
}
