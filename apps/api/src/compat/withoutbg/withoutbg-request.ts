import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { invalidOption } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { FieldTable, file, optionFields, setTexts } from '../../uploads/form-reader.js';
import { missingImage, parseOptions, type UploadSource } from '../../uploads/upload-source.js';
import { readUpload } from '../../uploads/upload-body.js';
import { ADDITIONS, NO_FIELDS, oneOf, optionsInQuery } from '../call-values.js';

/** Values of `output` at the local server; `processed` is another name of `cutout`. */
export const OUTPUTS = ['cutout', 'matte', 'processed'] as const;

/** Formats of the web app. */
export const APP_FORMATS = ['png', 'jpg', 'webp', 'jpeg'] as const;

/** Quality of a lossy result of the web app. */
const APP_QUALITY = '95';

/** What a request asks for. */
type Parse = (texts: ReadonlyMap<string, string>) => JobOptions;

/** How an endpoint is called. */
interface Endpoint {
  table: FieldTable;
  /** Names of the fields that may contain the image. */
  sources: readonly string[];
  /** Names of parameters, in the form or the query. */
  names: readonly string[];
  parse: Parse;
}

const uploadOf =
  ({ table, sources, names, parse }: Endpoint): UploadSource =>
  async (request, target) => {
    const query = optionsInQuery(request, names);
    const beforeImage = (): void => void parse(query);
    const form = await readUpload(request, { table, target, beforeImage });
    if (!form.files.has('input')) throw missingImage(sources, form);
    const options = parse(new Map([...query, ...setTexts(form)]));
    return { options, extraFields: NO_FIELDS, ignored: form.ignored };
  };

const withAdditions = (texts: ReadonlyMap<string, string>, ...given: [string, string][]): JobOptions =>
  parseOptions([...given, ...ADDITIONS.map((name): [string, string] => [name, texts.get(name) ?? ''])]);

/** Options of `POST /v1/remove-background` for a body in JSON: the cut-out and its alpha. */
export const localPairOptions: Parse = (texts) => withAdditions(texts, ['only', 'both'], ['format', 'zip']);

/** Options of `POST /v1/remove-background` for an image or a form. @throws Problem `invalid-parameter` */
export const localOptions: Parse = (texts) => {
  const isMatte = oneOf(texts, 'output', OUTPUTS) === 'matte';
  return withAdditions(texts, ['only', isMatte ? 'alpha' : 'cutout']);
};

const cutoutOptions: Parse = (texts) => withAdditions(texts, ['only', 'cutout']);
const alphaOptions: Parse = (texts) => withAdditions(texts, ['only', 'alpha']);

/** Options of `POST /api/remove-background`. A PNG has no quality: it is ignored, as there. @throws Problem `invalid-parameter` */
export const appOptions: Parse = (texts) => {
  const format = oneOf(texts, 'format', APP_FORMATS) ?? 'png';
  const quality = texts.get('quality') ?? APP_QUALITY;
  if (format !== 'png') return withAdditions(texts, ['format', format], ['quality', quality]);
  if (!jobOptionsSchema.shape.quality.safeParse(quality).success) {
    throw new Problem('invalid-parameter', invalidOption('quality'));
  }
  return withAdditions(texts);
};

const fields = optionFields(ADDITIONS);
const LOCAL = ['image'];
const LOCAL_NAMES = ['output', ...ADDITIONS];

/** Reads an upload of the local server: the image itself, or a form with the file `image`. @throws Problem */
export const localUpload = uploadOf({
  table: new FieldTable({ ...optionFields(LOCAL_NAMES), image: file('input', 'any') }),
  sources: LOCAL,
  names: LOCAL_NAMES,
  parse: localOptions,
});

/** Reads a JSON object with `image` in base64, or as a data URL. @throws Problem */
export const localPairUpload = uploadOf({
  table: new FieldTable({ ...fields, image: file('input', 'base64') }),
  sources: LOCAL,
  names: ADDITIONS,
  parse: localPairOptions,
});

const CLOUD = new FieldTable({ ...fields, file: file('input', 'any') }, true);
const CLOUD_BASE64 = new FieldTable({ ...fields, image_base64: file('input', 'base64') }, true);

const cloudUpload = (isBase64: boolean, parse: Parse): UploadSource =>
  uploadOf({
    table: isBase64 ? CLOUD_BASE64 : CLOUD,
    sources: [isBase64 ? 'image_base64' : 'file'],
    names: ADDITIONS,
    parse,
  });

/** Uploads of the cloud API: a form with one file, or a JSON object with the image in base64. */
export const cloudUploads = {
  image: cloudUpload(false, cutoutOptions),
  imageBase64: cloudUpload(true, cutoutOptions),
  alpha: cloudUpload(false, alphaOptions),
  alphaBase64: cloudUpload(true, alphaOptions),
};

const APP_NAMES = ['format', 'quality', ...ADDITIONS];

/** Reads an upload of the web app: a form with `file`. @throws Problem */
export const appUpload = uploadOf({
  table: new FieldTable({ ...optionFields(APP_NAMES), file: file('input', 'any') }),
  sources: ['file'],
  names: APP_NAMES,
  parse: appOptions,
});
