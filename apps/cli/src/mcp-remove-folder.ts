import { lstat } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { z } from 'zod';
import type { JobOptions, ResultFormat } from '#contracts/job-options.js';
import type { BatchImage, BatchOutcome } from '#sdk/in-flight-window.js';
import { durationText } from './progress-display.js';
import { patternToRegExp } from './glob-pattern.js';
import {
  countField,
  flagField,
  inputSchemaOf,
  outputSchemaOf,
  pathField,
  readToolArguments,
  textField,
  toolOptions,
} from './mcp-arguments.js';
import { faultFacts, faultLine, ToolFault } from './mcp-fault.js';
import { imageFile } from './mcp-remove.js';
import { receiptOf } from './mcp-receipt.js';
import { resultSchema, resultView, type ResultView } from './mcp-result-facts.js';
import type { OpenService } from './mcp-service.js';
import type { Tool, ToolAnswer, ToolCall } from './mcp-tool.js';
import { PHOTO_EXTENSIONS, photosIn, readPhoto, type Photo } from './photo-files.js';
import {
  existingResult,
  formatOf,
  formatsOf,
  rejectCollisions,
  resultPath,
  writeAtomically,
  type Wanted,
} from './result-files.js';
import { recipeOf, ResultRecords } from './result-records.js';

/** Entries of each list in an answer: a folder may have thousands. */
const MAX_LISTED = 50;
/** The same for its sentences. */
const MAX_IN_TEXT = 10;

const PATTERN = 'a pattern such as "*.jpg" or "shoes/**/*.png"';

const fields = {
  input_folder: pathField('Folder with the images'),
  output_folder: pathField(
    'Folder for the results; created if necessary. a/b.jpg becomes a/b.FORMAT in it. Must differ from `input_folder`',
  ),
  pattern: textField(
    PATTERN,
    'Images to select, such as `*.jpg` (a file name in any folder) or `shoes/**/*.png` (a path). Default: all images',
  ).optional(),
  recursive: flagField(true, 'Include subfolders'),
  overwrite: flagField(
    false,
    'Replace results that were made with other options, were edited, or are older than their image. Results that were made ' +
      'with the same options are skipped in both cases',
  ),
  concurrency: countField({ min: 1, max: 256, standard: 32 }, 'Images at the service at a time'),
  bg_image_path: pathField('Image behind each subject; it is scaled to fill the result').optional(),
  receipts_folder: pathField(
    'Folder for the signed deletion receipts, one for each image. Existing ones are kept, unless `overwrite` is set',
  ).optional(),
};

const failureSchema = z.object({ image_path: z.string(), code: z.string(), message: z.string() });

const schema = z.object({
  output_folder: z.string(),
  total: z.int().describe('Selected images'),
  done: z.int().describe('Results written by this call'),
  skipped: z.int().describe('Results that existed, made with the same options'),
  kept: z.int().describe('Other existing files, which were not replaced'),
  failed: z.int(),
  results: z.array(resultSchema).describe(`The first ${MAX_LISTED} results of this call`),
  low_confidence: z
    .array(z.object({ output_path: z.string(), confidence: z.number() }))
    .describe(`The ${MAX_LISTED} lowest of the results with the hint \`low-confidence\`: look at them`),
  kept_paths: z.array(z.string()).describe(`The first ${MAX_LISTED}`),
  failures: z.array(failureSchema).describe(`The first ${MAX_LISTED}`),
  receipts: z
    .object({ folder: z.string(), count: z.int(), last_deleted_at: z.string().optional() })
    .optional(),
});

/** What a run does. */
interface FolderPlan {
  input: string;
  output: string;
  options: Partial<JobOptions>;
  format: ResultFormat | 'auto';
  background: Blob | undefined;
  recipe: string;
  records: ResultRecords;
  overwrite: boolean;
  concurrency: number;
  receipts: string | undefined;
}

/** Processes the images of a folder, and counts outcomes. */
class FolderRun {
  private readonly results: ResultView[] = [];
  private readonly failures: z.output<typeof failureSchema>[] = [];
  private readonly kept: string[] = [];
  private done = 0;
  private skipped = 0;
  private receiptCount = 0;
  private lastDeletedAt: string | undefined;
  private readonly doubtful: { output_path: string; confidence: number }[] = [];

  constructor(
    private readonly plan: FolderPlan,
    private readonly call: ToolCall,
    private readonly photos: readonly Photo[],
  ) {}

  /** @throws an error that ends the run; it says how far the run came */
  async run(): Promise<ToolAnswer> {
    const todo = await this.withoutResult();
    try {
      if (todo.length > 0) await this.process(todo);
    } catch (error) {
      this.call.signal.throwIfAborted();
      const { code, message } = faultFacts(error);
      const sentence = message.replace(/[.\s]+$/, '');
      throw new ToolFault(code, `${sentence}. ${this.counts()} so far. The same call continues`);
    }
    return { text: this.sentences().join('\n'), facts: this.facts() };
  }

  private get target(): { kind: 'folder'; path: string } {
    return { kind: 'folder', path: this.plan.output };
  }

  /** The images to process. Counts the others. */
  private async withoutResult(): Promise<Photo[]> {
    const { plan, target } = this;
    const wanted: Wanted = { target, format: plan.format, recipe: plan.recipe, records: plan.records };
    const todo: Photo[] = [];
    for (const photo of this.photos) {
      this.call.signal.throwIfAborted();
      const existing = await existingResult(photo, wanted);
      const file = existing?.file ?? (await this.anyFile(photo));
      if (existing?.madeWith === 'same-options') this.skipped += 1;
      else if (file !== undefined && !plan.overwrite) this.kept.push(file);
      else todo.push(photo);
    }
    return todo;
  }

  /** A file that has the name of the result of a photo. */
  private async anyFile(photo: Photo): Promise<string | undefined> {
    for (const format of formatsOf(this.plan.format)) {
      const file = resultPath(photo, this.target, format);
      if ((await lstat(file).catch(() => undefined)) !== undefined) return file;
    }
    return undefined;
  }

  private async process(todo: readonly Photo[]): Promise<void> {
    const { service, signal, folders } = this.call;
    const { options, background, concurrency: window } = this.plan;
    const open = await service.open(signal, options.model);
    const images = todo.map((photo, at): BatchImage => ({
      name: String(at),
      image: async () => readPhoto(await imageFile(folders, 'input_folder', photo.path), process.stdin),
    }));
    const onWait = ({ code, ms }: { code: string; ms: number }): void =>
      this.report(`${this.counts()}; retrying in ${durationText(ms)} (${code})`);
    this.report(this.counts());
    for await (const outcome of open.client.batch(images, { options, window, background, signal, onWait })) {
      const photo = todo[Number(outcome.name)];
      if (photo === undefined) continue;
      if (outcome.ok) await this.save(photo, outcome, open);
      else this.fail(photo, outcome.error);
      this.report(this.counts());
    }
  }

  /** Writes a result, and its receipt. An error of the disk, such as a full one, ends the run. */
  private async save(photo: Photo, outcome: BatchOutcome & { ok: true }, open: OpenService): Promise<void> {
    const { plan, call } = this;
    try {
      const named = resultPath(photo, this.target, outcome.facts.format);
      // A folder in the output folder may be a link that leads elsewhere.
      const { path } = await call.folders.writable('output_folder', named);
      const bytes = await outcome.image.bytes();
      call.signal.throwIfAborted();
      await writeAtomically(path, bytes, plan.overwrite);
      await plan.records.add(path, { bytes: bytes.length, recipe: plan.recipe });
      this.count(resultView(path, outcome.facts));
      if (plan.receipts !== undefined)
        await this.saveReceipt(photo, { outcome, open, folder: plan.receipts });
    } catch (error) {
      call.signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') this.kept.push(resultPath(photo, this.target, outcome.facts.format));
      else if (error instanceof ToolFault) this.fail(photo, error);
      else throw error;
    }
  }

  private count(view: ResultView): void {
    const { output_path, confidence, hints } = view;
    this.done += 1;
    if (this.results.length < MAX_LISTED) this.results.push(view);
    if (confidence !== undefined && hints.includes('low-confidence'))
      this.doubtful.push({ output_path, confidence });
  }

  private async saveReceipt(
    photo: Photo,
    { outcome, open, folder }: { outcome: BatchOutcome & { ok: true }; open: OpenService; folder: string },
  ): Promise<void> {
    const { folders, signal, warn } = this.call;
    const { relativePath: name } = photo;
    try {
      const { receipt, claims } = await receiptOf(open, outcome.job, signal);
      const wanted = `${join(folder, name.slice(0, name.length - extname(name).length))}.jws`;
      const { path } = await folders.writable('receipts_folder', wanted);
      await writeAtomically(path, Buffer.from(`${receipt}\n`), this.plan.overwrite);
      this.receiptCount += 1;
      this.lastDeletedAt = claims.purged_at;
    } catch (error) {
      signal.throwIfAborted();
      warn(`No receipt for ${photo.path}: ${faultLine(faultFacts(error))}`);
    }
  }

  private fail(photo: Photo, error: unknown): void {
    const cause = error instanceof Error && error.cause instanceof ToolFault ? error.cause : error;
    const failure = { image_path: photo.path, ...faultFacts(cause) };
    this.failures.push(failure);
    this.call.warn(`${photo.path}: ${faultLine(failure)}`);
  }

  private get ended(): number {
    return this.done + this.skipped + this.kept.length + this.failures.length;
  }

  private report(message: string): void {
    this.call.progress.report(this.ended, message, this.photos.length);
  }

  /** `7 of 12 images: 5 done, 1 skipped, 1 failed`. */
  private counts(): string {
    const { done, skipped, kept, failures } = this;
    const parts = [
      `${done} done`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(kept.length > 0 ? [`${kept.length} kept`] : []),
      ...(failures.length > 0 ? [`${failures.length} failed`] : []),
    ];
    return `${this.ended} of ${this.photos.length} images: ${parts.join(', ')}`;
  }

  private sentences(): string[] {
    const { plan, doubtful, failures, kept } = this;
    return [
      `${this.counts()}. Results are in ${plan.output}.`,
      ...(kept.length === 0
        ? []
        : [`Kept, as "overwrite" is not set: ${listText(kept.map((path) => basename(path)))}.`]),
      ...(doubtful.length === 0
        ? []
        : [
            `Low confidence, look at: ${listText(this.lowConfidence().map(({ output_path: path, confidence }) => `${path} (${confidence.toFixed(2)})`))}.`,
          ]),
      ...failures
        .slice(0, MAX_IN_TEXT)
        .map((failure) => `Failed: ${failure.image_path}: ${faultLine(failure)}`),
      ...(failures.length > MAX_IN_TEXT ? [`${failures.length - MAX_IN_TEXT} more failed.`] : []),
      ...(plan.receipts === undefined
        ? []
        : [
            `${this.receiptCount} of ${this.done} verified deletion receipts are in ${plan.receipts}.` +
              (this.lastDeletedAt === undefined ? '' : ` Last deletion: ${this.lastDeletedAt}.`),
          ]),
    ];
  }

  private lowConfidence(): { output_path: string; confidence: number }[] {
    return this.doubtful.sort((a, b) => a.confidence - b.confidence).slice(0, MAX_LISTED);
  }

  private facts(): z.output<typeof schema> {
    const { plan, lastDeletedAt } = this;
    return {
      ...{ output_folder: plan.output, total: this.photos.length, done: this.done, skipped: this.skipped },
      ...{ kept: this.kept.length, failed: this.failures.length, results: this.results },
      low_confidence: this.lowConfidence(),
      kept_paths: this.kept.slice(0, MAX_LISTED),
      failures: this.failures.slice(0, MAX_LISTED),
      ...(plan.receipts !== undefined && {
        receipts: {
          ...{ folder: plan.receipts, count: this.receiptCount },
          ...(lastDeletedAt !== undefined && { last_deleted_at: lastDeletedAt }),
        },
      }),
    };
  }
}

/** The first ones, then how many more. */
function listText(texts: readonly string[]): string {
  const shown = texts.slice(0, MAX_IN_TEXT).join(', ');
  return texts.length > MAX_IN_TEXT ? `${shown} and ${texts.length - MAX_IN_TEXT} more` : shown;
}

/** Selects by file name where the pattern has no folder, otherwise by the path in the folder. */
function selector(folder: string, pattern: string | undefined): (path: string) => boolean {
  if (pattern === undefined) return () => true;
  const expression = expressionOf(pattern);
  if (!pattern.includes('/')) return (path) => expression.test(basename(path));
  return (path) => expression.test(path.slice(folder.split(sep).join('/').length + 1));
}

/** @throws ToolFault for sets such as `[z-a]` */
function expressionOf(pattern: string): RegExp {
  try {
    return patternToRegExp(pattern);
  } catch {
    throw new ToolFault('invalid-argument', `"pattern" must be ${PATTERN}`);
  }
}

async function removeFolder(call: ToolCall): Promise<ToolAnswer> {
  const { folders } = call;
  const { own, options: given } = readToolArguments(fields, true, call.given);
  const options = toolOptions(given);
  const input = await folders.folder('input_folder', own.input_folder);
  const output = await folders.writableFolder('output_folder', own.output_folder);
  if (input === output)
    throw new ToolFault('invalid-argument', '"output_folder" must be a different folder from "input_folder"');
  const receipts =
    own.receipts_folder === undefined
      ? undefined
      : await folders.writableFolder('receipts_folder', own.receipts_folder);
  const background =
    own.bg_image_path === undefined
      ? undefined
      : await readPhoto(await imageFile(folders, 'bg_image_path', own.bg_image_path), process.stdin);
  const records = new ResultRecords();
  const isFlat = !own.recursive;
  const photos = await photosIn(input, selector(input, own.pattern), { out: output, records, isFlat });
  if (photos.length === 0) {
    const what =
      own.pattern === undefined ? `image (${PHOTO_EXTENSIONS})` : `image that matches ${own.pattern}`;
    throw new ToolFault(
      'file-not-found',
      `There is no ${what} in ${input}. Results of earlier runs do not count`,
    );
  }
  const format = formatOf(options);
  rejectCollisions(photos, { kind: 'folder', path: output }, format, 'Select one of them with "pattern".');
  const files = background === undefined ? {} : { bg_image: new Uint8Array(await background.arrayBuffer()) };
  const { overwrite, concurrency } = own;
  const plan = {
    ...{ input, output, options, format, background, recipe: recipeOf(options, files), records },
    ...{ overwrite, concurrency, receipts },
  };
  return new FolderRun(plan, call, photos).run();
}

/** Cuts out the images of a folder. */
export const removeBackgroundFolderTool: Tool = {
  name: 'remove_background_folder',
  title: 'Remove the backgrounds of a folder of images',
  description:
    'Removes the backgrounds of the images in a folder and writes the results to another folder. A call that was cut off is ' +
    'continued by the same call: results that exist are skipped. The image options are those of remove_background, which ' +
    'describes them.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  inputSchema: inputSchemaOf(fields, 'undescribed'),
  outputSchema: outputSchemaOf(schema),
  run: removeFolder,
};
