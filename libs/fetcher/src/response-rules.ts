import type { IncomingHttpHeaders } from 'node:http';
import { Problem, imageTooLarge } from '#contracts/problem-catalog.js';

/** The head of an origin's answer. */
export interface ResponseHead {
  status: number;
  headers: IncomingHttpHeaders;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What is no image, whatever its first bytes: they decide later about all else, as storages name types at random. */
const NO_IMAGE = /^(?:text\/|image\/svg|application\/(?:json|xml|xhtml|pdf)|video\/|audio\/)/;

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
  if (NO_IMAGE.test(type)) throw new Problem('image-type-unsupported');
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw imageTooLarge(maxBytes);
  return undefined;
}

const failed = (detail: string): Problem => new Problem('image-url-failed', { detail });
