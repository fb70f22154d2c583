import type { JobOptions } from '#contracts/job-options.js';
import { FieldTable, file, optionFields, setTexts } from '../../uploads/form-reader.js';
import { missingImage, parseOptions, type UploadSource } from '../../uploads/upload-source.js';
import { readUpload } from '../../uploads/upload-body.js';
import { ADDITIONS, NO_FIELDS, oneOf, optionsInQuery } from '../call-values.js';

/** Formats of a result at Photoroom; `jpeg` is another way to write `jpg`. */
export const FORMATS = ['png', 'jpg', 'webp', 'jpeg'] as const;

/** Sizes of a result at Photoroom. */
export const SIZES = ['preview', 'medium', 'hd', 'full'] as const;

/** Values of `despill`. */
export const FLAGS = ['true', 'false'] as const;

/** Options with the same meaning as at Photoroom, and additions of this service. */
const SHARED = ['format', 'channels', 'bg_color', 'size', 'crop', ...ADDITIONS] as const;

/** All supported fields except files. */
export const PHOTOROOM_FIELDS: readonly string[] = [...SHARED, 'despill'];

const SOURCES = ['image_file', 'image_file_b64'];

const TABLE = new FieldTable({
  ...optionFields(PHOTOROOM_FIELDS),
  image_file: file('input', 'any'),
  image_file_b64: file('input', 'base64'),
});

/** Options of a request to Photoroom. */
export interface PhotoroomRequest {
  options: JobOptions;
  /** Names of parameters that were valid and have no effect. */
  ignored: string[];
}

/**
 * Parses the fields of a request to Photoroom. `despill` corrects reflections of a green background on the subject: there
 * is no such step here, so `despill=true` is ignored, and reported as ignored.
 * @throws Problem `invalid-parameter`
 */
export function parsePhotoroomFields(texts: ReadonlyMap<string, string>): PhotoroomRequest {
  oneOf(texts, 'format', FORMATS);
  oneOf(texts, 'size', SIZES);
  const despill = oneOf(texts, 'despill', FLAGS);
  const given = SHARED.map((name): [string, string] => [name, texts.get(name) ?? '']);
  return { options: parseOptions(given), ignored: despill === 'true' ? ['despill'] : [] };
}

/**
 * Reads an upload of Photoroom: a form in any encoding, or a body that is the image, with options in the query.
 * @throws Problem `missing-image` | `multiple-images` | `invalid-parameter` and others
 */
export const photoroomUpload: UploadSource = async (request, target) => {
  const query = optionsInQuery(request, PHOTOROOM_FIELDS);
  const beforeImage = (): void => void parsePhotoroomFields(query);
  const form = await readUpload(request, { table: TABLE, target, beforeImage });
  if (!form.files.has('input')) throw missingImage(SOURCES, form);
  const { options, ignored } = parsePhotoroomFields(new Map([...query, ...setTexts(form)]));
  return { options, extraFields: NO_FIELDS, ignored: [...form.ignored, ...ignored] };
};
