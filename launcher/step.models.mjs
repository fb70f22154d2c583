import { readFileSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { inRoot, MODELS_COMMAND, ROOT } from './places.mjs';
import { performNode } from './programs.mjs';
import { LauncherError, say } from './report.mjs';
import { digestOf, filesIn, isStamped, writeStamp } from './stamp.mjs';

/** The settings that decide which models workers load. */
const CHOICE = ['MODEL', 'PROVIDER', 'REQUIRE_ACCELERATOR'];

/** Where tests look for models, whatever the environment says. */
const TEST_MODEL_DIR = '.cache/models';

/**
 * Prepares the models that workers load: assembles them and checks their sha256. The stamp spares re-reading 170 MB
 * at each start as long as the prepared files keep size and time; `npm run models verify` reads them all.
 * @type {import('./setup.steps.mjs').Step}
 */
export const modelsStep = {
  name: 'models',
  run: () =>
    prepare({
      title: process.env['MODEL'] || 'the default model',
      stamp: 'models',
      names: [],
      modelDir: process.env['MODEL_DIR'] || TEST_MODEL_DIR,
    }),
};

/**
 * Prepares every model that a test loads (`test/harness/prepared-models.json`); no test prepares one itself.
 * @type {import('./setup.steps.mjs').Step}
 */
export const testModelsStep = {
  name: 'models of tests',
  run: () => {
    const names = JSON.parse(readFileSync(inRoot('test', 'harness', 'prepared-models.json'), 'utf8'));
    return prepare({ title: names.join(', '), stamp: 'test-models', names, modelDir: TEST_MODEL_DIR });
  },
};

/**
 * Prepares models with the built program, unless the stamp says that they are there.
 * @param {{ title: string, stamp: string, names: string[], modelDir: string }} models no names: the configured ones
 * @returns {Promise<'ready' | 'done'>}
 */
async function prepare({ title, stamp, names, modelDir }) {
  const file = inRoot('.cache', 'setup', stamp);
  const choice = names.length > 0 ? names : CHOICE.map((key) => process.env[key] ?? '');
  if (isStamped(file, digest(choice, modelDir))) return 'ready';
  say(`models: preparing ${title}`);
  const env = { ...process.env, MODEL_DIR: modelDir };
  const { ok } = await performNode([MODELS_COMMAND, 'prepare', ...names], { env });
  if (!ok) throw new LauncherError('A model could not be prepared: see the message above.');
  writeStamp(file, digest(choice, modelDir));
  return 'done';
}

/**
 * Of all that decides what is prepared, and of size and time of the files that are there.
 * @param {string[]} choice
 * @param {string} modelDir
 */
function digest(choice, modelDir) {
  const prepared = filesIn(resolve(ROOT, modelDir)).map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  });
  const inputs = [inRoot('models'), inRoot('dist', 'libs', 'inference'), inRoot('package-lock.json')];
  const text = [...choice, ...prepared, digestOf(inputs)].join('\n');
  return createHash('sha256').update(text).digest('hex');
}
