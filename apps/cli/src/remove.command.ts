import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { BatchImage } from '#sdk/in-flight-window.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import type { CutoutProgress } from '#sdk/cutout-run.js';
import type { JobKey } from '#sdk/job-client.js';
import type { RemoveBg } from '#sdk/removebg-client.js';
import type { CutoutFacts } from '#sdk/cutout-image.js';
import type { Arguments } from './argument-reader.js';
import { CommandError } from './exit-codes.js';
import { FLAGS } from './flag-table.js';
import {
  findPhotos,
  readPhoto,
  rejectResultArguments,
  type Photo,
  type PhotoSelection,
} from './photo-files.js';
import { ProgressDisplay, durationText } from './progress-display.js';
import {
  existingResult,
  formatFor,
  formatOf,
  rejectCollisions,
  resultPath,
  targetOf,
  writeAtomically,
  type Target,
  type Wanted,
} from './result-files.js';
import { recipeOf, ResultRecords } from './result-records.js';
import { reasonOf, RunReport } from './run-report.js';
import { runSettings, type RunSettings } from './run-settings.js';
import { isFatal, isFull, withService } from './service-session.js';

/** Streams and environment of a command. */
export type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

/** What a run does. */
interface Plan {
  settings: RunSettings;
  target: Target;
  background: Blob | undefined;
  /** Only for a single photo. */
  mask: Blob | undefined;
  /** `recipeOf` the options, the background and the mask. */
  recipe: string;
  records: ResultRecords;
}

/** Processes the selected photos. */
class RemoveCommand {
  private readonly settings: RunSettings;
  private readonly target: Target;
  private readonly display: ProgressDisplay;

  constructor(
    private readonly plan: Plan,
    private readonly terminal: Terminal,
    private readonly signal: AbortSignal,
  ) {
    const { settings, target } = plan;
    this.settings = settings;
    this.target = target;
    const { isQuiet, isJson } = settings;
    const isMixed = isJson && terminal.stdout.isTTY;
    this.display = new ProgressDisplay(terminal.stderr, { isQuiet: isQuiet || isMixed, env: terminal.env });
  }

  /** Returns the exit code. */
  async run({ photos, isSingleFile }: PhotoSelection): Promise<number> {
    const { isJson, overwrite, minConfidence } = this.settings;
    const { stdout } = this.terminal;
    const writeLine = isJson ? (line: string): void => void stdout.write(line) : undefined;
    const report = new RunReport(photos.length, this.display, { json: writeLine, minConfidence });
    // A single named photo is always processed.
    const todo = overwrite || isSingleFile ? [...photos] : await this.withoutResult(photos, report);
    try {
      if (todo.length > 0) {
        const { settings, terminal, display, signal } = this;
        const models = settings.options.model === undefined ? [] : [settings.options.model];
        await withService({ settings, models, env: terminal.env, display, signal }, (client) =>
          this.cutOut(client, todo, report),
        );
      }
    } catch (error) {
      report.end();
      throw error;
    }
    return report.end();
  }

  /** The photos to process: those without a result, or with one from other options. Reports the others as skipped. */
  private async withoutResult(photos: readonly Photo[], report: RunReport): Promise<Photo[]> {
    const format = formatOf(this.settings.options);
    const wanted: Wanted = { ...this.plan, format };
    const missing: Photo[] = [];
    for (const photo of photos) {
      const existing = await existingResult(photo, wanted);
      if (existing === undefined || existing.madeWith === 'other-options') missing.push(photo);
      else report.skipped(photo, existing);
    }
    return missing;
  }

  private async cutOut(client: RemoveBg, todo: readonly Photo[], report: RunReport): Promise<void> {
    const [only] = todo;
    if (report.tally.total === 1 && only !== undefined) await this.processOne(client, only, report);
    else await this.processMany(client, todo, report);
  }

  private async processOne(client: RemoveBg, photo: Photo, report: RunReport): Promise<void> {
    const { options } = this.settings;
    const { background, mask } = this.plan;
    const { signal } = this;
    const onProgress = (progress: CutoutProgress): void =>
      this.display.state(`${photo.path}: ${progressText(progress)}`);
    try {
      const image = await readPhoto(photo.path, this.terminal.stdin);
      const isWatched = this.terminal.stderr.isTTY && !this.settings.isQuiet;
      const watch = isWatched ? { onProgress } : {};
      const cutout = await client.remove(image, options, { signal, background, mask, ...watch });
      const file = await this.save(photo, cutout, client);
      report.done(photo, { file, facts: cutout.facts, job: cutout.job.id });
    } catch (error) {
      if (signal.aborted || isFatal(error)) throw error;
      report.failed(photo, error);
    }
  }

  private async processMany(client: RemoveBg, todo: readonly Photo[], report: RunReport): Promise<void> {
    const { options, concurrency: window } = this.settings;
    const { background } = this.plan;
    const { signal, display } = this;
    const images = todo.map((photo, at): BatchImage => ({
      name: String(at),
      image: () => readPhoto(photo.path, this.terminal.stdin),
    }));
    const onWait = ({ code, ms }: { code: string; ms: number }): void => {
      // These are normal while the window is full.
      if (!isFull(code)) display.state(`retrying in ${durationText(ms)} (${code})`);
    };
    display.start(report.tally);
    for await (const outcome of client.batch(images, { options, window, background, signal, onWait })) {
      const photo = todo[Number(outcome.name)];
      if (photo === undefined) continue;
      if (!outcome.ok) report.failed(photo, outcome.error);
      else await this.saveOutcome(photo, outcome, { client, report });
    }
  }

  private async saveOutcome(
    photo: Photo,
    outcome: Result,
    { client, report }: { client: RemoveBg; report: RunReport },
  ): Promise<void> {
    try {
      const file = await this.save(photo, outcome, client);
      report.done(photo, { file, facts: outcome.facts, job: outcome.job?.id });
    } catch (error) {
      // A missing receipt fails this photo only. Other errors, such as a full disk, end the run.
      if (!(error instanceof RemoveBgError) || this.signal.aborted || isFatal(error)) throw error;
      report.failed(photo, error);
    }
  }

  /** Writes a result, and its receipt with `--receipts`. Returns the path. */
  private async save(photo: Photo, result: Result, client: RemoveBg): Promise<string> {
    const bytes = new Uint8Array(await result.image.arrayBuffer());
    const { receipts } = this.settings;
    const { stdout } = this.terminal;
    let file = '-';
    if (this.target.kind !== 'stdout') {
      file = resultPath(photo, this.target, result.facts.format);
      await writeAtomically(file, bytes);
      await this.plan.records.add(file, { bytes: bytes.length, recipe: this.plan.recipe });
    } else if (!stdout.write(bytes)) await once(stdout, 'drain');
    if (receipts !== undefined && result.job !== undefined) {
      const receipt = await client.receipt(result.job, { signal: this.signal });
      const name = photo.path === '-' ? 'stdin' : photo.relativePath;
      const stem = name.slice(0, name.length - extname(name).length);
      await writeAtomically(`${join(receipts, stem)}.jws`, Buffer.from(`${receipt}\n`));
    }
    return file;
  }
}

interface Result {
  image: Blob;
  facts: CutoutFacts;
  job: JobKey | undefined;
}

/** The progress of an image, in a few words. */
export function progressText(progress: CutoutProgress): string {
  switch (progress.state) {
    case 'queued': {
      const { position, etaMs, workerStarting } = progress;
      if (workerStarting === true) return 'queued, a worker is starting';
      const text = position === undefined ? 'queued' : `queued at position ${position}`;
      return etaMs === undefined ? text : `${text}, about ${durationText(etaMs)} left`;
    }
    case 'running':
      return `${progress.stage ?? 'started'} ${Math.round(progress.percent)}%`;
    case 'waiting':
      return `retrying in ${durationText(progress.ms)} (${progress.code})`;
    case 'sending':
    case 'fetching':
      return progress.state;
  }
}

/**
 * `removebg PHOTO…`. Returns the exit code.
 * @throws CommandError | RemoveBgError an error that would fail every photo | the signal's reason
 */
export async function removeCommand(
  args: Arguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  rejectBatchOptions(args);
  const settings = await runSettings(args, terminal.env);
  if (settings.out === undefined) await rejectResultArguments(args.words);
  const records = new ResultRecords();
  const selection = await findPhotos(args.words, { out: settings.out, records });
  const target = await targetOf(settings.out, selection);
  rejectMixedOutput(target, settings, terminal);
  const format = formatFor(target, settings.options.format);
  const options = { ...settings.options, ...(format !== undefined && { format }) };
  rejectCollisions(selection.photos, target, formatOf(options));
  if (settings.maskPath !== undefined && selection.photos.length > 1) {
    throw new CommandError('--mask belongs to one photo: give a single photo with it.');
  }
  const background = await fileOf('bg-image', settings.backgroundPath, terminal);
  const mask = await fileOf('mask', settings.maskPath, terminal);
  const files = {
    ...(background !== undefined && { bg_image: await bytesOf(background) }),
    ...(mask !== undefined && { mask: await bytesOf(mask) }),
  };
  const plan = {
    ...{ settings: { ...settings, options }, target, background, mask },
    ...{ recipe: recipeOf(options, files), records },
  };
  return new RemoveCommand(plan, terminal, signal).run(selection);
}

/** @throws CommandError for an option of `removebg batch` */
function rejectBatchOptions({ values }: Arguments): void {
  const flag = FLAGS.find(({ name, group }) => group === 'Batch' && values.has(name));
  if (flag !== undefined)
    throw new CommandError(`--${flag.name} belongs to a manifest: removebg batch jobs.jsonl`);
}

/** @throws CommandError if the image would go to a terminal, or mix with JSON lines */
function rejectMixedOutput(target: Target, { isJson }: RunSettings, { stdout }: Terminal): void {
  if (target.kind !== 'stdout') return;
  if (stdout.isTTY) {
    throw new CommandError('Refusing to write an image to a terminal. Use --out FILE or a pipe.');
  }
  if (isJson)
    throw new CommandError('--json and the image would both go to the standard output. Use --out FILE.');
}

const bytesOf = async (file: Blob): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

/** The file that an option names. @throws CommandError when it cannot be read */
async function fileOf(
  option: string,
  path: string | undefined,
  { stdin }: Terminal,
): Promise<Blob | undefined> {
  if (path === undefined) return undefined;
  return readPhoto(path, stdin).catch((error: unknown) => {
    throw new CommandError(`Cannot read --${option} ${path}: ${reasonOf(error)}.`);
  });
}
