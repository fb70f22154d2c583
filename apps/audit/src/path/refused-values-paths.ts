import type { Canary } from '../canary/canary.js';
import type { AuditPath, PathStage } from './audit-path.js';
import {
  caseOf,
  MEDIUM,
  refuseAll,
  refusedPath,
  SMALL,
  statusesOf,
  TINY,
  type PathCase,
} from './path-cases.js';
import { announced, base64, json, multipart, plainBody, urlencoded } from './request-bodies.js';
import { sendRaw } from './raw-client.js';
import type { FormPart } from './request-bodies.js';

const NAMED = 'option value';

/** Each compatible route has a name of its own for the photo, and for a field with few values. */
const FIELDS_OF_ROUTE: Readonly<Record<string, [file: string, text: string]>> = {
  '/v1.0/removebg': ['image_file', 'type'],
  '/v1/segment': ['image_file', 'despill'],
  '/v1/remove-background': ['image', 'output'],
  '/api/remove-background': ['file', 'format'],
  '/api/remove-bg': ['image', 'format'],
  '/api/remove': ['file', 'model'],
};

/** Photos that come with something that is refused. */
export const REFUSED_VALUES_PATHS: readonly AuditPath[] = [
  refusedPath('refused-option', 'Refused: a photo with an option of a wrong value', [
    optionCase('before the photo', (canary) => [field('format', canary), photo(canary)]),
    optionCase('behind the photo', (canary) => [photo(canary), field('format', canary)]),
    optionCase('misspelt option', (canary) => [
      photo(canary),
      { name: 'formatt', value: canary.drawText(NAMED) },
    ]),
    optionCase('too long', (canary) => [
      photo(canary),
      { name: 'format', value: canary.drawText(NAMED).repeat(80) },
    ]),
    ...Object.keys(FIELDS_OF_ROUTE).map((path) => wrongIn(path)),
    caseOf('JSON', '/v1.0/removebg', SMALL, (canary) =>
      json({ image_file_b64: base64(canary.image), size: canary.drawText(NAMED) }),
    ),
    caseOf('JSON jobs', '/v1/jobs', TINY, (canary) =>
      json({ image_url: 'http://example.com/', format: canary.drawText(NAMED) }),
    ),
    caseOf('urlencoded', '/v1.0/removebg', SMALL, (canary) =>
      urlencoded({ image_file_b64: base64(canary.image), size: canary.drawText(NAMED) }),
    ),
    {
      label: 'query',
      shape: MEDIUM,
      request: (canary) =>
        announced(
          `/v1/jobs?format=${encodeURIComponent(canary.drawText(NAMED))}`,
          plainBody(canary.image.bytes, canary.image.mime),
        ),
    },
  ]),
  refusedPath('second-image', 'Refused: a form with two photos, or with two backgrounds', [
    caseOf('two photos', '/v1/jobs', MEDIUM, (canary) => multipart([photo(canary), photo(canary)])),
    caseOf('two photos, removebg', '/v1.0/removebg', MEDIUM, (canary) =>
      multipart([photo(canary, 'image_file'), photo(canary, 'image_file')]),
    ),
    caseOf('color and photo', '/v1/jobs', MEDIUM, (canary) =>
      multipart([photo(canary), { name: 'bg_color', value: 'red' }, photo(canary, 'bg_image_file')]),
    ),
    caseOf('background without a photo', '/v1/jobs', MEDIUM, (canary) =>
      multipart([photo(canary, 'bg_image_file')]),
    ),
  ]),
  { name: 'refused-name', title: 'Refused: a photo with a wrong name, to a batch', walk: refuseNames },
];

function photo({ image, fileName }: Canary, name = 'image'): FormPart {
  return { name, value: image.bytes, fileName, type: image.mime };
}

function field(name: string, canary: Canary): FormPart {
  return { name, value: canary.drawText(NAMED) };
}

function optionCase(label: string, parts: (canary: Canary) => FormPart[]): PathCase {
  return caseOf(label, '/v1/jobs', MEDIUM, (canary) => multipart(parts(canary)));
}

function wrongIn(path: string): PathCase {
  const [file, text] = FIELDS_OF_ROUTE[path] as [string, string];
  return caseOf(path, path, MEDIUM, (canary) => multipart([photo(canary, file), field(text, canary)]));
}

async function refuseNames(stage: PathStage): Promise<string> {
  const { client } = stage;
  const batch = await client.openBatch();
  const path = `/v1/batches/${batch.id}/jobs`;
  const headers = { Authorization: `Bearer ${batch.token}` };
  const named = (label: string, name: (text: string) => string): PathCase => ({
    label,
    shape: MEDIUM,
    request: (canary) => {
      const text = name(canary.drawText('batch name'));
      const form = multipart([{ name: 'custom_id', value: text }, photo(canary)]);
      return announced(path, form, { headers });
    },
  });
  const note = await refuseAll(stage, [
    named('control character', (text) => `${text}\u0007`),
    named('too long', (text) => text.repeat(20)),
    named('beyond a field', (text) => text.repeat(80)),
  ]);
  const canary = await stage.draw('wrong file', MEDIUM);
  const form = multipart([
    { name: 'custom_id', value: canary.drawText('batch name') },
    photo(canary, 'another'),
  ]);
  const answer = await sendRaw(client.url, announced(path, form, { headers }));
  await (await client.ofBatch(batch, 'DELETE', '')).arrayBuffer();
  return `${note}; with a wrong file ${statusesOf([answer])}`;
}
