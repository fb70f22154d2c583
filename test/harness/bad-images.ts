import { photo } from './photos.js';

/** Files that the service does not take. */
export const otherContainers = (): [name: string, bytes: Buffer][] => [
  ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
  ['JPEG XL', Buffer.from('\0\0\0\x0cJXL \r\n\x87\n', 'latin1')],
  ['video', Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isomiso2', 'latin1')],
  ['name of a file', Buffer.from('photo.jpg')],
  ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')],
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

/** A JPEG whose pixels end after so many bytes, with an end marker: only decoding reveals it. */
export const cutShort = (jpeg: Buffer, bytes = Math.floor(jpeg.length / 2)): Buffer =>
  Buffer.concat([jpeg.subarray(0, bytes), Buffer.from([0xff, 0xd9])]);

/** A photo that is cut short. */
export const truncatedJpeg = (): Buffer => cutShort(photo('astronaut'), 30_000);
