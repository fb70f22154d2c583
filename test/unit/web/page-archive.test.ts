import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as nodeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { BlobArchive } from '#zip/blob-archive.js';
import { crc32, crc32OfBlob } from '#zip/crc32.js';
import { EntryNames } from '#zip/entry-names.js';
import { selectPhotos } from '../../../apps/web/src/photo/file-selection.js';

/** Lists an archive with Python's zipfile, which verifies checksums. The files have the present date. */
const LIST = `import sys, zipfile, json, datetime
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    assert all(abs(datetime.datetime(*i.date_time) - datetime.datetime.now()) < datetime.timedelta(hours=1) for i in z.infolist())
    print(json.dumps({n: z.read(n).decode('latin1') for n in z.namelist()}))`;

describe('given an archive made in the page', () => {
  it('when Python opens it, then every file is complete and has its name and the present date', async () => {
    const archive = new BlobArchive(crc32OfBlob);
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

  it('when a file would need the 64-bit extension, then there is no room for it', () => {
    const archive = new BlobArchive(crc32OfBlob);
    expect([archive.hasRoomFor(3_000_000_000), archive.hasRoomFor(4_300_000_000)]).toEqual([true, false]);
  });

  it('when a checksum is computed, whole or in chunks, then it equals that of zlib', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        expect(crc32(bytes)).toBe(nodeCrc32(bytes));
        expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(nodeCrc32(bytes));
      }),
    );
  });
});

describe('given names for files of an archive', () => {
  it('when two are equal, then the second gets a number', () => {
    const names = new EntryNames();
    const taken = ['a', 'A', 'a', 'x/a', 'no.ext', 'no.ext'].map((name) => names.take(name, 'png'));
    expect(taken).toEqual(['a.png', 'A-2.png', 'a-3.png', 'x/a.png', 'no.ext.png', 'no.ext-2.png']);
  });

  it('when one would leave the folder or has forbidden characters, then it is sanitized', () => {
    const names = new EntryNames();
    expect(
      ['../../etc/a', '/b', 'c:\\d\\e', '..', 'a\u0007?'].map((name) => names.take(name, 'png')),
    ).toEqual(['etc/a.png', 'b.png', 'c_/d/e.png', 'image.png', 'a__.png']);
  });
});

describe('given a folder', () => {
  const found = (path: string) => ({ file: new File(['x'], path.split('/').at(-1)!), path });

  it('when it has other files too, then the photos are selected and the others counted', () => {
    const all = ['t/a.jpg', 't/b/c.PNG', 't/Thumbs.db', 't/.d.jpg', 't/e.heic', 't/notes.txt'].map(found);
    const selection = selectPhotos(all);
    expect(selection.photos.map(({ path }) => path)).toEqual(['t/a.jpg', 't/b/c.PNG', 't/e.heic']);
    expect([selection.skippedCount, selection.hasFolder]).toEqual([3, true]);
  });

  it('when a single file was chosen, then it is selected, whatever its name', () => {
    const file = new File(['x'], 'letter.pdf');
    expect(selectPhotos([{ file, path: '' }])).toEqual({
      photos: [{ file, path: '' }],
      skippedCount: 0,
      hasFolder: false,
    });
  });
});
