import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { JobOptions } from '#contracts/job.options.js';
import type { BatchImage } from '../batch.flights.js';
import { ClientProblem } from '../client.problem.js';
import type { CutoutProgress } from '../cutout.progress.js';
import type { JobKey } from '../job.client.js';
import { RemoveBg } from '../removebg.client.js';
import type { CutoutFacts } from '../result.facts.js';
import type { Arguments } from './argument.reader.js';
import { findCheckout } from './checkout.js';
import {
  doneAlready,
  formatOfName,
  placeOf,
  refuseCollisions,
  targetOf,
  type Target,
} from './cutout.places.js';
import { CommandError } from './exit.codes.js';
import { startLocal, type LocalService } from './local.service.js';
import { readPhoto } from './photo.bytes.js';
import { findPhotos, type Photo } from './photo.search.js';
import { ProgressDisplay, durationText } from './progress.display.js';
import { RunReport } from './run.report.js';
import { runSettings, type RunSettings } from './run.settings.js';
import { requireService } from './service.reach.js';
import { writeWhole } from './whole.file.js';

/** The process that a command runs in. */
export type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

const FULL: ReadonlySet<string> = new Set(['tenant-limit', 'capacity-exhausted']);

/** Cuts out the photos that a command line names. */
class RemoveCommand {
  private readonly display: ProgressDisplay;

  constructor(
    private readonly settings: RunSettings,
    private readonly target: Target,
    private readonly terminal: Terminal,
    private readonly signal: AbortSignal,
  ) {
    const { isQuiet, isJson } = settings;
    const isMixed = isJson && terminal.stdout.isTTY;
    this.display = new ProgressDisplay(terminal.stderr, { isQuiet: isQuiet || isMixed, env: terminal.env });
  }

  /** Returns the exit code. */
  async run(photos: readonly Photo[]): Promise<number> {
    const { isJson, overwrite, options } = this.settings;
    const { stdout } = this.terminal;
    const tell = isJson ? (line: string): void => void stdout.write(line) : undefined;
    const report = new RunReport(photos.length, this.display, tell);
    const todo: Photo[] = [];
    for (const photo of photos) {
      const there = overwrite ? undefined : await doneAlready(photo, this.target, options.format ?? 'png');
      if (there === undefined) todo.push(photo);
      else report.skipped(photo, there);
    }
    try {
      if (todo.length > 0) await this.withService((client) => this.cutOut(client, todo, report));
    } catch (error) {
      report.end();
      throw error;
    }
    return report.end();
  }

  private async withService(use: (client: RemoveBg) => Promise<void>): Promise<void> {
    const { isLocal, key, patienceMs } = this.settings;
    let local: LocalService | undefined;
    try {
      if (isLocal) {
        this.display.line('Starting the service for this run …');
        local = await startLocal(findCheckout(this.terminal.env, '--local'), this.terminal.env, this.signal);
      }
      const origin = local?.origin ?? this.settings.server;
      await requireService(origin, this.signal);
      await use(new RemoveBg({ origin, patienceMs, ...(key !== undefined && { apiKey: key }) }));
    } finally {
      await local?.stop();
    }
  }

  private async cutOut(client: RemoveBg, todo: readonly Photo[], report: RunReport): Promise<void> {
    const { backgroundPath } = this.settings;
    const background =
      backgroundPath === undefined ? undefined : await readPhoto(backgroundPath, this.terminal.stdin);
    const [only] = todo;
    if (todo.length === 1 && only !== undefined) await this.one(client, only, { background, report });
    else await this.many(client, todo, { background, report });
  }

  private async one(client: RemoveBg, photo: Photo, { background, report }: Extras): Promise<void> {
    const { options } = this.settings;
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

  private async many(
    client: RemoveBg,
    todo: readonly Photo[],
    { background, report }: Extras,
  ): Promise<void> {
    const { options, concurrency: window } = this.settings;
    const { signal, display } = this;
    const images = todo.map((photo, at): BatchImage => ({
      name: String(at),
      image: () => readPhoto(photo.path, this.terminal.stdin),
    }));
    const onWait = ({ code, ms }: { code: string; ms: number }): void => {
      // A full window is how it should be.
      if (!FULL.has(code)) display.state(`waiting ${durationText(ms)}: ${code}`);
    };
    display.state(`0/${report.tally.total}, waiting for the first`);
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
      if (!(error instanceof ClientProblem) || this.signal.aborted || isOfAll(error)) throw error;
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

interface Extras {
  background: Blob | undefined;
  report: RunReport;
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
      return `${progress.stage ?? 'begun'} ${Math.round(progress.percent)} %`;
    case 'waiting':
      return `waiting ${durationText(progress.ms)}: ${progress.code}`;
    case 'sending':
    case 'fetching':
      return progress.state;
  }
}

/**
 * `removebg PHOTO…`. Returns the exit code.
 * @throws CommandError | ClientProblem what keeps the run from going on | the signal's reason
 */
export async function removeCommand(
  args: Arguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const settings = await runSettings(args, terminal.env);
  const found = await findPhotos(args.words, { out: settings.out });
  const target = await targetOf(settings.out, found);
  if (target.kind === 'stdout' && terminal.stdout.isTTY) {
    throw new CommandError(
      'An image is nothing for a terminal: send it into a pipe or file, or name one with --out.',
    );
  }
  if (target.kind === 'stdout' && settings.isJson) {
    throw new CommandError('--json and the image would share the standard output: name a file with --out.');
  }
  const named = formatOfName(target);
  const asked: Partial<JobOptions> = settings.options;
  const options = asked.format !== undefined || named === undefined ? asked : { ...asked, format: named };
  refuseCollisions(found.photos, target, options.format ?? 'png');
  if (settings.backgroundPath !== undefined) await requireFile(settings.backgroundPath);
  return new RemoveCommand({ ...settings, options }, target, terminal, signal).run(found.photos);
}

async function requireFile(path: string): Promise<void> {
  await readFile(path).catch(() => {
    throw new CommandError(`--bg-image ${path} cannot be read.`);
  });
}
