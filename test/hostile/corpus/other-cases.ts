import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { exifTiff } from '../makers/exif-maker.js';
import { exifSegment, jpeg } from '../makers/jpeg-maker.js';
import { png } from '../makers/png-maker.js';
import { webp } from '../makers/webp-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';

const SIZE = { width: 128, height: 64 };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Files of unsupported formats: their first bytes, then filler. */
const HEADS: Record<string, Buffer> = {
  ICO: hex('00000100010010100000'),
  CUR: hex('00000200010010100000'),
  PDF: Buffer.from('%PDF-1.7\n'),
  PostScript: Buffer.from('%!PS-Adobe-3.0 EPSF-3.0\n'),
  ZIP: Buffer.from('PK\x03\x04\x14\0'),
  '7z': hex('377abcaf271c0004'),
  RAR: Buffer.from('Rar!\x1a\x07\x01\0', 'latin1'),
  tar: Buffer.concat([Buffer.from('photo.jpg'), Buffer.alloc(248), Buffer.from('ustar\x0000')]),
  gzip: gzipSync(Buffer.from('photo')),
  xz: hex('fd377a585a0000'),
  bzip2: Buffer.from('BZh91AY&SY'),
  zstd: hex('28b52ffd'),
  PSD: Buffer.from('8BPS\0\x01\0\0\0\0\0\0\0\x03'),
  'JPEG 2000': hex('0000000c6a5020200d0a870a'),
  'JPEG 2000 codestream': hex('ff4fff51002f0000'),
  'JPEG XL': hex('0000000c4a584c200d0a870a'),
  'JPEG XL codestream': hex('ff0a0000'),
  'JPEG XR': hex('4949bc01'),
  'JPEG-LS': hex('ff4ffff7000b'),
  HEIC: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
  MP4: Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0isommp42', 'latin1'),
  'text that starts like a BMP': Buffer.from('BMW 520i, built in 1998, one owner'),
  SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
  'SVG after an XML declaration': Buffer.from(
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
  ),
  HTML: Buffer.from('<!doctype html><script>alert(1)</script>'),
  MVG: Buffer.from('push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 "https://example.com"\n'),
  PPM: Buffer.from('P6\n8 8\n255\n'),
  PFM: Buffer.from('PF\n8 8\n-1.0\n'),
  Radiance: Buffer.from('#?RADIANCE\n'),
  OpenEXR: hex('762f3101'),
  FITS: Buffer.from('SIMPLE  =                    T'),
  DDS: Buffer.from('DDS |\0\0\0'),
  QOI: Buffer.from('qoif\0\0\0\x08\0\0\0\x08\x04\0', 'latin1'),
  FLIF: Buffer.from('FLIF'),
  WebM: hex('1a45dfa3'),
  WAV: Buffer.from('RIFF\x24\0\0\0WAVEfmt '),
  AVI: Buffer.from('RIFF\x24\0\0\0AVI LIST'),
  MNG: hex('8a4d4e470d0a1a0a'),
  JNG: hex('8b4a4e470d0a1a0a'),
  'PNG after a transfer as text': hex('89504e470a1a0a'),
  ELF: hex('7f454c4602010100'),
  script: Buffer.from('#!/bin/sh\nid\n'),
  JSON: Buffer.from('{"image":"x"}'),
  'base64 of a JPEG': Buffer.from(jpeg({ width: 8, height: 8 }).toString('base64')),
  'data URL': Buffer.from(`data:image/jpeg;base64,${jpeg({ width: 8, height: 8 }).toString('base64')}`),
  'UTF-16 text': hex('fffe3c00'),
  'UTF-8 mark before a PNG': Buffer.concat([hex('efbbbf'), png({ width: 8, height: 8 })]),
  'a space before a JPEG': Buffer.concat([Buffer.from(' '), jpeg({ width: 8, height: 8 })]),
  'a line end before a WebP': Buffer.from('\r\nRIFF\0\0\0\0WEBPVP8 '),
  zeros: Buffer.alloc(16),
};

function* containers(): Generator<ImageCase> {
  for (const [name, head] of Object.entries(HEADS)) {
    for (const length of [0, 2000]) {
      const make = (): Buffer => Buffer.concat([head, Buffer.alloc(length, 'photo.jpg ')]);
      yield bad(`${name}, ${length} bytes more`, make, 'image-type-unsupported');
    }
  }
  for (let first = 0; first < 256; first += 1) {
    if ([0xff, 0x89, 0x52].includes(first)) continue;
    yield bad(`a file of bytes ${first}`, () => Buffer.alloc(600, first), 'image-type-unsupported');
  }
}

function* polyglots(): Generator<ImageCase> {
  const bases: [string, () => Buffer | Promise<Buffer>, number][] = [
    ['jpeg', () => jpeg(SIZE), 8],
    ['png', () => png(SIZE), 1],
    ['webp', () => webp(SIZE), 0],
  ];
  const tails: Record<string, Buffer> = {
    ZIP: Buffer.from(`PK\x03\x04${SECRET}PK\x05\x06${'\0'.repeat(18)}`),
    HTML: Buffer.from(`<script>alert("${SECRET}")</script>`),
    PHP: Buffer.from('<?php system($_GET["c"]); ?>'),
    PDF: Buffer.from(`%PDF-1.7 ${SECRET} %%EOF`),
    'another JPEG': jpeg({
      width: 16,
      height: 16,
      before: [exifSegment(exifTiff({ orientation: 3, secret: SECRET }))],
    }),
    'another PNG': png({ width: 16, height: 16 }),
    SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    '2 MB of zeros': Buffer.alloc(2_000_000),
    '1 byte': Buffer.alloc(1),
  };
  for (const [base, make, tolerance] of bases) {
    for (const [tail, bytes] of Object.entries(tails)) {
      yield good(`${base} with ${tail} after it`, async () => Buffer.concat([await make(), bytes]), {
        ...SIZE,
        tolerance,
      });
    }
  }
}

/** Above 100 MB of pixels libvips would hold images that it cannot read row by row in a temporary file. */
const LARGE = { width: 6100, height: 6000 };
const large: ImageCase = {
  name: 'large webp',
  make: () =>
    sharp({ create: { ...LARGE, channels: 3, background: '#a52' } })
      .webp({ effort: 0 })
      .toBuffer(),
  outcome: LARGE,
};

/** Files of other formats, images that are something else as well, and a large one. */
export const otherCases = (): ImageCase[] => [...containers(), ...polyglots(), large];
