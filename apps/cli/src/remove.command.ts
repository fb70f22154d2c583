import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { BatchImage } from '#sdk/in-flight-window.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import type { CutoutProgress } from '#sdk/cutout-progress.js';
import type { JobKey } from '#sdk/job-client.js';
import { RemoveBg } from '#sdk/removebg-client.js';
import type { CutoutFacts } from '#sdk/result-facts.js';
import type { Arguments } from './argument-reader.js';
import { findCheckout } from './checkout.js';
import {
  existingResult,
  formatFor,
  placeOf,
  refuseCollisions,
  targetOf,
  type Target,
  type Wanted,
} from './cutout-places.js';
import { CommandError } from './exit-codes.js';
import { startLocal, type LocalService } from './local.service.js';
import { readPhoto } from './photo-bytes.js';
import { findPhotos, type Found, type Photo } from './photo-search.js';
import { ProgressDisplay, durationText } from './progress-display.js';
import { recipeOf, ResultRecords } from './result-records.js';
import { reasonOf, RunReport } from './run-report.js';
import { runSettings, type RunSettings } from './run-settings.js';
import { requireModel, requireService } from './service-reach.js';
import { writeWhole } from './whole-file.js';
import { refuseResultAsPhoto } from './word-check.js';

/** The process that a command runs in. */
export type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

const FULL: ReadonlySet<string> = new Set(['tenant-limit', 'capacity-exhausted']);

/** What a run is to do. */
interface Plan {
  settings: RunSettings;
  target: Target;
  background: Blob | undefined;
  /** `recipeOf` the options and the background. */
  recipe: string;
  records: ResultRecords;
}

/** Cuts out the photos that a command line names. */
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
  async run({ photos, isSingleFile }: Found): Promise<number> {
    const { isJson, overwrite } = this.settings;
    const { stdout } = this.terminal;
    const writeLine = isJson ? (line: string): void => void stdout.write(line) : undefined;
    const report = new RunReport(photos.length, this.display, writeLine);
    // Who names one photo wants its result now.
    const todo = overwrite || isSingleFile ? [...photos] : await this.missing(photos, report);
    try {
      if (todo.length > 0) await this.withService((client) => this.cutOut(client, todo, report));
    } catch (error) {
      report.end();
      throw error;
    }
    return report.end();
  }

  /** The photos without a result that was made with the same options. What may not be replaced is reported. */
  private async missing(photos: readonly Photo[], report: RunReport): Promise<Photo[]> {
    const format = this.settings.options.format ?? 'png';
    const wanted: Wanted = { ...this.plan, format };
    const missing: Photo[] = [];
    for (const photo of photos) {
      const existing = await existingResult(photo, wanted);
      if (existing === undefined || existing.made === 'otherwise') missing.push(photo);
      else report.skipped(photo, existing);
    }
    return missing;
  }

  private async withService(use: (client: RemoveBg) => Promise<void>): Promise<void> {
    const { isLocal, key, patienceMs, options } = this.settings;
    let local: LocalService | undefined;
    try {
      if (isLocal) {
        this.display.line('Starting the service for this run …');
        local = await startLocal(findCheckout(this.terminal.env, '--local'), this.terminal.env, this.signal);
      }
      const origin = local?.origin ?? this.settings.server;
      await requireService(origin, this.signal);
      if (options.model !== undefined)
        await requireModel(origin, options.model, { key, signal: this.signal });
      await use(new RemoveBg({ origin, patienceMs, ...(key !== undefined && { apiKey: key }) }));
    } finally {
      await local?.stop();
    }
  }

  private async cutOut(client: RemoveBg, todo: readonly Photo[], report: RunReport): Promise<void> {
    const [only] = todo;
    if (report.tally.total === 1 && only !== undefined) await this.one(client, only, report);
    else await this.many(client, todo, report);
  }

  private async one(client: RemoveBg, photo: Photo, report: RunReport): Promise<void> {
    const { options } = this.settings;
    const { background } = this.plan;
    const { signal } = this;
    const onProgress = (progress: CutoutProgress): void =>
      this.display.state(`${photo.path}: ${progressText(progress)}`);
    try {
      const image = await readPhoto(photo.path, this.terminal.stdin);
      const isWatched = this.terminal.stderr.isTTY && !this.settings.isQuiet;
      const watch = isWatched ? { onProgress } : {};
      const cutout = await client.remove(image, options, { signal, background, ...watch });
      const file = await this.keep(photo, cutout, client);
      report.done(photo, { file, facts: cutout.facts, job: cutout.job.id });
    } catch (error) {
      if (signal.aborted || isOfAll(error)) throw error;
      report.failed(photo, error);
    }
  }

  private async many(client: RemoveBg, todo: readonly Photo[], report: RunReport): Promise<void> {
    const { options, concurrency: window } = this.settings;
    const { background } = this.plan;
    const { signal, display } = this;
    const images = todo.map((photo, at): BatchImage => ({
      name: String(at),
      image: () => readPhoto(photo.path, this.terminal.stdin),
    }));
    const onWait = ({ code, ms }: { code: string; ms: number }): void => {
      // A full window is how it should be.
      if (!FULL.has(code)) display.state(`waiting ${durationText(ms)}: ${code}`);
    };
    display.start(report.tally);
    for await (const outcome of client.batch(images, { options, window, background, signal, onWait })) {
      const photo = todo[Number(outcome.name)];
      if (photo === undefined) continue;
      if (!outcome.ok) report.failed(photo, outcome.error);
      else await this.keepOne(photo, outcome, { client, report });
    }
  }

  private async keepOne(
    photo: Photo,
    outcome: Kept,
    { client, report }: { client: RemoveBg; report: RunReport },
  ): Promise<void> {
    try {
      const file = await this.keep(photo, outcome, client);
      report.done(photo, { file, facts: outcome.facts, job: outcome.job?.id });
    } catch (error) {
      // A receipt that cannot be had is this photo's matter; a disk that is full is everybody's.
      if (!(error instanceof RemoveBgError) || this.signal.aborted || isOfAll(error)) throw error;
      report.failed(photo, error);
    }
  }

  /** Writes a result, and its receipt where these are wanted; returns where to. */
  private async keep(photo: Photo, result: Kept, client: RemoveBg): Promise<string> {
    const bytes = new Uint8Array(await result.image.arrayBuffer());
    const { receipts } = this.settings;
    const { stdout } = this.terminal;
    let file = '-';
    if (this.target.kind !== 'stdout') {
      file = placeOf(photo, this.target, result.facts.format);
      await writeWhole(file, bytes);
      await this.plan.records.add(file, { bytes: bytes.length, recipe: this.plan.recipe });
    } else if (!stdout.write(bytes)) await once(stdout, 'drain');
    if (receipts !== undefined && result.job !== undefined) {
      const receipt = await client.receipt(result.job, { signal: this.signal });
      const name = photo.path === '-' ? 'stdin' : photo.below;
      const stem = name.slice(0, name.length - extname(name).length);
      await writeWhole(`${join(receipts, stem)}.jws`, Buffer.from(`${receipt}\n`));
    }
    return file;
  }
}

interface Kept {
  image: Blob;
  facts: CutoutFacts;
  job: JobKey | undefined;
}

/** What is wrong with the run and not with the photo. */
function isOfAll(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'connection-lost' || code === 'key-invalid' || code === 'not-found';
}

function progressText(progress: CutoutProgress): string {
  switch (progress.state) {
    case 'queued': {
      const { position, etaMs } = progress;
      const place = position === undefined ? 'in the queue' : `place ${position} in the queue`;
      return etaMs === undefined ? place : `${place}, about ${durationText(etaMs)}`;
    }
    case 'running':
      return `${progress.stage ?? 'started'} ${Math.round(progress.percent)}%`;
    case 'waiting':
      return `waiting ${durationText(progress.ms)}: ${progress.code}`;
    case 'sending':
    case 'fetching':
      return progress.state;
  }
}

/**
 * `removebg PHOTO…`. Returns the exit code.
 * @throws CommandError | RemoveBgError what keeps the run from going on | the signal's reason
 */
export async function removeCommand(
  args: Arguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const settings = await runSettings(args, terminal.env);
  if (settings.out === undefined) await refuseResultAsPhoto(args.words);
  const records = new ResultRecords();
  const found = await findPhotos(args.words, { out: settings.out, records });
  const target = await targetOf(settings.out, found);
  refuseMixedOutput(target, settings, terminal);
  const format = formatFor(target, settings.options.format);
  const options = { ...settings.options, ...(format !== undefined && { format }) };
  refuseCollisions(found.photos, target, format ?? 'png');
  const background = await backgroundOf(settings, terminal);
  const bytes = background && new Uint8Array(await background.arrayBuffer());
  const plan = {
    ...{ settings: { ...settings, options }, target, background },
    ...{ recipe: recipeOf(options, bytes), records },
  };
  return new RemoveCommand(plan, terminal, signal).run(found);
}

/** @throws CommandError when the image would go to a terminal, or mix with lines of JSON */
function refuseMixedOutput(target: Target, { isJson }: RunSettings, { stdout }: Terminal): void {
  if (target.kind !== 'stdout') return;
  if (stdout.isTTY) {
    throw new CommandError(
      'Refusing to write an image to a terminal. Name a file with --out, or use a pipe.',
    );
  }
  if (isJson)
    throw new CommandError(
      '--json and the image would both go to the standard output. Name a file with --out.',
    );
}

async function backgroundOf({ backgroundPath }: RunSettings, { stdin }: Terminal): Promise<Blob | undefined> {
  if (backgroundPath === undefined) return undefined;
  return readPhoto(backgroundPath, stdin).catch((error: unknown) => {
    throw new CommandError(`Cannot read --bg-image ${backgroundPath}: ${reasonOf(error)}.`);
  });
}
