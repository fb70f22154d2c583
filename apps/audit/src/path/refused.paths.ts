import type { Canary } from '../canary/canary.js';
import type { CanaryImage } from '../canary/canary.image.js';
import type { AuditPath } from './audit.path.js';
import { caseOf, chunkedCase, LARGE, MEDIUM, refusedPath as refused, SMALL, TINY } from './path.cases.js';
import { base64, fileNamed, json, multipart, plainBody, urlencoded, type Body } from './request.bodies.js';

/** The routes that take a form with a file. */
export const FORM_ROUTES = ['/v1/jobs', '/v1.0/removebg', '/api/remove', '/api/remove-bg'];

const URLENCODED = 'application/x-www-form-urlencoded';

/** Images that are sent where nobody looks for one, or as what they are not. */
export const REFUSED_PATHS: readonly AuditPath[] = [
  refused('binary-as-form', 'Refused: a photo sent as a urlencoded form (curl --data-binary)', [
    ...FORM_ROUTES.map((path) =>
      caseOf(path, path, MEDIUM, ({ image }) => plainBody(image.bytes, URLENCODED)),
    ),
    chunkedCase(
      caseOf('removebg', '/v1.0/removebg', MEDIUM, ({ image }) => plainBody(image.bytes, URLENCODED)),
      16_384,
    ),
  ]),
  refused('wrong-file-field', 'Refused: a photo as a file in a wrong field', [
    ...FORM_ROUTES.map((path) => caseOf(path, path, MEDIUM, (canary) => fileNamed('photo', canary))),
    ...FORM_ROUTES.slice(0, 2).map((path) =>
      caseOf(`${path} large`, path, LARGE, (canary) => fileNamed('photo', canary)),
    ),
  ]),
  refused('wrong-text-field', 'Refused: a photo as the text of a wrong field', [
    ...FORM_ROUTES.map((path) => caseOf(path, path, MEDIUM, (canary) => textNamed('photo', canary))),
    ...FORM_ROUTES.map((path) => caseOf(`${path} small`, path, TINY, (canary) => textNamed('photo', canary))),
    ...FORM_ROUTES.slice(0, 2).map((path) =>
      caseOf(`${path} large`, path, LARGE, (canary) => textNamed('photo', canary)),
    ),
    caseOf('image_url', '/v1/jobs', SMALL, (canary) => textNamed('image_url', canary)),
    caseOf('urlencoded', '/v1.0/removebg', MEDIUM, ({ image }) => urlencoded({ photo: base64(image) })),
  ]),
  refused('wrong-json-name', 'Refused: a photo in base64 under a wrong JSON name', [
    caseOf('removebg', '/v1.0/removebg', SMALL, ({ image }) => json({ image: base64(image) })),
    caseOf('removebg large', '/v1.0/removebg', MEDIUM, ({ image }) => json({ image: base64(image) })),
    caseOf('removebg nested', '/v1.0/removebg', SMALL, ({ image }) =>
      json({ data: [{ b64: base64(image) }] }),
    ),
    caseOf('jobs', '/v1/jobs', SMALL, ({ image }) => json({ image: base64(image) })),
    caseOf('jobs large', '/v1/jobs', MEDIUM, ({ image }) => json({ image: base64(image) })),
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
  refused('wrong-type', 'Refused: a photo under a wrong media type, or none', [
    ...['text/plain', 'image/gif', 'multipart/mixed; boundary=x'].map((type) =>
      caseOf(`jobs ${type}`, '/v1/jobs', MEDIUM, ({ image }) => plainBody(image.bytes, type)),
    ),
    ...FORM_ROUTES.map((path) => caseOf(`${path} none`, path, MEDIUM, ({ image }) => plainBody(image.bytes))),
    ...FORM_ROUTES.slice(1, 3).map((path) =>
      caseOf(`${path} image/jpeg`, path, MEDIUM, ({ image }) => plainBody(image.bytes, 'image/jpeg')),
    ),
    caseOf('remove-bg text/plain', '/api/remove-bg', MEDIUM, ({ image }) =>
      plainBody(image.bytes, 'text/plain'),
    ),
  ]),
  refused('broken-form', 'Refused: a form that is not well made', [
    ...FORM_ROUTES.map((path) => caseOf(`${path} no boundary`, path, MEDIUM, withoutBoundary)),
    caseOf('other boundary', '/v1/jobs', MEDIUM, withOtherBoundary),
    caseOf('no end', '/v1/jobs', MEDIUM, withoutEnd),
    caseOf('removebg no end', '/v1.0/removebg', MEDIUM, withoutEnd),
    caseOf('endless head', '/v1/jobs', SMALL, endlessHead),
    caseOf('JSON cut short', '/v1.0/removebg', SMALL, jsonCutShort),
    caseOf('bad base64', '/v1.0/removebg', SMALL, ({ image }) => json({ image_file_b64: damaged(image) })),
    caseOf('bad base64 form', '/v1.0/removebg', SMALL, (canary) =>
      urlencoded({ image_file_b64: damaged(canary.image) }),
    ),
  ]),
];

function textNamed(name: string, { image }: Canary): Body {
  return multipart([{ name, value: image.bytes }]);
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
