import { type z } from 'zod';
import type { JobOptions } from '#contracts/job-options.js';
import type { Cutout, CutoutProgress } from '#sdk/cutout-run.js';
import {
  flagField,
  inputSchemaOf,
  outputSchemaOf,
  pathField,
  readToolArguments,
  toolOptions,
} from './mcp-arguments.js';
import { ToolFault } from './mcp-fault.js';
import type { AllowedFolders } from './mcp-folders.js';
import type { ProgressReporter } from './mcp-progress.js';
import { noReceiptSentence, receiptOf, receiptSchema } from './mcp-receipt.js';
import { resultSchema, resultSentences, resultView } from './mcp-result-facts.js';
import type { OpenService } from './mcp-service.js';
import type { Tool, ToolAnswer, ToolCall } from './mcp-tool.js';
import { isPhotoName, PHOTO_EXTENSIONS, readPhoto, type Photo } from './photo-files.js';
import { progressText } from './remove.command.js';
import {
  formatFor,
  formatNamedBy,
  formatOf,
  formatsOf,
  resultPath,
  writeAtomically,
} from './result-files.js';
import { recipeOf, ResultRecords } from './result-records.js';

const fields = {
  image_path: pathField(`Image to cut out (${PHOTO_EXTENSIONS})`),
  output_path: pathField(
    'File for the result; its extension sets `format`. Default: NAME-cutout.FORMAT next to the image',
  ).optional(),
  overwrite: flagField(false, 'Replace the file at `output_path` and `receipt_path`, if there is one'),
  bg_image_path: pathField('Image behind the subject; it is scaled to fill the result').optional(),
  mask_path: pathField(
    'Mask in place of the model: a matte or a trimap, gray or as alpha, in the proportions of the image',
  ).optional(),
  receipt_path: pathField('File for the signed deletion receipt, such as photo.jws').optional(),
};

/** The images of a call, and where its files go. */
interface Places {
  image: string;
  background: string | undefined;
  mask: string | undefined;
  /** Undefined: next to the image. */
  output: string | undefined;
  receipt: string | undefined;
}

/** An image to read. @throws ToolFault */
export async function imageFile(folders: AllowedFolders, argument: string, given: string): Promise<string> {
  const path = await folders.file(argument, given);
  if (isPhotoName(path)) return path;
  throw new ToolFault(
    'invalid-argument',
    `"${argument}" must be an image (${PHOTO_EXTENSIONS}), and ${path} is not`,
  );
}

/** A file to write. @throws ToolFault if it exists and may not be replaced */
async function newFile(
  folders: AllowedFolders,
  argument: string,
  { given, overwrite }: { given: string; overwrite: boolean },
): Promise<string> {
  const { path, exists } = await folders.writable(argument, given);
  if (!exists || overwrite) return path;
  throw new ToolFault(
    'output-exists',
    `${path} exists. Choose another "${argument}", or set "overwrite" to true to replace it`,
  );
}

async function placesOf(
  { folders }: ToolCall,
  own: ReturnType<typeof readToolArguments<typeof fields>>['own'],
  options: Partial<JobOptions>,
): Promise<Places> {
  const { overwrite } = own;
  const optional = async (argument: 'bg_image_path' | 'mask_path'): Promise<string | undefined> =>
    own[argument] === undefined ? undefined : imageFile(folders, argument, own[argument]);
  const [image, background, mask] = [
    await imageFile(folders, 'image_path', own.image_path),
    await optional('bg_image_path'),
    await optional('mask_path'),
  ];
  const write = (argument: string, given: string): Promise<string> =>
    newFile(folders, argument, { given, overwrite });
  const output = own.output_path === undefined ? undefined : await write('output_path', own.output_path);
  const receipt = own.receipt_path === undefined ? undefined : await write('receipt_path', own.receipt_path);
  for (const path of [output, receipt]) {
    if (path !== undefined && [image, background, mask].includes(path))
      throw new ToolFault('invalid-argument', `The result would replace an image that is read: ${path}`);
  }
  const outputs = output === undefined ? besideImage(image, options) : [output];
  if (output === undefined) for (const path of outputs) await write('output_path', path);
  if (receipt !== undefined && outputs.includes(receipt))
    throw new ToolFault('invalid-argument', `"receipt_path" would replace the result: ${receipt}`);
  return { image, background, mask, output, receipt };
}

/** The files that the result can become without `output_path`. */
const besideImage = (image: string, options: Partial<JobOptions>): string[] =>
  formatsOf(formatOf(options)).map((format) => resultPath(photoAt(image), { kind: 'beside' }, format));

const photoAt = (path: string): Photo => ({ path, relativePath: path, changedMs: 0 });

/** Position of each state on the way to the result, in percent. */
function percentOf(progress: CutoutProgress): number {
  switch (progress.state) {
    case 'sending':
      return 2;
    case 'queued':
      return 8;
    case 'running':
      return 10 + Math.round(0.8 * progress.percent);
    case 'fetching':
      return 92;
    case 'waiting':
      return 0;
  }
}

const reportTo =
  (reporter: ProgressReporter) =>
  (progress: CutoutProgress): void =>
    reporter.report(percentOf(progress), progressText(progress));

/** Saves the receipt and says when the data was deleted. Its absence does not fail the call: the result is written. */
async function receiptFacts(
  open: OpenService,
  job: Cutout['job'],
  { path, overwrite, signal }: { path: string | undefined; overwrite: boolean; signal: AbortSignal },
): Promise<{ sentence: string; receipt?: z.output<typeof receiptSchema> }> {
  try {
    const { receipt, claims } = await receiptOf(open, job, signal);
    if (path !== undefined) await writeAtomically(path, Buffer.from(`${receipt}\n`), overwrite);
    const saved = path === undefined ? '' : ` Its receipt: ${path}.`;
    return {
      sentence: `The service deleted all data of the job by ${claims.purged_at} (signed receipt, verified).${saved}`,
      receipt: { deleted_at: claims.purged_at, ...(path !== undefined && { receipt_path: path }) },
    };
  } catch (error) {
    signal.throwIfAborted();
    return { sentence: noReceiptSentence(error) };
  }
}

async function remove(call: ToolCall): Promise<ToolAnswer> {
  const { signal, progress } = call;
  const { own, options: given } = readToolArguments(fields, true, call.given);
  const named = formatNamedBy(own.output_path ?? '');
  const checked = toolOptions(given, named);
  const target = { kind: 'file', path: own.output_path ?? '' } as const;
  const format = formatFor(target, checked.format, '"output_path"');
  const options: Partial<JobOptions> = { ...checked, ...(format !== undefined && { format }) };
  const places = await placesOf(call, own, options);
  const open = await call.service.open(signal, options.model);
  const read = async (path: string | undefined): Promise<Blob | undefined> =>
    path === undefined ? undefined : readPhoto(path, process.stdin);
  const [background, mask] = [await read(places.background), await read(places.mask)];
  const image = await readPhoto(places.image, process.stdin);
  const settings = { signal, background, mask, onProgress: reportTo(progress) };
  const cutout = await open.client.remove(image, options, settings);
  signal.throwIfAborted();
  const path = places.output ?? resultPath(photoAt(places.image), { kind: 'beside' }, cutout.facts.format);
  const bytes = await cutout.image.bytes();
  await writeAtomically(path, bytes, own.overwrite);
  progress.report(97, 'written; fetching the receipt');
  const files = {
    ...(background !== undefined && { bg_image: new Uint8Array(await background.arrayBuffer()) }),
    ...(mask !== undefined && { mask: new Uint8Array(await mask.arrayBuffer()) }),
  };
  await new ResultRecords().add(path, { bytes: bytes.length, recipe: recipeOf(options, files) });
  const saved = { path: places.receipt, overwrite: own.overwrite, signal };
  const { sentence, receipt } = await receiptFacts(open, cutout.job, saved);
  const view = resultView(path, cutout.facts);
  return {
    text: [...resultSentences(view), sentence].join(' '),
    facts: { ...view, ...(receipt !== undefined && { receipt }) },
  };
}

/** Cuts out one image, from a file to a file. */
export const removeBackgroundTool: Tool = {
  name: 'remove_background',
  title: 'Remove the background of an image',
  description:
    'Removes the background of an image file and writes the result to a file. Optionally crops, resizes, and adds a color, ' +
    'gradient, image or shadow. The service keeps no image data. Image content never passes through this conversation. ' +
    'For many images, use remove_background_folder.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  inputSchema: inputSchemaOf(fields, 'described'),
  outputSchema: outputSchemaOf(
    resultSchema.extend({
      receipt: receiptSchema.optional().describe('Absent when it could not be fetched'),
    }),
  ),
  run: remove,
};
