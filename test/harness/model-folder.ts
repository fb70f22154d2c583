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
  /** Starts applications in it. */
  launch: Launch;
  remove: () => void;
}

/**
 * @param network ONNX file that takes floats of `SMALL_SIDE` and gives opacity
 * @param name of the model
 */
export function modelFolder(network: Buffer, name = 'own'): ModelFolder {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-model-'));
  for (const entry of readdirSync('.'))
    if (entry !== 'models') symlinkSync(resolve(entry), join(folder, entry));
  const models = join(folder, 'models');
  mkdirSync(models);
  writeFileSync(join(models, `${name}.onnx`), network);
  writeFileSync(join(models, 'manifest.json'), JSON.stringify({ models: [entryOf(network, name)] }));
  const contained = resolve('launcher/contained.sh');
  return {
    settings: { MODEL: name, MODEL_DIR: models },
    launch: (kind, command) =>
      kind === 'redis' ? CONTAINED(kind, command) : ['env', '-C', folder, contained, kind, ...command],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const entryOf = (network: Buffer, name: string): object => ({
  name,
  title: 'A network of a test',
  default: true,
  file: `${name}.onnx`,
  bytes: network.length,
  sha256: createHash('sha256').update(network).digest('hex'),
  source: { kind: 'file' },
  licence: { package: 'none', weights: 'none', note: 'made by a test' },
  provenance: 'made by a test',
  input: { kind: 'f32-nchw', name: 'input', sidePixels: SMALL_SIDE, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'f32', name: 'output', sidePixels: SMALL_SIDE, activation: 'none' },
});
