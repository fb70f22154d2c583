import { editDistance } from '#contracts/nearest-name.js';
import { offeredModels } from '#config/engine-plan.js';
import { machineOf, memoryNote, processLayout, type ProcessLayout } from '#config/process-layout.js';
import { loadSettings } from '#config/settings.js';
import { settingsSchema, type Settings } from '#config/settings.schema.js';
import { modelsNamed, type ModelEntry } from '#inference/model-catalog.js';
import { readArguments } from './arguments.js';
import { ROOT } from './paths.js';
import { EXIT_CONFIG, say, ToolError } from './report.js';

const MIB = 1024 * 1024;
const SETTING_NAMES = Object.keys(settingsSchema.shape);

/** Option of a setting: `metrics-port` of METRICS_PORT. */
const optionOf = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/**
 * Copies the options of the command line into the environment, where every process of the service reads its settings:
 * `--metrics-port 9464` is METRICS_PORT=9464.
 */
export function applySettingOptions(args: string[]): { yes: boolean } {
  const options = Object.fromEntries(
    SETTING_NAMES.map((name) => [optionOf(name), { type: 'string' as const }]),
  );
  const { values } = readArguments({ ...options, yes: { type: 'boolean', short: 'y' } }, { args });
  for (const name of SETTING_NAMES) {
    const value = values[optionOf(name)];
    if (typeof value === 'string') process.env[name] = value;
  }
  return { yes: values['yes'] === true };
}

/** Shorter names too often belong to other programs. */
const MIN_NAME_LENGTH = 6;

/**
 * Prints the variables of the environment that are one letter away from a setting that is not set: `METRIC_PORT`. They
 * may belong to other programs, so they are no errors.
 */
export function warnOfMisspelledSettings(): void {
  const unset = SETTING_NAMES.filter(
    (name) => name.length >= MIN_NAME_LENGTH && (process.env[name] ?? '') === '',
  );
  for (const found of Object.keys(process.env).filter((name) => !SETTING_NAMES.includes(name))) {
    const meant = unset.find((name) => editDistance(found, name) === 1);
    if (meant !== undefined) say(`${found} in the environment is not a setting. Did you mean ${meant}?`);
  }
}

/** The settings of the environment. @throws ToolError with all faults (exit status 78) */
export function readSettings(): Settings {
  try {
    return loadSettings(process.env);
  } catch (error) {
    throw new ToolError(error instanceof Error ? error.message : String(error), EXIT_CONFIG);
  }
}

/**
 * How many workers this machine runs, and with how many threads each; says when memory limits them.
 * @throws ToolError when MIN_WORKERS is more (exit status 78)
 */
export function readLayout(settings: Settings): ProcessLayout {
  const machine = { ...machineOf(), modelsMb: modelsMb(settings) };
  const note = memoryNote(settings, machine);
  if (note !== undefined) say(note);
  const layout = processLayout(settings, machine);
  if ((settings.MIN_WORKERS ?? 0) > layout.workers) {
    const text = `MIN_WORKERS must be at most ${layout.workers}, the workers of this machine, unless WORKERS is set.`;
    throw new ToolError(text, EXIT_CONFIG);
  }
  return layout;
}

/** Bytes of a model and its weights. */
const sizeOf = ({ bytes, weights }: ModelEntry): number =>
  (weights?.files ?? []).reduce((sum, file) => sum + file.bytes, bytes);

/** Memory of the models that a worker loads, where it was measured: one runs at a time, and all stay loaded. */
function modelsMb(settings: Settings): number | undefined {
  const entries = modelsNamed(ROOT, offeredModels(settings));
  const sizes = entries.map(sizeOf);
  const extra = entries.map(({ memoryBytes = 0 }, i) => Math.max(0, memoryBytes - (sizes[i] ?? 0)));
  if (entries.every(({ memoryBytes }) => memoryBytes === undefined)) return undefined;
  const loaded = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return Math.ceil((loaded + Math.max(...extra)) / MIB);
}
