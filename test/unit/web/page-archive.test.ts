import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as nodeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { photosIn } from '../../../apps/web/src/photo/gathered-photos.js';
import { BlobArchive } from '../../../apps/web/src/zip/blob-archive.js';
import { crc32 } from '../../../apps/web/src/zip/crc32.js';
import { EntryNames } from '../../../apps/web/src/zip/entry-names.js';

/** What Python's zipfile, which checks sums, finds in an archive. */
const LIST = `import sys, zipfile, json
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({n: z.read(n).decode('latin1') for n in z.namelist()}))`;

describe('given an archive made in the page', () => {
  it('when another program opens it, then every file is there, whole, under its name', async () => {
    const archive = new BlobArchive();
    const files: Record<string, string> = {
      'photo-cutout.png': 'abc',
      'trip/শাপলা.png': '',
      'trip/deep/b.webp': 'x'.repeat(100_000),
    };
    for (const [name, text] of Object.entries(files)) await archive.add(name, new Blob([text]));
    expect(archive.size).toBe(3);
    const folder = mkdtempSync(join(tmpdir(), 'page-archive-'));
    const path = join(folder, 'a.zip');
    writeFileSync(path, Buffer.from(await archive.finish().arrayBuffer()));
    const found: unknown = JSON.parse(execFileSync('python3', ['-c', LIST, path], { encoding: 'utf8' }));
    expect(readFileSync(path).length).toBeLessThan(101_000);
    rmSync(folder, { recursive: true });
    expect(found).toEqual(files);
  });

  it('when a file would not fit without the 64-bit extension, then there is no room for it', () => {
    const archive = new BlobArchive();
    expect([archive.hasRoomFor(3_000_000_000), archive.hasRoomFor(4_300_000_000)]).toEqual([true, false]);
  });

  it('when a checksum is taken, then it is that of every other program, in one go or in pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        expect(crc32(bytes)).toBe(nodeCrc32(bytes));
        expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(nodeCrc32(bytes));
      }),
    );
  });
});

describe('given names for files of an archive', () => {
  it('when two are alike, then the second gets a number', () => {
    const names = new EntryNames();
    const taken = ['a.png', 'A.png', 'a.png', 'x/a.png', 'noext', 'noext'].map((name) => names.take(name));
    expect(taken).toEqual(['a.png', 'A (2).png', 'a (3).png', 'x/a.png', 'noext', 'noext (2)']);
  });

  it('when one would lead out of the folder, or cannot be a name, then it is tamed', () => {
    const names = new EntryNames();
    expect(
      ['../../etc/a.png', '/b.png', 'c:\\d\\e.png', '..', 'a\u0007?.png'].map((name) => names.take(name)),
    ).toEqual(['etc/a.png', 'b.png', 'c_/d/e.png', 'photo', 'a__.png']);
  });
});

describe('given a folder', () => {
  const found = (path: string) => ({ file: new File(['x'], path.split('/').at(-1)!), path });

  it('when it holds other things too, then photos are taken and the rest is counted', () => {
    const all = ['t/a.jpg', 't/b/c.PNG', 't/Thumbs.db', 't/.d.jpg', 't/e.heic', 't/notes.txt'].map(found);
    const gathered = photosIn(all);
    expect(gathered.photos.map(({ path }) => path)).toEqual(['t/a.jpg', 't/b/c.PNG', 't/e.heic']);
    expect([gathered.leftOut, gathered.wasFolder]).toEqual([3, true]);
  });

  it('when a file was chosen by itself, then it is taken, whatever it is called', () => {
    const file = new File(['x'], 'letter.pdf');
    expect(photosIn([{ file, path: '' }])).toEqual({
      photos: [{ file, path: '' }],
      leftOut: 0,
      wasFolder: false,
    });
  });
});
