import type { Canary } from '../canary/canary.js';
import type { CanaryImage } from '../canary/canary-image.js';
import type { AuditPath } from './audit-path.js';
import {
  acceptedPath as accepted,
  caseOf,
  chunkedCase,
  LARGE,
  MEDIUM,
  refusedPath as refused,
  SMALL,
  TINY,
} from './path-cases.js';
import { base64, fileNamed, json, multipart, plainBody, urlencoded, type Body } from './request-bodies.js';

/** The routes that take a form with a file. */
export const FORM_ROUTES = [
  ...['/v1/jobs', '/v1.0/removebg', '/v1/segment', '/v1/remove-background', '/api/remove-background'],
  ...['/api/remove', '/api/remove-bg'],
];

/** Those that know files by their names alone. */
const COMPATIBLE = [
  '/v1.0/removebg',
  '/v1/segment',
  '/v1/remove-background',
  '/api/remove-background',
  '/api/remove',
];

const URLENCODED = 'application/x-www-form-urlencoded';

const TYPES = ['text/plain', 'image/gif', 'multipart/mixed; boundary=x', URLENCODED, 'application/json'];

/** The routes that answer with the result, each with an option of a wrong value. */
const WRONG_CALLS = [
  ...['/v1.0/removebg?size=none', '/v1/segment?size=none', '/v1/remove-background?output=none'],
  ...['/api/remove?om=none', '/api/remove-bg?format=none'],
];

/** Valid images that are sent in an unusual form. */
export const UNUSUAL_PATHS: readonly AuditPath[] = [
  accepted(
    'unusual-body',
    'Accepted: a photo under another media type, or none, or as the lone file of a form',
    [
      ...TYPES.map((type) => caseOf(type, '/v1/jobs', MEDIUM, ({ image }) => plainBody(image.bytes, type))),
      caseOf('no type', '/v1/jobs', MEDIUM, ({ image }) => plainBody(image.bytes)),
      caseOf('another field', '/v1/jobs', MEDIUM, (canary) => fileNamed('photo', canary)),
      caseOf('another field, large', '/v1/jobs', LARGE, (canary) => fileNamed('photo', canary)),
      caseOf('the text of another field', '/v1/jobs', MEDIUM, (canary) => textNamed('photo', canary)),
      caseOf('the same, tiny', '/v1/jobs', TINY, (canary) => textNamed('photo', canary)),
      caseOf('JSON', '/v1/jobs', SMALL, ({ image }) => json({ image: base64(image) })),
      caseOf('JSON, large', '/v1/jobs', MEDIUM, ({ image }) => json({ photo: base64(image) })),
      caseOf('base64 alone', '/v1/jobs', SMALL, ({ image }) =>
        plainBody(Buffer.from(base64(image)), 'text/plain'),
      ),
      caseOf('no boundary', '/v1/jobs', MEDIUM, withoutBoundary),
      caseOf('another boundary', '/v1/jobs', MEDIUM, withOtherBoundary),
      caseOf('another file before it', '/v1/jobs', MEDIUM, (canary) => filesNamed(canary, 'first', 'image')),
      caseOf('another file behind it', '/v1/jobs', MEDIUM, (canary) => filesNamed(canary, 'image', 'second')),
    ],
  ),
];

/** Images in unexpected places or under wrong types. */
export const REFUSED_PATHS: readonly AuditPath[] = [
  refused(
    'binary-as-form',
    'Refused: a photo sent as a urlencoded form (curl --data-binary), with a wrong option',
    [
      ...WRONG_CALLS.map((path) =>
        caseOf(path, path, MEDIUM, ({ image }) => plainBody(image.bytes, URLENCODED)),
      ),
      chunkedCase(
        caseOf('removebg', WRONG_CALLS[0] ?? '', MEDIUM, ({ image }) => plainBody(image.bytes, URLENCODED)),
        16_384,
      ),
    ],
  ),
  refused('wrong-file-field', 'Refused: a photo as a file in a wrong field', [
    ...COMPATIBLE.map((path) => caseOf(path, path, MEDIUM, (canary) => fileNamed('photo', canary))),
    caseOf('removebg large', '/v1.0/removebg', LARGE, (canary) => fileNamed('photo', canary)),
    caseOf('two', '/v1/jobs', LARGE, (canary) => filesNamed(canary, 'first', 'second')),
  ]),
  refused('wrong-text-field', 'Refused: a photo as the text of a wrong field', [
    ...COMPATIBLE.map((path) => caseOf(path, path, MEDIUM, (canary) => textNamed('photo', canary))),
    ...COMPATIBLE.map((path) => caseOf(`${path} small`, path, TINY, (canary) => textNamed('photo', canary))),
    caseOf('removebg large', '/v1.0/removebg', LARGE, (canary) => textNamed('photo', canary)),
    caseOf('image_url', '/v1/jobs', SMALL, (canary) => textNamed('image_url', canary)),
    caseOf('urlencoded', '/v1.0/removebg', MEDIUM, ({ image }) => urlencoded({ photo: base64(image) })),
  ]),
  refused('wrong-json-name', 'Refused: a photo in base64 under a wrong JSON name', [
    caseOf('removebg', '/v1.0/removebg', SMALL, ({ image }) => json({ image: base64(image) })),
    caseOf('removebg large', '/v1.0/removebg', MEDIUM, ({ image }) => json({ image: base64(image) })),
    caseOf('photoroom', '/v1/segment', SMALL, ({ image }) => json({ image: base64(image) })),
    caseOf('withoutbg', '/v1/remove-background', SMALL, ({ image }) => json({ photo: base64(image) })),
    caseOf('removebg nested', '/v1.0/removebg', SMALL, ({ image }) =>
      json({ data: [{ b64: base64(image) }] }),
    ),
    caseOf('jobs nested', '/v1/jobs', SMALL, ({ image }) => json({ data: [{ b64: base64(image) }] })),
    caseOf('jobs data URL', '/v1/jobs', SMALL, ({ image }) =>
      json({ image_url: `data:image/jpeg;base64,${base64(image)}` }),
    ),
  ]),
  refused('photo-as-name', 'Refused: a photo as the name of a field', [
    caseOf('JSON', '/v1.0/removebg', SMALL, ({ image }) => json({ [base64(image)]: 1 })),
    caseOf('JSON jobs', '/v1/jobs', SMALL, ({ image }) => json({ [base64(image)]: 1 })),
    caseOf('urlencoded', '/v1.0/removebg', SMALL, ({ image }) => urlencoded({ [base64(image)]: '1' })),
    ...FORM_ROUTES.map((path) =>
      caseOf(`form ${path}`, path, TINY, ({ image }) => multipart([{ name: base64(image), value: '1' }])),
    ),
  ]),
  refused('wrong-type', 'Refused: a photo under a wrong media type, or none, with a wrong option', [
    ...WRONG_CALLS.map((path) => caseOf(`${path} none`, path, MEDIUM, ({ image }) => plainBody(image.bytes))),
    ...WRONG_CALLS.map((path) =>
      caseOf(`${path} text/plain`, path, MEDIUM, ({ image }) => plainBody(image.bytes, 'text/plain')),
    ),
  ]),
  refused('broken-form', 'Refused: a form that is not well made', [
    ...WRONG_CALLS.map((path) => caseOf(`${path} no boundary`, path, MEDIUM, withoutBoundary)),
    caseOf('no end', '/v1/jobs', MEDIUM, withoutEnd),
    caseOf('removebg no end', '/v1.0/removebg', MEDIUM, withoutEnd),
    caseOf('endless head', '/v1/jobs', SMALL, endlessHead),
    caseOf('JSON cut short', '/v1.0/removebg', SMALL, jsonCutShort),
    caseOf('bad base64', '/v1.0/removebg', SMALL, ({ image }) => json({ image_file_b64: damaged(image) })),
    caseOf('bad base64, photoroom', '/v1/segment', SMALL, ({ image }) =>
      json({ image_file_b64: damaged(image) }),
    ),
    caseOf('bad base64, withoutbg', '/v1.0/alpha-channel-base64', SMALL, ({ image }) =>
      json({ image_base64: damaged(image) }),
    ),
    caseOf('bad base64 form', '/v1.0/removebg', SMALL, (canary) =>
      urlencoded({ image_file_b64: damaged(canary.image) }),
    ),
  ]),
];

function textNamed(name: string, { image }: Canary): Body {
  return multipart([{ name, value: image.bytes }]);
}

/** The photo in two fields, both as files. */
function filesNamed({ image, fileName }: Canary, ...names: string[]): Body {
  return multipart(names.map((name) => ({ name, value: image.bytes, fileName, type: image.mime })));
}

function withoutBoundary(canary: Canary): Body {
  return { ...fileNamed('image', canary), headers: { 'Content-Type': 'multipart/form-data' } };
}

function withOtherBoundary(canary: Canary): Body {
  const headers = { 'Content-Type': 'multipart/form-data; boundary=another' };
  return { ...fileNamed('image', canary), headers };
}

function withoutEnd(canary: Canary): Body {
  const { headers, bytes } = fileNamed('image', canary);
  return { headers, bytes: bytes.subarray(0, Math.floor(bytes.length * 0.8)) };
}

/** The photo stands where the headers of a part should. */
function endlessHead({ image }: Canary): Body {
  const { headers, bytes } = multipart([{ name: 'image', value: '' }]);
  const head = bytes.indexOf('\r\n\r\n');
  const text = Buffer.from(`\r\nX-Note: ${base64(image)}`);
  return { headers, bytes: Buffer.concat([bytes.subarray(0, head), text, bytes.subarray(head)]) };
}

function jsonCutShort({ image }: Canary): Body {
  const { headers, bytes } = json({ image_file_b64: base64(image) });
  return { headers, bytes: bytes.subarray(0, Math.floor(bytes.length * 0.8)) };
}

function damaged(image: CanaryImage): string {
  const text = base64(image);
  const half = Math.floor(text.length / 2);
  return `${text.slice(0, half)}!!${text.slice(half)}`;
}
