import { loadSettings, SettingsError } from '#settings/settings.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ModelError, ModelRegistry } from './model.registry.js';

const HELP = `Usage: npm run models -- <command> [name]

  list             the models of models/manifest.json, and which are prepared
  prepare [name]   puts a model into MODEL_DIR and verifies it (default: MODEL)
  verify [name]    checks length and sha256 of a prepared model (default: MODEL)

Exit codes: 0 done, 1 a model is missing or damaged, 2 wrong usage`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const MIB = 1024 * 1024;

type Command = (registry: ModelRegistry, name: string) => Promise<void>;

const COMMANDS: Record<string, Command> = {
  list: async (registry) => {
    for (const model of registry.models) {
      const state = (await registry.isPrepared(model)) ? 'prepared' : 'not prepared';
      const mark = model.default ? ', default' : '';
      say(`${model.name}  ${(model.bytes / MIB).toFixed(0)} MiB  ${state}${mark}  ${model.title}`);
      say(`    licence: package ${model.licence.package}; weights: ${model.licence.weights}`);
    }
  },
  prepare: async (registry, name) => {
    const entry = registry.find(name);
    const path = await registry.prepare(entry, progressLine(entry.name));
    say(`${entry.name}: ready at ${path}`);
  },
  verify: async (registry, name) => {
    const entry = registry.find(name);
    await registry.verify(entry);
    say(`${entry.name}: ${registry.pathOf(entry)} is intact`);
  },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Rewrites one line on a terminal; on anything else says only when a quarter more is done. */
function progressLine(name: string): (doneBytes: number, totalBytes: number) => void {
  let shown = 0;
  return (doneBytes, totalBytes) => {
    const percent = Math.floor((100 * doneBytes) / totalBytes);
    if (process.stdout.isTTY) process.stdout.write(`\r${name}: ${percent} %${percent === 100 ? '\n' : ''}`);
    else if (percent >= shown + 25) say(`${name}: ${(shown = percent)} %`);
  };
}

async function main([verb = '', name, ...rest]: string[]): Promise<number> {
  if (verb === '--help' || verb === '-h' || verb === 'help' || verb === '') {
    say(HELP);
    return verb === '' ? EXIT_USAGE : 0;
  }
  const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
  if (command === undefined || rest.length > 0 || (verb === 'list' && name !== undefined)) {
    process.stderr.write(`${HELP}\n`);
    return EXIT_USAGE;
  }
  try {
    const settings = loadSettings(process.env);
    const registry = new ModelRegistry(process.cwd(), settings.MODEL_DIR);
    await command(registry, name ?? settings.MODEL);
    return 0;
  } catch (error) {
    return complain(error);
  }
}

function complain(error: unknown): number {
  if (error instanceof Problem && error.code === 'model-unknown') {
    process.stderr.write('No such model: "npm run models -- list" names them\n');
    return EXIT_USAGE;
  }
  const known = error instanceof ModelError || error instanceof SettingsError;
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  return EXIT_FAILED;
}

process.exitCode = await main(process.argv.slice(2));
