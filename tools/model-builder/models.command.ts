import { parseArgs } from 'node:util';
import { z } from 'zod';
import { offeredModels } from '#config/engine-plan.js';
import { loadSettings, SettingsError } from '#config/settings.js';
import { LICENSE_CLASSES, type LicenseClass } from '#contracts/model-license.js';
import { Problem } from '#contracts/problem-catalog.js';
import { addModel, additionSchema } from './model-addition.js';
import { FLAGS } from './addition/addition-options.js';
import { readPresets } from './addition/model-presets.js';
import { disallowed, requireAllowedLicense } from '#inference/model-license.js';
import type { ModelEntry } from '#inference/model-manifest.js';
import { nominalSize } from '#inference/model-signature.js';
import { readCatalog } from '#inference/model-catalog.js';
import { ModelError, ModelRegistry } from '#inference/model-registry.js';
import { prepareModel } from './model-preparation.js';
import { parseQuantize, QUANTIZE_HELP, quantizeModel } from './quantize.command.js';
import { WireError } from './onnx/protobuf.js';
import { RecipeError } from './onnx/graph-index.js';

/** Classes that an operator can state. */
const CLASSES = LICENSE_CLASSES.filter((each) => each !== 'undeclared');

const presetNames = (): string =>
  readPresets()
    .map(({ name }) => name)
    .join(', ');

const helpText = (): string => `npm run models -- COMMAND

  list                       lists all models and whether they are prepared
  prepare [name … | --all]   writes models to MODEL_DIR and verifies them (default: MODEL)
  verify [name … | --all]    checks length and sha256 of prepared models (default: MODEL)
${QUANTIZE_HELP}
  add FILE [options]         tries an ONNX model on a photograph, copies it to MODEL_DIR and registers it in
                             models/local.json; then MODEL=NAME selects it. docs/operate/models.md has the line for
                             each public model

What add reads from the file: names, types, layout, a fixed size, weights in other files. Other facts:
  --like PRESET              what a public model expects: ${presetNames()}
  --license TEXT --provenance TEXT   terms of the weights, and where the file is from (presets have them)
  --license-class CLASS --license-doubt TEXT   ${CLASSES.join(', ')}; what is uncertain about it
  --name NAME --title TEXT   default: the name of the preset or of the file
  --normalize unit|half|signed|imagenet|bytes   colors 0 to 1; less 0.5; -1 to 1; ImageNet; 0 to 255
  --mean R,G,B --std R,G,B   instead of --normalize, in units of 0 to 1
  --by-maximum               colors are divided by the picture's maximum first, as rembg does
  --channels rgb|bgr         --filter lanczos|bilinear         --layout nchw|nhwc
  --size PIXELS|WIDTHxHEIGHT size of the input, if the file does not fix it
  --fit squash|letterbox|keep   how pictures of other proportions become the input (default: squash)
  --place top-left|center --fill R,G,B   the letterbox: where the picture lies; color of the rest, 0 to 255
  --side longer|shorter --multiple N --round down|nearest|up --min PIXELS --max PIXELS
                             keep: the side with the length --size; multiples and bounds of both sides
  --output-name NAME         the matte, if the model has several outputs
  --output probability|logits|signed|bytes   0 to 1 (also: sigmoid); before the sigmoid; -1 to 1; 0 to 255
  --class N                  channel of the subject, from 0, if the output has several
  --inverted                 1 is the background
  --stretch                  the smallest value becomes 0 and the largest 1, if they span half of the range
  --photo FILE               tries the model on your own photograph
  --preview FILE.png         writes the photograph, its cut-out and its matte
  --dry-run                  tries the model and registers nothing

MODEL_LICENSES lists the classes of license that may be used; other models are neither prepared nor added.

Exit codes: 0 success, 1 a model is missing or damaged, 2 invalid usage`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Invalid arguments: the help text is printed. */
class UsageError extends Error {}

interface Request {
  registry: ModelRegistry;
  /** Models of the settings. */
  models: string[];
  /** Allowed classes of license. */
  licenses: readonly LicenseClass[];
  args: string[];
}

const COMMANDS: Record<string, (request: Request) => Promise<void>> = {
  list: async ({ registry, licenses, args }) => {
    if (args.length > 0) throw new UsageError();
    for (const model of registry.models) {
      const state = (await registry.isPrepared(model)) ? 'prepared' : 'not prepared';
      const mark = model.default ? ', default' : '';
      say(`${model.name}  ${(model.bytes / MIB).toFixed(0)} MiB  ${state}${mark}  ${model.title}`);
      const { class: its, package: ofPackage, weights, doubt } = model.license;
      const isAllowed = disallowed(model, registry.models, licenses) === undefined;
      const ban = isAllowed ? '' : ', not allowed by MODEL_LICENSES';
      say(`    license: ${its}${ban}; package: ${ofPackage}; weights: ${weights}`);
      if (doubt !== undefined) say(`    doubt: ${doubt}`);
      if (model.memoryBytes !== undefined) say(`    memory: ${memoryText(model)} for one image on the CPU`);
    }
  },
  prepare: async (request) => {
    const { registry, licenses } = request;
    const entries = chosen(request, ({ source }) => source.kind !== 'file');
    for (const entry of entries) requireAllowedLicense(entry, registry.models, licenses);
    for (const entry of entries) {
      const path = await prepareModel(registry, entry, progressLine(entry.name));
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
  quantize: async ({ registry, args }) => {
    for (const { name } of await quantizeModel(
      registry,
      checked(() => parseQuantize(args)),
      say,
    )) {
      say(`${name}: ready; use it with MODEL=${name}`);
    }
  },
  add: async ({ registry, licenses, args }) => {
    const { file, addition } = parseAddition(args);
    const { entry, notes, isRegistered } = await addModel(registry, file, addition, licenses);
    for (const line of summaryOf(entry, notes)) say(`  ${line}`);
    if (addition.preview !== undefined) say(`  preview: ${addition.preview}`);
    if (!isRegistered) say(`${entry.name}: works; a dry run registers nothing`);
    else say(`${entry.name}: added as ${registry.pathOf(entry)}; use it with MODEL=${entry.name}`);
    say(`${entry.name}: the class of its license is ${entry.license.class}`);
  },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const memoryText = ({ memoryBytes = 0 }: ModelEntry): string => `${(memoryBytes / GIB).toFixed(1)} GiB`;

/** What was read from the file or chosen. */
function summaryOf(entry: ModelEntry, notes: readonly string[]): string[] {
  const { input, output } = entry;
  const { width, height } = nominalSize(input);
  const channels = input.channels === 'rgb' ? '' : ', BGR';
  const chosen = output.class === undefined ? '' : `, class ${output.class.index} of ${output.class.count}`;
  const more = [output.inverted && 'inverted', output.stretch && 'stretched'].filter(Boolean).join(', ');
  return [
    `input ${input.name}: ${input.type} ${input.layout}, ${width} x ${height}${channels}, ${input.filter}`,
    `output ${output.name}: ${output.type}, ${output.kind}${chosen}${more === '' ? '' : `, ${more}`}`,
    ...(entry.weights?.files ?? []).map(({ file }) => `weights: ${file}`),
    ...(entry.memoryBytes === undefined ? [] : [`memory: ${memoryText(entry)} for one image on the CPU`]),
    ...notes,
  ];
}

/** The named models, the configured ones, or with `--all` those that `isWanted` accepts. */
function chosen({ registry, models, args }: Request, isWanted: (entry: ModelEntry) => boolean): ModelEntry[] {
  if (args.length === 1 && args[0] === '--all') return registry.models.filter(isWanted);
  if (args.some((name) => name.startsWith('-'))) throw new UsageError();
  return (args.length === 0 ? models : args).map((name) => registry.find(name));
}

/** The result of parsing arguments. @throws UsageError */
function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof z.ZodError) throw new UsageError(z.prettifyError(error));
    throw new UsageError(error instanceof Error ? error.message : '');
  }
}
/** Another spelling of `license`. */
const FORMER_LICENSE = 'licence';

function parseAddition(args: string[]): { file: string; addition: z.output<typeof additionSchema> } {
  const options = Object.fromEntries(
    [...Object.keys(additionSchema.shape), FORMER_LICENSE].map((key) => [
      key,
      { type: FLAGS.includes(key) ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  let parsed: { positionals: string[]; values: Record<string, unknown> };
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : '');
  }
  const [file, ...more] = parsed.positionals;
  const { [FORMER_LICENSE]: license, ...values } = parsed.values;
  const addition = additionSchema.safeParse({ ...(license !== undefined && { license }), ...values });
  if (file === undefined || more.length > 0) throw new UsageError('Give exactly one file.');
  if (!addition.success) {
    const faults = addition.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
    throw new UsageError(faults.join('\n'));
  }
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
    say(helpText());
    return verb === '' ? EXIT_USAGE : 0;
  }
  try {
    const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
    if (command === undefined) throw new UsageError(`There is no command ${verb}.`);
    const settings = loadSettings(process.env);
    const registry = new ModelRegistry(process.cwd(), settings.MODEL_DIR);
    const licenses = settings.MODEL_LICENSES;
    await command({ registry, models: offeredModels(settings), licenses, args });
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
    printError(error.message === '' ? helpText() : `${error.message}\n\n${helpText()}`);
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

// A reader such as `head` may close the pipe early.
process.stdout.on('error', () => process.exit());
process.exitCode = await main(process.argv.slice(2));
