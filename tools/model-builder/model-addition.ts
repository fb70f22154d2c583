import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { LicenseClass, ModelLicense } from '#contracts/model-license.js';
import { ModelError } from '#inference/model-files.js';
import { contradicts, impliedClass, requireAllowedLicense } from '#inference/model-license.js';
import { modelNameSchema, modelSchema, type ModelEntry } from '#inference/model-manifest.js';
import type { ModelRegistry } from '#inference/model-registry.js';
import type { ModelInput } from '#inference/model-signature.js';
import { checkInterface, openModel, takesBatches } from '#inference/session-factory.js';
import { nameFrom, type Addition } from './addition/addition-options.js';
import { loadReason, operatorNotes } from './addition/load-reason.js';
import { writePreview } from './addition/matte-preview.js';
import { measureMemory } from './addition/memory-use.js';
import { readModelFile, type ModelFile } from './addition/model-file.js';
import {
  presetOfFile,
  presetsOfNames,
  readPresets,
  variantOf,
  type Preset,
} from './addition/model-presets.js';
import { tryModel, type TrialResult } from './addition/model-trial.js';
import { chooseOutput, type ChosenOutput } from './addition/output-choice.js';
import { chooseInput, isLayoutKnown } from './addition/signature-choice.js';
import { readTrialPhoto, type TrialPhoto } from './addition/trial-pictures.js';
import { registerModel, requireFreeName, type NewModel } from './model-preparation.js';

export { additionSchema, type Addition } from './addition/addition-options.js';

const THREADS = 2;

/** A model that was tried, and what is worth saying about it. */
export interface AddedModel {
  entry: ModelEntry;
  /** False after a dry run. */
  isRegistered: boolean;
  notes: string[];
}

/**
 * Tries an ONNX file on a photograph and on plain pictures, and registers it. What the file contains is read from it;
 * the rest comes from the options or from a preset.
 * @param licenses the value of MODEL_LICENSES
 * @throws ModelError that says what is wrong or missing, and what would be right; nothing is registered then
 * @throws SettingsError when MODEL_LICENSES does not allow its license
 */
export async function addModel(
  registry: ModelRegistry,
  file: string,
  addition: Addition,
  licenses: readonly LicenseClass[],
): Promise<AddedModel> {
  const found = await readModelFile(file);
  const preset = choosePreset(found, addition);
  const name = addition.name ?? preset.chosen?.name ?? nameFrom(basename(file, '.onnx'));
  if (name === undefined || !modelNameSchema.safeParse(name).success) {
    throw new ModelError('The file name gives no model name: add --name');
  }
  requireFreeName(registry, name);
  const photo = await readTrialPhoto(addition.photo);
  const session = await load(found);
  try {
    const tried = await tryLayouts({ found, session, addition, preset, photo });
    const entry = describe({ found, name, addition, tried });
    checkInterface(session, { ...(entry as ModelEntry), name });
    requireAllowedLicense(entryOf(entry, found), registry.models, licenses);
    if (addition.preview !== undefined) await writePreview(addition.preview, photo, tried.result.mask);
    const notes = notesOn(found, tried);
    if (addition['dry-run']) return { entry: entryOf(entry, found), isRegistered: false, notes };
    return { entry: await registerModel(registry, found, entry), isRegistered: true, notes };
  } finally {
    await session.release();
  }
}

interface ChosenPreset {
  chosen: Preset | undefined;
  all: readonly Preset[];
  /** It is known by its tensors, not named by the operator. */
  isRecognized: boolean;
}

function choosePreset(file: ModelFile, { like }: Addition): ChosenPreset {
  const all = readPresets();
  if (like === undefined) {
    const chosen = presetOfFile(all, file);
    return { chosen, all, isRecognized: chosen !== undefined };
  }
  const chosen = all.find(({ name }) => name === like);
  if (chosen !== undefined) return { chosen, all, isRecognized: false };
  throw new ModelError(`--like must be one of ${all.map(({ name }) => name).join(', ')}`);
}

async function load({ path, model }: ModelFile): Promise<InferenceSession> {
  try {
    return await openModel(path, THREADS);
  } catch (error) {
    throw new ModelError(
      loadReason(model, error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''),
    );
  }
}

interface Attempt {
  found: ModelFile;
  session: InferenceSession;
  addition: Addition;
  preset: ChosenPreset;
  photo: TrialPhoto;
}

/** A trial that succeeded. */
interface Tried {
  input: ModelInput;
  preset: Preset | undefined;
  terms: Terms;
  memoryBytes: number | undefined;
  result: TrialResult;
  notes: string[];
}

/** Tries both layouts if the file fits both. */
async function tryLayouts(attempt: Attempt): Promise<Tried> {
  const { session, addition } = attempt;
  if (addition.layout !== undefined || isLayoutKnown(session.inputMetadata)) return tryOut(attempt);
  return tryOut(attempt).catch(async (error: unknown) => {
    if (!(error instanceof ModelError)) throw error;
    return tryOut({ ...attempt, addition: { ...addition, layout: 'nhwc' } }).catch(() => {
      throw error;
    });
  });
}

async function tryOut({ found, session, addition, preset: known, photo }: Attempt): Promise<Tried> {
  const { inputMetadata: inputs, outputMetadata: outputs } = session;
  const inputName = inputs[0]?.name ?? '';
  const named = outputs.map(({ name }) => name);
  const { preset, note } =
    known.chosen === undefined ? { preset: undefined, note: undefined } : variantOf(known.chosen, inputName);
  const suggested = presetsOfNames(known.all, inputName, named);
  const input = chooseInput({ inputs, addition, preset, suggested });
  const output = chooseOutput({ outputs, addition, preset });
  // Before what may take minutes.
  const terms = termsOf(addition, preset);
  const memoryBytes = await measureMemory({ path: found.path, input, outputName: output.name });
  const use = { inverted: addition.inverted, stretch: addition.stretch || preset?.output.stretch === true };
  const mayBatch = takesBatches(session, { input, output });
  const result = await tryModel({ session, input, output, use, mayBatch, photo });
  const notes = [
    ...(known.isRecognized && preset !== undefined ? [`recognized as ${preset.title}`] : []),
    ...(note === undefined ? [] : [note]),
    ...kindNotes(output, result),
  ];
  return { input, preset, terms, memoryBytes, result, notes };
}

const kindNotes = ({ kind, name }: ChosenOutput, { output, values }: TrialResult): string[] =>
  kind === undefined
    ? [
        `${name} is taken for ${output.kind}: its values are between ${values.low.toPrecision(3)} and ${values.high.toPrecision(3)}`,
      ]
    : [];

function notesOn({ model }: ModelFile, { notes, result, input }: Tried): string[] {
  const { size } = input;
  const rule = {
    squash: 'pictures are squashed to the input',
    letterbox: 'pictures keep their proportions in a letterbox',
    keep: 'pictures keep their proportions',
  }[size.fit];
  const singly = result.singly ? ['it takes one image at a time: in batches it gives other results'] : [];
  return [...notes, rule, ...operatorNotes(model), ...singly];
}

interface Description {
  found: ModelFile;
  name: string;
  addition: Addition;
  tried: Tried;
}

/** The entry of a model that was tried. */
function describe({ found, name, addition, tried }: Description): NewModel {
  const { preset, terms, input, result, memoryBytes } = tried;
  return {
    name,
    title: addition.title ?? preset?.title ?? name,
    ...terms,
    input,
    output: result.output,
    singly: result.singly,
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(found.weights.length > 0 && { weights: { folder: name, files: found.weights } }),
  };
}

/** License and origin of a model. */
type Terms = Pick<ModelEntry, 'license' | 'provenance'>;

/** @throws ModelError when license or origin is unknown */
function termsOf(addition: Addition, preset: Preset | undefined): Terms {
  const provenance = addition.provenance ?? preset?.source;
  const license = licenseOf(addition, preset);
  if (license !== undefined && provenance !== undefined) return { license, provenance };
  throw new ModelError(
    'Add --license and --provenance: under which terms the weights may be used, and where the file is from',
  );
}

/** The license of an added model. @throws ModelError when its class is milder than its text */
function licenseOf(addition: Addition, preset: Preset | undefined): ModelLicense | undefined {
  const { license, 'license-class': given, 'license-doubt': doubt } = addition;
  if (license === undefined) return preset?.license;
  if (given !== undefined && contradicts(license, given)) {
    throw new ModelError(`The license "${license}" is ${impliedClass(license)}, not ${given}`);
  }
  return {
    class: given ?? impliedClass(license),
    weights: license,
    package: license,
    ...(doubt !== undefined && { doubt }),
    source: "Stated by this installation's operator",
  };
}

const entryOf = (entry: NewModel, { bytes, sha256 }: ModelFile): ModelEntry =>
  modelSchema.parse({ ...entry, file: `${entry.name}.onnx`, bytes, sha256, source: { kind: 'file' } });
