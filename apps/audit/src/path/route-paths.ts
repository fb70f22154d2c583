import type { Canary } from '../canary/canary.js';
import type { AuditPath } from './audit-path.js';
import {
  acceptedPath,
  caseOf,
  chunkedCase,
  deliveredPath,
  packetCases,
  SMALL,
  type PathCase,
} from './path-cases.js';
import {
  announced,
  base64,
  fileNamed,
  json,
  multipart,
  plainBody,
  urlencoded,
  type Body,
} from './request-bodies.js';
import type { Outgoing } from './raw-client.js';

/** Photos of 8 to 30 KB. */
const SIZES = [
  { format: 'jpeg', width: 130, height: 100 },
  { format: 'jpeg', width: 200, height: 150 },
  { format: 'jpeg', width: 240, height: 200 },
] as const;
/** About 67 KB. */
const PACKET_SHAPE = { format: 'jpeg', width: 380, height: 300 } as const;
const CHUNK_BYTES = [256, 512];

/** Photos that come in on each route, whole and in small pieces. */
export const ROUTE_PATHS: readonly AuditPath[] = [
  deliveredPath('routes', 'Delivered on each compatible route', routes(PACKET_SHAPE)),
  deliveredPath('background', 'Delivered before a background image', withFile('bg_image_file')),
  deliveredPath('mask', 'Delivered with a mask in place of the model', withFile('mask')),
  acceptedPath('chunks-raw', 'Uploaded in small HTTP chunks, by itself', inEachSize(raw)),
  acceptedPath('chunks-form', 'Uploaded in small HTTP chunks, as a form', inEachSize(form)),
  deliveredPath('chunks-delivered', 'Uploaded in small HTTP chunks, and delivered', [
    ...inEachSize((shape) => waiting(raw(shape))),
    ...inEachSize((shape) => waiting(form(shape))),
  ]),
  deliveredPath(
    'chunks-routes',
    'Uploaded in small HTTP chunks, on each compatible route',
    CHUNK_BYTES.flatMap((bytes) => routes(SMALL).map((one) => chunkedCase(one, bytes))),
  ),
  acceptedPath('packets', 'Uploaded in packets of 1,400 bytes', [
    ...[raw, form].flatMap((way) => packetCases(way(PACKET_SHAPE))),
  ]),
  deliveredPath(
    'packets-routes',
    'Uploaded in packets of 1,400 bytes, on each compatible route',
    routes(PACKET_SHAPE).flatMap(packetCases),
  ),
];

function raw(shape: PathCase['shape']): PathCase {
  return {
    label: 'raw',
    shape,
    request: ({ image }) => announced('/v1/jobs', plainBody(image.bytes, image.mime)),
  };
}

function form(shape: PathCase['shape']): PathCase {
  return {
    label: 'form',
    shape,
    request: (canary) => announced('/v1/jobs', fileNamed('image', canary)),
  };
}

/** The result is to come with the answer. */
function waiting({ label, shape, request }: PathCase): PathCase {
  const asked = (canary: Canary): Outgoing => {
    const outgoing = request(canary);
    return { ...outgoing, headers: { ...outgoing.headers, Prefer: 'wait=60' } };
  };
  return { label, shape, request: asked };
}

function inEachSize(one: (shape: PathCase['shape']) => PathCase): PathCase[] {
  return CHUNK_BYTES.flatMap((bytes) =>
    SIZES.map((shape, place) => {
      const chunked = chunkedCase(one(shape), bytes);
      return { ...chunked, label: `${chunked.label}, ${place + 1}` };
    }),
  );
}

function routes(shape: PathCase['shape']): PathCase[] {
  const on = (label: string, path: string, body: (canary: Canary) => Body): PathCase =>
    caseOf(label, path, shape, body);
  return [
    on('removebg form', '/v1.0/removebg', (canary) => fileNamed('image_file', canary)),
    on('removebg JSON', '/v1.0/removebg', ({ image }) => json({ image_file_b64: base64(image) })),
    on('removebg urlencoded', '/v1.0/removebg', ({ image }) => urlencoded({ image_file_b64: base64(image) })),
    on('photoroom form', '/v1/segment', (canary) => fileNamed('image_file', canary)),
    on('photoroom JSON', '/v1/segment', ({ image }) => json({ image_file_b64: base64(image) })),
    on('withoutbg raw', '/v1/remove-background?output=matte', ({ image }) =>
      plainBody(image.bytes, image.mime),
    ),
    on('withoutbg JSON', '/v1/remove-background', ({ image }) => json({ image: base64(image) })),
    on('withoutbg cloud', '/v1.0/image-without-background', (canary) => fileNamed('file', canary)),
    on('withoutbg base64', '/v1.0/alpha-channel-base64', ({ image }) =>
      json({ image_base64: base64(image) }),
    ),
    on('api/remove', '/api/remove', (canary) => fileNamed('file', canary)),
    on('api/remove-bg', '/api/remove-bg', (canary) => fileNamed('image', canary)),
  ];
}

/** The photo of a case is both the image and the file in another field. */
function withFile(other: 'bg_image_file' | 'mask'): PathCase[] {
  const both =
    (name: string) =>
    ({ image, fileName }: Canary): Body =>
      multipart(
        [name, other].map((field) => ({
          name: field,
          value: image.bytes,
          fileName,
          type: image.mime,
        })),
      );
  return [
    waiting({
      label: 'jobs',
      shape: PACKET_SHAPE,
      request: (canary) => announced('/v1/jobs', both('image')(canary)),
    }),
    caseOf('removebg', '/v1.0/removebg', PACKET_SHAPE, both('image_file')),
    chunkedCase(caseOf('removebg', '/v1.0/removebg', SMALL, both('image_file')), 512),
  ];
}
