import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Arguments } from './argument-reader.js';
import { CommandError } from './exit-codes.js';
import { planOf, type ManifestPlan, type PlanRules } from './manifest-plan.js';
import { ManifestReport, planText } from './manifest-report.js';
import { openResults, printedResults, readResults, type EarlierResults } from './manifest-results.js';
import { ManifestRun } from './manifest-run.js';
import { ManifestSource } from './manifest-source.js';
import { ManifestState } from './manifest-state.js';
import { ProgressDisplay } from './progress-display.js';
import type { Terminal } from './remove.command.js';
import { runSettings, textOf, type RunSettings } from './run-settings.js';
import { withService } from './service-session.js';

const USAGE = 'Name one manifest: removebg batch jobs.jsonl';
/** Options that each line of a manifest has for itself. */
const FIELD_OF_FLAG = { out: 'output', mask: 'mask' } as const;

/** What a manifest run does. */
interface BatchPlan {
  source: ManifestSource;
  settings: RunSettings;
  /** `-` is the standard output. */
  resultsPath: string;
  earlier: EarlierResults;
  rules: PlanRules;
  plan: ManifestPlan;
}

/**
 * `removebg batch MANIFEST|-`. Returns the exit code.
 * @throws CommandError | RemoveBgError an error that every image would meet | the signal's reason
 */
export async function batchCommand(
  args: Arguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const settings = await runSettings(args, terminal.env, 'separately');
  const [, word, ...more] = args.words;
  if (word === undefined || more.length > 0) throw new CommandError(USAGE);
  for (const [flag, field] of Object.entries(FIELD_OF_FLAG)) {
    if (args.values.has(flag))
      throw new CommandError(`--${flag} does not belong to a batch: each line has its own "${field}".`);
  }
  const source = await ManifestSource.open(word, terminal.stdin);
  const resultsPath = textOf(args, 'results') ?? source.resultsPath;
  if (resultsPath !== '-' && resolve(resultsPath) === source.path)
    throw new CommandError('--results must be a different file than the manifest.');
  const isDry = args.values.get('dry-run') === true;
  const state = isDry || resultsPath === '-' ? ManifestState.unkept() : await ManifestState.open(resultsPath);
  let isComplete = false;
  try {
    const batch = await prepare(args, { source, settings, resultsPath });
    if (isDry) {
      terminal.stdout.write(`${planText(source.name, batch.plan, resultsPath)}\n`);
      return batch.plan.counts.failed > 0 ? 1 : 0;
    }
    const code = await runBatch(batch, { state, terminal, signal });
    isComplete = true;
    return code;
  } finally {
    await state.close(isComplete);
  }
}

/** Checks the manifest. @throws CommandError with its errors */
async function prepare(
  args: Arguments,
  parts: Pick<BatchPlan, 'source' | 'settings' | 'resultsPath'>,
): Promise<BatchPlan> {
  const { source, settings, resultsPath } = parts;
  const isOn = (name: string): boolean => args.values.get(name) === true;
  const { backgroundPath } = settings;
  if (backgroundPath !== undefined && (await stat(backgroundPath).catch(() => undefined))?.isFile() !== true)
    throw new CommandError(`Cannot read --bg-image ${backgroundPath}.`);
  const earlier = await readResults(resultsPath === '-' ? '' : resultsPath);
  const rules: PlanRules = {
    lines: {
      ...{ folder: source.folder, allowHttp: isOn('allow-http'), options: settings.options },
      ...(backgroundPath !== undefined && {
        background: { kind: 'file', path: resolve(backgroundPath) } as const,
      }),
    },
    earlier,
    repetition: { overwrite: settings.overwrite, retryFailed: isOn('retry-failed') },
    reserved: [...(source.path === undefined ? [] : [source.path]), resolve(resultsPath)],
  };
  return { ...parts, earlier, rules, plan: await planOf(source, rules) };
}

async function runBatch(
  { source, settings, resultsPath, earlier, rules, plan }: BatchPlan,
  { state, terminal, signal }: { state: ManifestState; terminal: Terminal; signal: AbortSignal },
): Promise<number> {
  const { stdout, stderr, env } = terminal;
  const { isJson, isQuiet, minConfidence, receipts, concurrency: window } = settings;
  const isPrinted = resultsPath === '-';
  const isMixed = (isJson || isPrinted) && stdout.isTTY;
  const display = new ProgressDisplay(stderr, { isQuiet: isQuiet || isMixed, env });
  const json = (value: object): void => {
    // The results are on the standard output already; the summary is not.
    if (!isPrinted || 'total' in value) stdout.write(`${JSON.stringify(value)}\n`);
  };
  const report = new ManifestReport(plan, display, { json: isJson ? json : undefined, minConfidence });
  if (earlier.isTorn) display.line('The last line of the results was incomplete and is written again.');
  const { changed } = plan.counts;
  if (changed > 0)
    display.line(`${changed === 1 ? '1 line has' : `${changed} lines have`} changed and will be done again`);
  try {
    if (report.tally.skipped < plan.total) {
      await withService({ settings, models: plan.models, env, display, signal }, async (client) => {
        const results = isPrinted ? printedResults(stdout) : await openResults(resultsPath);
        const parts = { source, rules, state, results, report, display, window, receipts, signal };
        await new ManifestRun(parts, client).run().finally(() => results.close());
      });
    }
  } catch (error) {
    report.end();
    throw error;
  }
  return report.end();
}
