import sharp from 'sharp';
import { photo } from './photos.js';

const blank = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } });

/** Real images of containers that the service does not take. */
export const otherContainers = async (): Promise<[name: string, bytes: Buffer][]> => [
  ['GIF', await blank().gif().toBuffer()],
  ['TIFF', await blank().tiff().toBuffer()],
  ['AVIF', await blank().heif({ compression: 'av1' }).toBuffer()],
  ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')],
  ['BMP', Buffer.concat([Buffer.from('BM'), Buffer.alloc(64)])],
  ['PDF', Buffer.from('%PDF-1.7\n')],
  ['text', Buffer.from('this is no image at all')],
  ['zeros', Buffer.alloc(5000)],
];

/** A PNG whose header announces a size; nothing follows it. */
export function pngHeader(width: number, height: number): Buffer {
  const head = Buffer.alloc(64);
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(head);
  head.writeUInt32BE(13, 8);
  head.write('IHDR', 12, 'latin1');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  head.set([8, 6, 0, 0, 0], 24);
  return head;
}

/** A JPEG whose pixels end after so many bytes, closed as if it were whole: only who decodes it can tell. */
export const cutShort = (jpeg: Buffer, bytes = Math.floor(jpeg.length / 2)): Buffer =>
  Buffer.concat([jpeg.subarray(0, bytes), Buffer.from([0xff, 0xd9])]);

/** A photo that is cut short. */
export const truncatedJpeg = (): Buffer => cutShort(photo('astronaut'), 30_000);
