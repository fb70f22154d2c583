import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from './exit-codes.js';
import { jobOfLine, type LineRules, type ManifestJob } from './manifest-line.js';
import { expiryOf, identityOf, type Place } from './manifest-place.js';
import type { EarlierResults } from './manifest-results.js';
import type { ManifestSource } from './manifest-source.js';

const MAX_SHOWN = 20;

/** What earlier runs mean for a line. */
export type Todo = 'new' | 'changed' | 'again' | 'done' | 'failed';

/** Which lines that have ended are done again. */
export interface Repetition {
  overwrite: boolean;
  retryFailed: boolean;
}

/** What is to be done. Lines that are `done` or `failed` are not done again. */
export interface ManifestPlan {
  counts: Record<Todo, number>;
  total: number;
  /** Models that lines to be done name. */
  models: ReadonlySet<string>;
  /** Total size of the inputs to be read that are files, bytes. */
  inputBytes: number;
  /** Number of inputs to be fetched. */
  addresses: number;
}

/** What is to be done with a line. */
export function todoOf(
  job: ManifestJob,
  { byId }: Pick<EarlierResults, 'byId'>,
  { overwrite, retryFailed }: Repetition,
): Todo {
  const ended = byId.get(job.customId);
  if (ended === undefined) return 'new';
  if (ended.fingerprint !== job.fingerprint) return 'changed';
  if (overwrite || (retryFailed && ended.status === 'failed')) return 'again';
  return ended.status;
}

/** True for a line that is to be done. */
export const isTodo = (todo: Todo): boolean => todo !== 'done' && todo !== 'failed';

/** How a manifest is checked. */
export interface PlanRules {
  lines: LineRules;
  earlier: EarlierResults;
  repetition: Repetition;
  /** Files that no output may replace. */
  reserved: readonly string[];
}

/**
 * Checks a whole manifest before anything is started.
 * @throws CommandError with the first twenty faults and their number
 */
export async function planOf(source: ManifestSource, rules: PlanRules): Promise<ManifestPlan> {
  const check = new ManifestCheck(rules);
  for await (const { number, text } of source.lines()) {
    const job = jobOfLine(text, number, rules.lines);
    if (Array.isArray(job)) check.reject(number, job);
    else await check.take(job);
  }
  return check.end(source.name);
}

class ManifestCheck {
  private readonly lineOfId = new Map<string, number>();
  private readonly lineOfOutput = new Map<string, number>();
  private readonly inputs = new Map<string, number>();
  private readonly folders = new Map<string, string | undefined>();
  private readonly shown: { line: number; text: string }[] = [];
  private faults = 0;
  private total = 0;
  private readonly plan = {
    counts: { new: 0, changed: 0, again: 0, done: 0, failed: 0 } satisfies Record<Todo, number>,
    models: new Set<string>(),
    inputBytes: 0,
    addresses: 0,
  };

  constructor(private readonly rules: PlanRules) {}

  reject(line: number, texts: readonly string[]): void {
    this.total += 1;
    for (const text of texts) {
      this.faults += 1;
      if (this.shown.length < MAX_SHOWN) this.shown.push({ line, text });
    }
  }

  async take(job: ManifestJob): Promise<void> {
    const texts = this.repeated(job);
    const todo = todoOf(job, this.rules.earlier, this.rules.repetition);
    if (isTodo(todo)) {
      for (const [name, place] of inputsOf(job)) {
        if (place.kind === 'file' && !this.inputs.has(place.path)) this.inputs.set(place.path, job.line);
        texts.push(...(await this.unreadable(name, place)));
      }
      texts.push(...(await this.unwritable(job.output)));
      if (job.options.model !== undefined) this.plan.models.add(job.options.model);
    }
    if (texts.length > 0) this.reject(job.line, texts);
    else {
      this.total += 1;
      this.plan.counts[todo] += 1;
    }
  }

  /** @throws CommandError */
  end(name: string): ManifestPlan {
    for (const [path, line] of this.inputs) {
      const writer = this.lineOfOutput.get(path);
      const whose = writer === line ? 'its own input' : `an input of line ${line}`;
      if (writer !== undefined) this.reject(writer, [`output would replace ${whose}`]);
    }
    if (this.faults > 0) {
      const more = this.faults - this.shown.length;
      const head = `${name} has ${this.faults === 1 ? '1 error' : `${this.faults} errors`}. Nothing was started.`;
      const lines = this.shown
        .sort((a, b) => a.line - b.line)
        .map(({ line, text }) => `  line ${line}: ${text}`);
      throw new CommandError([head, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'));
    }
    if (this.total === 0) throw new CommandError(`${name} has no lines.`);
    return { ...this.plan, total: this.total };
  }

  private repeated({ customId, output, line }: ManifestJob): string[] {
    const texts: string[] = [];
    const sameId = this.lineOfId.get(customId);
    if (sameId === undefined) this.lineOfId.set(customId, line);
    else texts.push(`custom_id ${JSON.stringify(customId)} is also on line ${sameId}`);
    const identity = identityOf(output);
    const sameOutput = this.lineOfOutput.get(identity);
    if (sameOutput === undefined) this.lineOfOutput.set(identity, line);
    else texts.push(`output is also the output of line ${sameOutput}`);
    return texts;
  }

  private async unreadable(name: string, place: Place): Promise<string[]> {
    if (place.kind === 'address') {
      if (name === 'input') this.plan.addresses += 1;
      return expiredText(name, place.url);
    }
    const { path } = place;
    const facts = await stat(path).catch(
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'error',
    );
    if (typeof facts === 'string') {
      const why = facts === 'ENOENT' || facts === 'ENOTDIR' ? 'there is no file' : `cannot read (${facts})`;
      return [`${name}: ${why} ${path}`];
    }
    if (!facts.isFile()) return [`${name}: ${path} is not a file`];
    if (facts.size === 0) return [`${name}: ${path} is empty`];
    if (name === 'input') this.plan.inputBytes += facts.size;
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    return isReadable ? [] : [`${name}: no permission to read ${path}`];
  }

  private async unwritable(place: Place): Promise<string[]> {
    if (place.kind === 'address') return expiredText('output', place.url);
    const { path } = place;
    if (this.rules.reserved.includes(path)) return ['output would replace the manifest or its results'];
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && !facts.isFile()) return [`output: ${path} is not a file`];
    const folder = dirname(path);
    if (!this.folders.has(folder)) this.folders.set(folder, await unwritableFolder(folder));
    const text = this.folders.get(folder);
    return text === undefined ? [] : [`output: ${text}`];
  }
}

const inputsOf = ({ input, mask, background }: ManifestJob): [string, Place][] => [
  ['input', input],
  ...(mask === undefined ? [] : [['mask', mask] as [string, Place]]),
  ...(background === undefined ? [] : [['bg_image', background] as [string, Place]]),
];

function expiredText(name: string, url: URL): string[] {
  const expiry = expiryOf(url);
  return expiry === undefined || expiry > Date.now()
    ? []
    : [`${name}: the address expired at ${new Date(expiry).toISOString()}. Sign it again`];
}

/** Why files cannot be created in a folder, which may be missing; undefined if they can. */
async function unwritableFolder(folder: string): Promise<string | undefined> {
  const facts = await stat(folder).catch(
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'error',
  );
  if (facts === 'ENOENT' && dirname(folder) !== folder) return unwritableFolder(dirname(folder));
  if (typeof facts === 'string' || !facts.isDirectory()) return `${folder} is not a folder`;
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => `no permission to write in ${folder}`,
  );
}
