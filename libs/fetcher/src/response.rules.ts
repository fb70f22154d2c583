import type { IncomingHttpHeaders } from 'node:http';
import { INPUT_FORMATS } from '#contracts/input.formats.js';
import { Problem } from '#contracts/problem.catalogue.js';

/** The head of an origin's answer. */
export interface ResponseHead {
  status: number;
  headers: IncomingHttpHeaders;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What may be an image; its first bytes are looked at later. Some storages call everything a stream of octets. */
const TYPES = new Set([
  ...INPUT_FORMATS.map((format) => `image/${format}`),
  ...['image/jpg', 'image/pjpeg', 'image/x-png', 'image/x-ms-bmp', 'image/x-bmp'],
  ...['application/octet-stream', 'binary/octet-stream'],
]);

/**
 * Decides what an answer is good for: where it redirects to, or undefined when its body is to be read.
 * @throws Problem `image-url-failed` | `image-type-unsupported` | `image-too-large`
 */
export function judgeHead({ status, headers }: ResponseHead, maxBytes: number): string | undefined {
  if (REDIRECTS.has(status) && headers.location !== undefined) return headers.location;
  if (status !== 200) throw failed('The host did not answer with status 200');
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  // A compressed image would be small to send and large to hold: nothing is unpacked here.
  if (encoding !== '' && encoding !== 'identity') throw failed('The host sent the image compressed');
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && !TYPES.has(type)) {
    const detail = 'What the host sent is no image of a format that is taken, by its Content-Type.';
    throw new Problem('image-type-unsupported', { detail, accepted: INPUT_FORMATS });
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new Problem('image-too-large');
  return undefined;
}

const failed = (detail: string): Problem => new Problem('image-url-failed', { detail });
