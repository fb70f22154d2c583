import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CONTAINED, type Launch } from './redis-process.js';
import { SMALL_SIDE } from './small-networks.js';

/** A folder like the package's, whose one model is a network of the test's own. */
export interface ModelFolder {
  /** Settings of applications that use it. */
  settings: Record<string, string>;
  /** Where applications that use it run. */
  path: string;
  /** Starts applications in it. */
  launch: Launch;
  remove: () => void;
}

/**
 * @param network ONNX file that takes floats of `SMALL_SIDE` and gives opacity
 * @param name of the model
 * @param others names of further models, which are the same network
 */
export function modelFolder(network: Buffer, name = 'own', ...others: string[]): ModelFolder {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-model-'));
  for (const entry of readdirSync('.'))
    if (entry !== 'models') symlinkSync(resolve(entry), join(folder, entry));
  const models = join(folder, 'models');
  mkdirSync(models);
  for (const each of [name, ...others]) writeFileSync(join(models, `${each}.onnx`), network);
  const entries = [entryOf(network, name), ...others.map((each) => entryOf(network, each, false))];
  writeFileSync(join(models, 'manifest.json'), JSON.stringify({ models: entries }));
  const contained = resolve('tools/contained.sh');
  return {
    settings: { MODEL: name, MODEL_DIR: models },
    path: folder,
    launch: (kind, command) =>
      kind === 'redis' ? CONTAINED(kind, command) : ['env', '-C', folder, contained, kind, ...command],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const entryOf = (network: Buffer, name: string, isDefault = true): object => ({
  name,
  title: 'A network of a test',
  default: isDefault,
  file: `${name}.onnx`,
  bytes: network.length,
  sha256: createHash('sha256').update(network).digest('hex'),
  source: { kind: 'file' },
  license: { class: 'permissive', package: 'none', weights: 'none', source: 'made by a test' },
  provenance: 'made by a test',
  input: { kind: 'f32-nchw', name: 'input', sidePixels: SMALL_SIDE, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'f32', name: 'output', sidePixels: SMALL_SIDE, activation: 'none' },
});
