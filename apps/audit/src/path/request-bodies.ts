import type { Canary } from '../canary/canary.js';
import { randomText, type CanaryImage } from '../canary/canary-image.js';
import type { Outgoing } from './raw-client.js';

/** One part of a form. Text parts have no file name. */
export interface FormPart {
  name: string;
  value: Uint8Array | string;
  fileName?: string;
  type?: string;
}

/** A body with the headers that describe it. */
export interface Body {
  headers: Record<string, string>;
  bytes: Buffer;
}

/** `multipart/form-data`, RFC 7578. */
export function multipart(parts: readonly FormPart[]): Body {
  const boundary = `----audit${randomText(24)}`;
  const pieces = parts.flatMap(({ name, value, fileName, type }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"` +
        (fileName === undefined ? '' : `; filename="${fileName}"`) +
        (type === undefined ? '' : `\r\nContent-Type: ${type}`) +
        '\r\n\r\n',
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` }, bytes };
}

/** `application/json`. */
export const json = (value: unknown): Body => ({
  headers: { 'Content-Type': 'application/json' },
  bytes: Buffer.from(JSON.stringify(value)),
});

/** `application/x-www-form-urlencoded`. */
export const urlencoded = (fields: Record<string, string>): Body => ({
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  bytes: Buffer.from(new URLSearchParams(fields).toString()),
});

/** Bytes under a media type, or under none. */
export const plainBody = (bytes: Buffer, type?: string): Body => ({
  headers: type === undefined ? {} : { 'Content-Type': type },
  bytes,
});

/** A request that announces its length and leaves as fast as it can. */
export const announced = (
  path: string,
  { headers, bytes }: Body,
  more: Partial<Outgoing> = {},
): Outgoing => ({
  path,
  pieces: inPieces(bytes, 65_536),
  ...more,
  headers: { ...headers, 'Content-Length': String(bytes.length), ...more.headers },
});

/** The same in HTTP chunks of a size, without a length. */
export const inChunks = (outgoing: Outgoing, chunkBytes: number): Outgoing => {
  const headers = { ...outgoing.headers };
  delete headers['Content-Length'];
  return { ...outgoing, headers, pieces: again(outgoing.pieces, chunkBytes) };
};

/** The same in packets of a size, each of which leaves by itself. */
export const inPackets = (outgoing: Outgoing, packetBytes: number, paceMs: number): Outgoing => ({
  ...outgoing,
  pieces: again(outgoing.pieces, packetBytes),
  paceMs,
});

function again(pieces: Outgoing['pieces'], bytes: number): Uint8Array[] {
  return inPieces(Buffer.concat([...(pieces as Iterable<Uint8Array>)]), bytes);
}

/** Cuts bytes into pieces. */
export function inPieces(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return pieces;
}

/** A photo as text. */
export const base64 = ({ bytes }: Pick<CanaryImage, 'bytes'>): string => bytes.toString('base64');

/** A form with a photo as a file. */
export const fileNamed = (name: string, { image, fileName }: Pick<Canary, 'image' | 'fileName'>): Body =>
  multipart([{ name, value: image.bytes, fileName, type: image.mime }]);
