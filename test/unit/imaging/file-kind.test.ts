import { INPUT_FORMATS } from '#contracts/input-formats.js';
import { Problem } from '#contracts/problem-catalog.js';
import { describeBytes } from '#imaging/guard/file-kind.js';
import { guardFile } from '#imaging/guard/image-guard.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };

/** The refusal of a file. */
function refusalOf(
  file: Buffer,
  formats: readonly (typeof INPUT_FORMATS)[number][] = INPUT_FORMATS,
): Problem {
  try {
    guardFile(file, { ...LIMITS, formats });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('taken');
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('file kind', () => {
  const KINDS: [string, string, string][] = [
    ['a HEIC photo', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC'],
    ['a HEIC photo by its second brand', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'HEIC'],
    ['a video', '\0\0\0\x18ftypisom\0\0\x02\0isomiso2', 'video'],
    ['a QuickTime film', '\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'video'],
    ['a WebM', '\x1aE\xdf\xa3\x01\0\0\0', 'video'],
    ['an AVI', 'RIFF\x24\0\0\0AVI LIST', 'video'],
    ['a Canon raw file', '\0\0\0\x18ftypcrx \0\0\0\x01crx isom', 'camera raw'],
    ['a Fujifilm raw file', 'FUJIFILMCCD-RAW 0201', 'camera raw'],
    ['JPEG XL', '\xff\x0a\xfa\x1f', 'JPEG XL'],
    ['JPEG XL in its container', '\0\0\0\x0cJXL \r\n\x87\n', 'JPEG XL'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG'],
    ['SVG after a byte order mark and a line end', '\xef\xbb\xbf\n<SVG width="9">', 'SVG'],
    ['SVG after an XML declaration', '<?xml version="1.0"?><svg/>', 'SVG'],
    ['a PDF', '%PDF-1.7\n', 'PDF'],
    ['a Photoshop document', '8BPS\0\x01', 'Photoshop'],
    ['a page', '<!DOCTYPE html><title>x</title>', 'web page'],
    ['an archive', 'PK\x03\x04\x14\0', 'archive'],
    ['an icon', '\0\0\x01\0\x01\0\x10\x10', 'icon'],
    ['JSON', '{"image": "x"}', 'JSON'],
    ['Base64', '/9j/4AAQSkZJRgABAQ', 'Base64'],
    ['a data URL', 'data:image/png;base64,iVBORw0KGgo', 'data URL'],
    ['an address', 'https://example.com/a.jpg', 'address'],
    ['the name of a file', 'photo.jpg', '--data-binary @'],
    ['the name of a file with a sign', '@My Photo.JPEG\r\n', '--data-binary @'],
    ['a form without its type', '--x\r\nContent-Disposition: form-data', 'Content-Type'],
    ['text', 'hello', '--data-binary @'],
    ['a PNG that was changed on its way', '\x89PNG\n\x1a\n\0\0\0\x0dIHDR', 'binary'],
  ];

  test.each(KINDS)(
    'given %s, when it is rejected, then its type and the accepted formats are named',
    (_, head, word) => {
      for (const file of [
        bytes(head),
        Buffer.concat([bytes(head), Buffer.alloc(100, head.startsWith('photo') ? '' : 'a')]),
      ]) {
        const { code, facts } = refusalOf(file);
        expect([code, facts.accepted]).toEqual(['image-type-unsupported', INPUT_FORMATS]);
        expect(facts.detail).toContain('Accepted formats: JPEG, PNG, WebP, GIF, BMP, AVIF and TIFF.');
        if (file.length < 64) expect(facts.detail).toContain(word);
      }
    },
  );

  test('given text longer than a name, when it is rejected, then it is called text', () => {
    const text = bytes('a photo.jpg stands in here\n'.repeat(9));
    expect(refusalOf(text).facts.detail).toContain('This is text');
    expect(describeBytes({ bytes: bytes('photo.jpg'), isWhole: true })).toContain('the name of a file');
    expect(describeBytes({ bytes: bytes('photo.jpg'), isWhole: false })).toContain('This is text');
  });

  test('given unknown bytes, when they are rejected, then the detail does not guess', () => {
    expect(describeBytes({ bytes: Buffer.alloc(64, 0xfe), isWhole: false })).toBeUndefined();
    expect(refusalOf(Buffer.alloc(64, 0xfe)).facts.detail).toBe(
      'Accepted formats: JPEG, PNG, WebP, GIF, BMP, AVIF and TIFF.',
    );
  });

  test.each([
    ['tiff', 'II*\0\x08\0\0\0'],
    ['gif', 'GIF89a\x01\0\x01\0'],
    ['bmp', 'BM\x36\x10\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0'],
    ['avif', '\0\0\0\x18ftypavif\0\0\0\0avifmif1'],
    ['webp', 'RIFF\x24\0\0\0WEBPVP8 '],
  ] as const)(
    'given %s that is not enabled, when it is rejected, then the setting is named',
    (format, head) => {
      const { facts } = refusalOf(
        bytes(head),
        INPUT_FORMATS.filter((other) => other !== format),
      );
      expect(facts.detail).toMatch(/INPUT_FORMATS/);
      expect(facts.accepted).not.toContain(format);
      expect(refusalOf(bytes(head), ['png']).facts).toMatchObject({ accepted: ['png'] });
    },
  );

  test('given a raw file that starts like a TIFF, when TIFF is not enabled, then it is called a raw file', () => {
    expect(refusalOf(bytes('II*\0\x10\0\0\0CR\x02\0'), ['jpeg']).facts.detail).toContain('camera raw');
  });
});
