import type { FastifyRequest } from 'fastify';
import type { FileRole } from '#broker/records/job-record.js';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { withPreset } from '#contracts/option-presets.js';
import { acceptedBy, invalidOption, mustBe, nearestNames, optionRefusal } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { MAX_URL_CHARACTERS } from '#fetcher/url-rules.js';
import { whileConnected } from '../http/request-preferences.js';
import {
  ByteBudget,
  FieldTable,
  file,
  optionFields,
  text,
  type FieldSpec,
  type FieldText,
  type FormContent,
  type UploadTarget,
} from './form-reader.js';
import type { RemoteImageService } from './remote-image.service.js';
import { readUpload } from './upload-body.js';

/** Content of a request besides its files. */
export interface UploadContent {
  options: JobOptions;
  /** Values of fields that are not image options, by name. */
  extraFields: ReadonlyMap<string, string>;
  /** Names of ignored fields, if they are plain words. */
  ignored: readonly string[];
}

/**
 * Reads the image, the optional background and the options of a request. Files are written to the target as they arrive.
 * @throws Problem why the request is rejected
 */
export type UploadSource = (request: FastifyRequest, target: UploadTarget) => Promise<UploadContent>;

/** Validates image options. Empty fields count as absent. @throws Problem `invalid-parameter` | `unknown-parameter` */
export function parseOptions(fields: Iterable<[string, unknown]>): JobOptions {
  const set = [...fields].filter(([, value]) => value !== '');
  const repeated = set.find(([, value]) => Array.isArray(value))?.[0];
  const unknown = set.find(([name]) => acceptedBy(name) === undefined);
  if (unknown !== undefined) throw unknownParameter(unknown[0]);
  if (repeated !== undefined) {
    const detail = `"${repeated}" was given more than once.`;
    throw new Problem('invalid-parameter', { ...invalidOption(repeated), detail });
  }
  const parsed = jobOptionsSchema.safeParse(withPreset(Object.fromEntries(set)));
  if (parsed.success) return parsed.data;
  throw new Problem('invalid-parameter', optionRefusal(parsed.error));
}

/** The problem of an unknown name. The name is not echoed; known names that it resembles are listed. */
export function unknownParameter(
  name: string,
  known: readonly string[] = Object.keys(jobOptionsSchema.shape),
): Problem {
  const near = nearestNames(name, known);
  const question = near.length === 0 ? '' : `Did you mean ${near.map((each) => `"${each}"`).join(' or ')}? `;
  return new Problem('unknown-parameter', {
    accepted: near.length === 0 ? known : near,
    detail: `${question}Known parameters: ${known.join(', ')}.`,
  });
}

/**
 * Checks that the files of a request have an effect beside its options.
 * @param roles of its files
 * @throws Problem `multiple-backgrounds` | `invalid-parameter`
 */
export function checkFiles(roles: ReadonlySet<FileRole>, options: JobOptions): void {
  const { bg_color, bg_gradient, background_blur, only, model } = options;
  const hasBackground = [bg_color, bg_gradient, background_blur].some((value) => value !== undefined);
  if (roles.has('background') && hasBackground) throw new Problem('multiple-backgrounds');
  if (roles.has('background') && only !== 'cutout') {
    throw new Problem('invalid-parameter', {
      parameter: 'bg_image_file',
      accepted: ['an image, with only=cutout'],
      detail: '"bg_image_file" requires only=cutout: other results have no background.',
    });
  }
  if (roles.has('mask') && model !== undefined) {
    throw new Problem('invalid-parameter', {
      parameter: 'model',
      accepted: ['no model, with a mask'],
      detail: '"model" cannot be combined with a file in "mask": the mask takes the place of the model.',
    });
  }
}

/** The problem of a missing image, with the fields that may contain it and the fields that were sent. */
export function missingImage(expected: readonly string[], found: FormContent): Problem {
  const names = [...found.texts.keys(), ...found.empty, ...found.ignored];
  const instead = names.length === 0 ? '' : ` Fields that were sent: ${names.join(', ')}.`;
  const empty = found.empty.length === 0 ? '' : ` Empty: ${found.empty.join(', ')}.`;
  return new Problem('missing-image', {
    ...{ expected, found: names },
    detail: `Send the image as one of these form fields: ${expected.join(', ')}; or its bytes as the body.${instead}${empty}`,
  });
}

/** Query parameters that are not image options. */
const NOT_OPTIONS = new Set(['token', 'wait']);

/** Field with the URL of the image, in a form or a JSON object. It is not read from the query, which proxies log. */
const ADDRESS = 'image_url';

/**
 * Reads uploads of the native endpoints: a body that is an image, with options in the query; or a form (multipart,
 * urlencoded or one JSON object) with options as fields, the image in `image`, or in any field if it is the only file, and
 * optionally a background in `bg_image_file` and a mask in `mask`. A form may contain the URL of the image in `image_url`, from which it is
 * downloaded. Unknown fields are ignored, unless they resemble an option.
 * @param extra additional fields of an endpoint
 * @throws Problem `missing-image` | `multiple-images` | `multiple-backgrounds` | `multiple-masks` | `image-too-large` |
 * `malformed-multipart` | `image-url-off` and others
 */
export function nativeUpload(
  images: RemoteImageService,
  extra: Record<string, FieldSpec> = {},
): UploadSource {
  const texts = { ...optionFields(), [ADDRESS]: text(MAX_URL_CHARACTERS), ...extra };
  const files = {
    image: file('input', 'any'),
    bg_image_file: file('background', 'any'),
    mask: file('mask', 'any'),
  };
  const table = new FieldTable({ ...texts, ...files }, true);
  return async (request, target) => {
    const values = new Values(request, Object.keys(extra));
    const form = await readUpload(request, { table, target, beforeImage: () => void values.parse() });
    const address = addressIn(form);
    if (!form.files.has('input') && address === '') throw missingImage(['image', ADDRESS], form);
    const misspelled = form.ignored.find(
      (name) => nearestNames(name, Object.keys(jobOptionsSchema.shape)).length > 0,
    );
    if (misspelled !== undefined) throw unknownParameter(misspelled);
    values.add(form.texts);
    const content = values.parse();
    checkFiles(form.files, content.options);
    if (address !== '') await fetchImage(address, { request, images, target });
    return { ...content, ignored: form.ignored };
  };
}

async function fetchImage(
  address: string,
  call: { request: FastifyRequest; images: RemoteImageService; target: UploadTarget },
): Promise<void> {
  const { maxBytes, writeFile } = call.target;
  await whileConnected(call.request, (signal) =>
    writeFile('input', new ByteBudget(maxBytes).limit(call.images.fetch(address, { signal, maxBytes }))),
  );
}

/** The URL of the image; empty when there is none. @throws Problem `multiple-images` | `invalid-parameter` */
function addressIn({ texts, repeated, files }: FormContent): string {
  const address = texts.get(ADDRESS);
  if (address === undefined) return '';
  if (address.kind !== 'text') {
    throw new Problem('invalid-parameter', {
      ...{ parameter: ADDRESS, accepted: ['an http or https URL'] },
      detail: `"${ADDRESS}" must be a text: an http or https URL.`,
    });
  }
  const isSecond = files.has('input') && address.text !== '';
  if (isSecond || repeated.has(ADDRESS)) throw new Problem('multiple-images');
  return address.text.trim();
}

/** Options and extra fields, from the query and the body. */
class Values {
  private readonly values: Map<string, unknown>;

  constructor(
    { query }: FastifyRequest,
    private readonly extra: readonly string[],
  ) {
    const given = Object.entries(query as Record<string, unknown>);
    this.values = new Map(given.filter(([name]) => !NOT_OPTIONS.has(name)));
  }

  add(texts: ReadonlyMap<string, FieldText>): void {
    for (const [name, value] of texts) if (name !== ADDRESS) this.values.set(name, valueOf(value));
  }

  /** @throws Problem `invalid-parameter` | `unknown-parameter` */
  parse(): Omit<UploadContent, 'ignored'> {
    const extraFields = new Map<string, string>();
    for (const name of this.extra) {
      const value = this.values.get(name) ?? '';
      if (typeof value !== 'string') throw new Problem('invalid-parameter', mustBe(name, ['one text']));
      if (value !== '') extraFields.set(name, value);
    }
    const options = [...this.values].filter(([name]) => !this.extra.includes(name));
    return { options: parseOptions(options), extraFields };
  }
}

/** The value of a field. Objects, arrays and `null` are not valid for any option. */
export function valueOf({ text: value, kind }: FieldText): unknown {
  if (kind === 'text') return value;
  return kind === 'literal' ? JSON.parse(value) : null;
}
