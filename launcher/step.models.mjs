import { statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { inRoot, MODELS_COMMAND, ROOT } from './places.mjs';
import { performNode } from './programs.mjs';
import { LauncherError, say } from './report.mjs';
import { digestOf, filesIn, isStamped, writeStamp } from './stamp.mjs';

const STAMP = inRoot('.cache', 'setup', 'models');

/** The settings that decide which models workers load. */
const CHOICE = ['MODEL', 'PROVIDER', 'REQUIRE_ACCELERATOR'];

/**
 * Prepares the models that workers load: assembles them and checks their sha256. The stamp spares re-reading 170 MB
 * at each start as long as the prepared files keep size and time; `npm run models verify` reads them all.
 * @type {import('./setup.steps.mjs').Step}
 */
export const modelsStep = {
  name: 'models',
  async run() {
    if (isStamped(STAMP, digest())) return 'ready';
    say(`models: preparing ${process.env['MODEL'] || 'the default model'}`);
    const { ok } = await performNode([MODELS_COMMAND, 'prepare']);
    if (!ok) throw new LauncherError('A model could not be prepared: see the message above.');
    writeStamp(STAMP, digest());
    return 'done';
  },
};

function digest() {
  const folder = resolve(ROOT, process.env['MODEL_DIR'] || '.cache/models');
  const prepared = filesIn(folder).map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  });
  const inputs = [inRoot('models'), inRoot('dist', 'libs', 'inference'), inRoot('package-lock.json')];
  const choice = CHOICE.map((key) => process.env[key] ?? '');
  const text = [...choice, ...prepared, digestOf(inputs)].join('\n');
  return createHash('sha256').update(text).digest('hex');
}
