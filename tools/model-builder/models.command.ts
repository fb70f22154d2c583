import { parseArgs } from 'node:util';
import { z } from 'zod';
import { offeredModels } from '#config/engine-plan.js';
import { loadSettings, SettingsError } from '#config/settings.js';
import { Problem } from '#contracts/problem-catalog.js';
import { addModel, additionSchema } from './model-addition.js';
import type { ModelEntry } from '#inference/model-manifest.js';
import { readCatalog } from '#inference/model-catalog.js';
import { ModelError, ModelRegistry } from '#inference/model-registry.js';
import { prepareModel } from './model-preparation.js';
import { WireError } from './onnx/protobuf.js';
import { RecipeError } from './recipe/graph-index.js';

const HELP = `npm run models -- COMMAND

  list                       lists all models and whether they are prepared
  prepare [name … | --all]   writes models to MODEL_DIR and verifies them (default: MODEL)
  verify [name … | --all]    checks length and sha256 of prepared models (default: MODEL)
  add FILE --name NAME --size PIXELS --mean R,G,B --std R,G,B --output sigmoid|logits
      --licence TEXT --provenance TEXT [--title TEXT]
                             copies an ONNX file with one float32 input [n, 3, size, size] to MODEL_DIR and registers it in
                             models/local.json; then MODEL=NAME selects it. Mean and std are those of rembg's
                             sessions, in units of 0 to 1, for example for U2-Net:
                             --size 320 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --output sigmoid

Exit codes: 0 success, 1 a model is missing or damaged, 2 invalid usage`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const MIB = 1024 * 1024;

/** Invalid arguments: the help text is printed. */
class UsageError extends Error {}

interface Request {
  registry: ModelRegistry;
  /** Models of the settings. */
  models: string[];
  args: string[];
}

const COMMANDS: Record<string, (request: Request) => Promise<void>> = {
  list: async ({ registry, args }) => {
    if (args.length > 0) throw new UsageError();
    for (const model of registry.models) {
      const state = (await registry.isPrepared(model)) ? 'prepared' : 'not prepared';
      const mark = model.default ? ', default' : '';
      say(`${model.name}  ${(model.bytes / MIB).toFixed(0)} MiB  ${state}${mark}  ${model.title}`);
      say(`    license: package ${model.licence.package}; weights: ${model.licence.weights}`);
    }
  },
  prepare: async (request) => {
    for (const entry of chosen(request, ({ source }) => source.kind !== 'file')) {
      const path = await prepareModel(request.registry, entry, progressLine(entry.name));
      say(`${entry.name}: ready at ${path}`);
    }
  },
  verify: async (request) => {
    const { registry } = request;
    const prepared = await Promise.all(registry.models.map((entry) => registry.isPrepared(entry)));
    for (const entry of chosen(request, (each) => prepared[registry.models.indexOf(each)] === true)) {
      await registry.verify(entry);
      say(`${entry.name}: ${registry.pathOf(entry)} is intact`);
    }
  },
  add: async ({ registry, args }) => {
    const { file, addition } = parseAddition(args);
    const entry = await addModel(registry, file, addition);
    say(`${entry.name}: added as ${registry.pathOf(entry)}; use it with MODEL=${entry.name}`);
  },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The named models, the configured ones, or with `--all` those that `isWanted` accepts. */
function chosen({ registry, models, args }: Request, isWanted: (entry: ModelEntry) => boolean): ModelEntry[] {
  if (args.length === 1 && args[0] === '--all') return registry.models.filter(isWanted);
  if (args.some((name) => name.startsWith('-'))) throw new UsageError();
  return (args.length === 0 ? models : args).map((name) => registry.find(name));
}

function parseAddition(args: string[]): { file: string; addition: z.output<typeof additionSchema> } {
  const options = Object.fromEntries(
    Object.keys(additionSchema.shape).map((key) => [key, { type: 'string' as const }]),
  );
  let parsed: { positionals: string[]; values: Record<string, unknown> };
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : '');
  }
  const [file, ...more] = parsed.positionals;
  const addition = additionSchema.safeParse({ ...parsed.values });
  if (file === undefined || more.length > 0) throw new UsageError('Give exactly one file.');
  if (!addition.success) throw new UsageError(z.prettifyError(addition.error));
  return { file, addition: addition.data };
}

/** Updates one line on a terminal; otherwise prints a line for every quarter. */
function progressLine(name: string): (doneBytes: number, totalBytes: number) => void {
  let reported = 0;
  return (doneBytes, totalBytes) => {
    const percent = Math.floor((100 * doneBytes) / totalBytes);
    if (percent < reported + 25 && (percent < 100 || reported === 100)) return;
    reported = percent;
    if (process.stdout.isTTY) process.stdout.write(`\r${name}: ${percent} %${percent === 100 ? '\n' : ''}`);
    else say(`${name}: ${percent} %`);
  };
}

async function main([verb = '', ...args]: string[]): Promise<number> {
  if (['', '--help', '-h', 'help'].includes(verb)) {
    say(HELP);
    return verb === '' ? EXIT_USAGE : 0;
  }
  try {
    const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
    if (command === undefined) throw new UsageError(`There is no command ${verb}.`);
    const settings = loadSettings(process.env);
    const registry = new ModelRegistry(process.cwd(), settings.MODEL_DIR);
    await command({ registry, models: offeredModels(settings), args });
    return 0;
  } catch (error) {
    return reportError(error);
  }
}

const knownModels = (): string => {
  const { shipped, local } = readCatalog(process.cwd());
  return [...shipped, ...local].map(({ name }) => name).join(', ');
};

function reportError(error: unknown): number {
  const printError = (line: string): void => void process.stderr.write(`${line}\n`);
  if (error instanceof UsageError) {
    printError(error.message === '' ? HELP : `${error.message}\n\n${HELP}`);
    return EXIT_USAGE;
  }
  if (error instanceof Problem && error.code === 'model-unknown') {
    printError(`There is no model of that name. Known: ${knownModels()}.`);
    return EXIT_USAGE;
  }
  const known = [ModelError, SettingsError, WireError, RecipeError].some((kind) => error instanceof kind);
  const text = error instanceof Error ? error : new Error(String(error));
  printError(known ? text.message : (text.stack ?? text.message));
  return EXIT_FAILED;
}

process.exitCode = await main(process.argv.slice(2));
