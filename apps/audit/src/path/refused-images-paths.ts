import { randomBytes } from 'node:crypto';
import type { Canary } from '../canary/canary.js';
import type { AuditPath, PathStage } from './audit-path.js';
import { caseOf, MEDIUM, refusedPath, sendAll, statusesOf, type PathCase } from './path-cases.js';
import { announced, base64, fileNamed, inChunks, json, plainBody } from './request-bodies.js';
import { sendRaw } from './raw-client.js';

const MEBIBYTE = 1_048_576;
/** Just short of the largest file that `MAX_UPLOAD_MB` allows by default. */
const BEFORE_LIMIT_BYTES = 22 * MEBIBYTE - 60_000;
const BEYOND_LIMIT_BYTES = 23 * MEBIBYTE;

/** Photos that are refused for their content, and photos whose clients do not read. */
export const REFUSED_IMAGES_PATHS: readonly AuditPath[] = [
  refusedPath('unsupported', 'Refused: a photo of an unsupported format', [
    unsupported('GIF', Buffer.from('GIF89a')),
    unsupported('TIFF', Buffer.from([0x49, 0x49, 0x2a, 0])),
    unsupported('SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg">')),
    unsupported('PNG in name only', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')),
    unsupported('JPEG in name only', Buffer.from([0xff, 0xd8, 0xff, 0xe0])),
    unsupported('random', randomBytes(8)),
  ]),
  refusedPath('truncated', 'Refused: a photo cut short, on each route', [
    ...['/v1/jobs', '/api/remove-bg'].map((path) => cutShort(path, 'image')),
    cutShort('/v1.0/removebg', 'image_file'),
    cutShort('/v1/segment', 'image_file'),
    cutShort('/v1/remove-background', 'image'),
    cutShort('/v1.0/alpha-channel', 'file'),
    cutShort('/api/remove', 'file'),
    caseOf('base64', '/v1.0/removebg', MEDIUM, ({ image }) => json({ image_file_b64: base64(cut(image)) })),
  ]),
  refusedPath('unread-body', 'Refused before the body: wrong path, method or key', [
    ...['/v1/nothing', '/healthz', '/v1/models', '/'].map((path) => unread(path, path)),
    unread('wrong method', '/v1/jobs', { method: 'PUT' }),
    unread('wrong key', '/v1/jobs', { headers: { 'X-Api-Key': `rb_${'A'.repeat(43)}` } }),
    unread('no such batch', `/v1/batches/${'A'.repeat(22)}/jobs`),
    unread('batch without a token', '/v1/batches', { method: 'PATCH' }),
  ]),
  { name: 'unread-in-chunks', title: 'A body where none is wanted, in chunks', walk: unwanted },
  { name: 'too-large', title: 'Refused: larger than MAX_UPLOAD_MB', walk: tooLarge },
];

function unsupported(label: string, head: Buffer): PathCase {
  return caseOf(label, '/v1/jobs', MEDIUM, ({ image }) =>
    plainBody(Buffer.concat([head, image.bytes.subarray(1024)]), 'application/octet-stream'),
  );
}

const cut = <T extends { bytes: Buffer }>(image: T): T => ({
  ...image,
  bytes: image.bytes.subarray(0, Math.floor(image.bytes.length * 0.6)),
});

function cutShort(path: string, name: string): PathCase {
  return {
    label: path,
    shape: MEDIUM,
    request: ({ image, fileName }) =>
      announced(path, fileNamed(name, { image: cut(image), fileName }), { headers: { Prefer: 'wait=60' } }),
  };
}

function unread(
  label: string,
  path: string,
  more: { method?: string; headers?: Record<string, string> } = {},
): PathCase {
  return {
    label,
    shape: MEDIUM,
    request: ({ image }) => announced(path, plainBody(image.bytes, image.mime), more),
  };
}

/** Requests with a body on routes that take none. */
async function unwanted(stage: PathStage): Promise<string> {
  const batch = await stage.client.openBatch();
  const headers = { Authorization: `Bearer ${batch.token}` };
  const at = (label: string, path: string, method: string): PathCase => ({
    label,
    shape: MEDIUM,
    request: ({ image }) =>
      inChunks(announced(path, plainBody(image.bytes, image.mime), { method, headers }), 512),
  });
  const answers = await sendAll(stage, [
    at('GET healthz', '/healthz', 'GET'),
    at('POST batches', '/v1/batches', 'POST'),
    at('GET batch', `/v1/batches/${batch.id}`, 'GET'),
    at('POST close', `/v1/batches/${batch.id}/close`, 'POST'),
    at('DELETE batch', `/v1/batches/${batch.id}`, 'DELETE'),
    at('POST nothing', '/v1/nothing', 'POST'),
  ]);
  return statusesOf(answers);
}

/** One photo is at the beginning, another at the limit. */
async function tooLarge(stage: PathStage): Promise<string> {
  const shape = MEDIUM;
  const large = (first: Canary, last: Canary): Buffer => {
    const body = Buffer.alloc(BEYOND_LIMIT_BYTES);
    first.image.bytes.copy(body);
    last.image.bytes.copy(body, BEFORE_LIMIT_BYTES);
    return body;
  };
  const notes: string[] = [];
  for (const label of ['announced', 'chunked', 'form'] as const) {
    const first = await stage.draw(`${label}, its beginning`, shape);
    const last = await stage.draw(`${label}, at the limit`, shape);
    const bytes = large(first, last);
    const form = fileNamed('image', { image: { ...first.image, bytes }, fileName: first.fileName });
    const whole = announced('/v1/jobs', label === 'form' ? form : plainBody(bytes, first.image.mime));
    const outgoing = label === 'announced' ? whole : inChunks(whole, 65_536);
    notes.push(`${label} ${statusesOf([await sendRaw(stage.client.url, outgoing)])}`);
  }
  return notes.join(', ');
}
